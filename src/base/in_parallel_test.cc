#include "base/in_parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace penstock {
namespace {

TEST(InParallel, DoesEachPieceOnce) {
  for (const std::size_t most : {1U, 3U, 100U}) {
    std::vector<std::atomic<int>> done(50);
    in_parallel(done.size(), most, [&](std::size_t i) { ++done[i]; });
    for (const auto& times : done) EXPECT_EQ(times, 1);
  }
  in_parallel(0, 4, [](std::size_t) { FAIL(); });
}

TEST(InParallel, TheFirstFailureEndsItAndIsThrown) {
  std::atomic<int> begun = 0;
  const auto work = [&](std::size_t i) {
    ++begun;
    if (i == 3) throw std::runtime_error("three");
  };
  EXPECT_THROW(in_parallel(1000, 1, work), std::runtime_error);
  EXPECT_EQ(begun, 4);
  EXPECT_THROW(in_parallel(1000, 4, work), std::runtime_error);
}

}  // namespace
}  // namespace penstock
