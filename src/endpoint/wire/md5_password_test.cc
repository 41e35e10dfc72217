#include "endpoint/wire/md5_password.h"

#include <gtest/gtest.h>

namespace penstock::endpoint {
namespace {

// Computed with md5sum: md5(md5("sesame" "ali") + "\x01\x02\x03\x04").
TEST(Md5Password, IsWhatOtherProgramsCompute) {
  EXPECT_EQ(md5_response(Secret("sesame"), "ali", "\x01\x02\x03\x04"), "md59ebc39b4815dae1ba65718b455909925");
}

TEST(Md5Password, DependsOnTheSalt) {
  EXPECT_NE(md5_response(Secret("sesame"), "ali", "aaaa"), md5_response(Secret("sesame"), "ali", "aaab"));
}

TEST(Md5Password, SecretsAreComparedWhole) {
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_FALSE(same_secret("abc", "abd"));
  EXPECT_FALSE(same_secret("abc", "ab"));
  EXPECT_TRUE(same_secret("", ""));
}

TEST(Md5Password, RandomBytesDiffer) { EXPECT_NE(random_bytes(16), random_bytes(16)); }

}  // namespace
}  // namespace penstock::endpoint
