#include "endpoint/copy/orc_footer.h"

#include <gtest/gtest.h>

#include <string>

namespace penstock::endpoint {
namespace {

using namespace std::string_literals;

// A FileTail of a postscript and a footer with one type, a decimal.
std::string file_tail(char precision) {
  const std::string type = "\x08\x0E\x28"s + precision + "\x30\x02"s;
  const std::string footer = "\x08\x03\x22"s + static_cast<char>(type.size()) + type;
  return "\x0A\x02\x08\x00\x12"s + static_cast<char>(footer.size()) + footer;
}

TEST(OrcFooter, MayHaveDecimalsOf38Digits) {
  EXPECT_TRUE(is_readable_footer(file_tail(38)));
  EXPECT_FALSE(is_readable_footer(file_tail(39)));
  EXPECT_TRUE(is_readable_footer(""));
}

TEST(OrcFooter, IsBrokenWhereverItIsCut) {
  const std::string whole = file_tail(10);
  for (const std::size_t size : {1U, 3U, 5U, 6U, 9U, 12U})
    EXPECT_FALSE(is_readable_footer(whole.substr(0, size))) << size;
  EXPECT_FALSE(is_readable_footer(std::string(20, '\xFF')));
}

}  // namespace
}  // namespace penstock::endpoint
