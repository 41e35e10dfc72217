#include "penstock/error.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(ErrorKind, HasTheExitCodeThatTheCommandLinePromises) {
  EXPECT_EQ(exit_code(ErrorKind::invalid), 2);
  EXPECT_EQ(exit_code(ErrorKind::in_doubt), 3);
  EXPECT_EQ(exit_code(ErrorKind::conflict), 4);
  EXPECT_EQ(exit_code(ErrorKind::busy), 5);
  EXPECT_EQ(exit_code(ErrorKind::cancelled), 130);
  for (const auto kind :
       {ErrorKind::not_found, ErrorKind::denied, ErrorKind::refused, ErrorKind::unavailable, ErrorKind::internal}) {
    EXPECT_EQ(exit_code(kind), 1);
  }
}

}  // namespace
}  // namespace penstock
