#include "cli/problems.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock::cli {
namespace {

using testing::ElementsAre;

TEST(Problems, CollectsEveryLineOfAnInvalidErrorAndGoesOn) {
  Problems problems;
  problems.add("--schema is missing");
  const int port = problems.collect(
      []() -> int { throw Error(ErrorKind::invalid, "REDSHIFT_HOST is missing\nREDSHIFT_USER is missing"); });
  EXPECT_EQ(port, 0);
  EXPECT_EQ(problems.collect([] { return 5439; }), 5439);
  EXPECT_THAT(problems.lines(),
              ElementsAre("--schema is missing", "REDSHIFT_HOST is missing", "REDSHIFT_USER is missing"));
}

TEST(Problems, LeavesErrorsThatAreNotTheUsersToCorrect) {
  Problems problems;
  EXPECT_THROW(problems.collect([]() -> int { throw Error(ErrorKind::unavailable, "no route to host"); }), Error);
  EXPECT_TRUE(problems.empty());
}

}  // namespace
}  // namespace penstock::cli
