#include "base/utf8.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(WholeCharacters, AreNeverCut) {
  EXPECT_EQ(whole_characters("abc", 3), "abc");
  EXPECT_EQ(whole_characters("abc", 2), "ab");
  EXPECT_EQ(whole_characters("aé€", 1), "a");
  EXPECT_EQ(whole_characters("aé€", 2), "a");
  EXPECT_EQ(whole_characters("aé€", 3), "aé");
  EXPECT_EQ(whole_characters("aé€", 5), "aé");
  EXPECT_EQ(whole_characters("aé€", 6), "aé€");
  EXPECT_EQ(whole_characters("\x80\x80\x80", 2), "");
}

}  // namespace
}  // namespace penstock
