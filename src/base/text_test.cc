#include "base/text.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

using namespace std::literals;

TEST(Text, KnowsUtf8) {
  for (const auto good : {""sv, "a"sv, "\u00e9"sv, "\u20ac"sv, "\U0001F600"sv, "a\0b"sv})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const auto bad : {"\xff"sv, "\xc0\x80"sv, "\xe0\x80\x80"sv, "\xed\xa0\x80"sv, "\xf4\x90\x80\x80"sv, "\xc3"sv}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

TEST(Text, PrintableNeverHoldsAControlCharacter) {
  EXPECT_EQ(printable("a\x1b[2Jb\n\u00e9"), "a\\x1b[2Jb\\n\u00e9");
  EXPECT_EQ(printable("\xff\xc2\x9b"), "\\xff\\xc2\\x9b");
}

TEST(Text, ComparesWithoutCase) {
  EXPECT_TRUE(equal_ignoring_case("Copy", "COPY"));
  EXPECT_FALSE(equal_ignoring_case("Copy", "COP"));
  EXPECT_EQ(lower("ABC-\u00c4"), "abc-\u00c4") << "ASCII only";
}

}  // namespace
}  // namespace penstock
