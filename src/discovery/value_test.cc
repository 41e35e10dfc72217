#include "discovery/value.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace penstock::discovery {
namespace {

struct Case {
  Kind kind;
  std::vector<std::string> texts;
};

TEST(ValueOf, IsTheNarrowestKindThatLosesNothing) {
  const std::vector<Case> cases{
      {Kind::empty, {"", " ", " \t "}},
      {Kind::boolean, {"true", "False", "t", "F", "TRUE"}},
      {Kind::int2, {"0", "-0", "7", "-32768", "32767", "12345"}},
      {Kind::int4, {"32768", "-32769", "123456789", "2147483647", "-2147483648"}},
      {Kind::int8, {"2147483648", "-2147483649", "123456789012345678", "9223372036854775807", "-9223372036854775808"}},
      {Kind::wide, {"9223372036854775808", "-9223372036854775809", std::string(38, '9')}},
      {Kind::decimal, {"0.5", "-0.50", ".5", "5.", "-.5", "12345678901234567890.25", "1." + std::string(37, '1')}},
      {Kind::exponent, {"1e5", "1E+05", "-1.5e-7", ".5e3", "5.e3", "1.7976931348623157e308"}},
      {Kind::no_number, {"NaN", "nan", "Infinity", "-Infinity"}},
      {Kind::date, {"2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"}},
      {Kind::time, {"00:00:00", "23:59:59", "12:30:00.5", "12:30:00.123456"}},
      {Kind::timestamp,
       {"2024-01-31 23:59", "2024-01-31T23:59:59", "2024-01-31 23:59:59.123456", "2024-01-31T00:00:00.1"}},
      {Kind::timestamptz,
       {"2019-02-11T05:09:12.195Z", "2024-01-31 23:59:59+02", "2024-01-31 23:59:59-03:30", "2024-01-31T23:59+0200"}},
      {Kind::text,
       {"x",
        "007",
        "00",
        "-01",
        "00.5",
        "+5",
        " 12",
        "12 ",
        "1,000",
        "1_000",
        "-",
        ".",
        "-.",
        "e5",
        "1e",
        "1e400",
        "1e-400",
        "0x1F",
        "inf",
        "yes",
        "truee",
        std::string(39, '9'),
        "0." + std::string(38, '1'),
        "2023-02-29",
        "1900-02-29",
        "2024-13-01",
        "2024-00-10",
        "2024-01-00",
        "0000-01-01",
        "2024-1-1",
        "20240101x",
        "01/31/2024",
        "2024-01-31x",
        "2024-01-31 ",
        "2024-01-31 24:00:00",
        "2024-01-31 12",
        "2024-01-31 12:60",
        "2024-01-31 12:00:60",
        "2024-01-31 12:00:00.",
        "2024-01-31 12:00:00.1234567",
        "2024-01-31 12:00:00 UTC",
        "2024-01-31 12:00:00+2",
        "2024-01-31 12:00:00+02:0",
        "24:00:00",
        "12:30",
        "12:30:00Z",
        "2024:01:31",
        "-2024-01-31",
        "\xC3\xA9"}}};
  for (const Case& of : cases) {
    for (const std::string& text : of.texts) EXPECT_EQ(value_of(text).kind, of.kind) << "'" << text << "'";
  }
}

TEST(ValueOf, CountsTheDigitsOfANumber) {
  struct Digits {
    std::string text;
    int whole;
    int fraction;
  };
  for (const auto& [text, whole, fraction] : std::vector<Digits>{{"0", 1, 0},
                                                                 {"-123", 3, 0},
                                                                 {"0.50", 0, 2},
                                                                 {".5", 0, 1},
                                                                 {"5.", 1, 0},
                                                                 {"-1234567890123.123456789", 13, 9},
                                                                 {"1.25e7", 1, 2}}) {
    const Value value = value_of(text);
    EXPECT_EQ(value.whole_digits, whole) << text;
    EXPECT_EQ(value.fraction_digits, fraction) << text;
  }
}

}  // namespace
}  // namespace penstock::discovery
