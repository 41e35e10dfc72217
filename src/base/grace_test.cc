#include "base/grace.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

using namespace std::chrono_literals;

void await(const std::stop_token& stop) {
  while (!stop.stop_requested()) std::this_thread::yield();
}

TEST(Grace, StopsOnlyAfterTheFirstStop) {
  std::stop_source first;
  const Grace grace(first.get_token(), 1ms);
  EXPECT_FALSE(grace.stop().stop_requested());
  first.request_stop();
  await(grace.stop());
}

TEST(Grace, LeavesTimeToTidyUp) {
  std::stop_source first;
  const Grace grace(first.get_token(), 1h);
  first.request_stop();
  EXPECT_FALSE(grace.stop().stop_requested());
}

TEST(Grace, EndsWithoutWaitingWhetherOrNotAStopCame) {
  std::stop_source first;
  {
    const Grace grace(first.get_token(), 1h);
  }
  first.request_stop();
  {
    const Grace grace(first.get_token(), 1h);
  }
}

TEST(Grace, CountsFromAStopThatCameBeforeIt) {
  std::stop_source first;
  first.request_stop();
  const Grace grace(first.get_token(), 1ms);
  await(grace.stop());
}

}  // namespace
}  // namespace penstock
