#include "table/value_check.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace penstock::table {
namespace {

struct Case {
  const char* type;
  std::vector<std::string> taken;
  std::vector<std::string> refused;
};

// The same texts go through COPY in e2e/test_upsert_check.py.
const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"smallint",
       {"0", "-32768", "32767", "+7", " 7\t", "007", "", "  "},
       {"32768", "-32769", "1.0", "x", "-", "1 2", "1e3"}},
      {"integer", {"-2147483648", "2147483647", "-0"}, {"2147483648", "-2147483649", "+-1", "0x10", "é"}},
      {"bigint",
       {"9223372036854775807", "-9223372036854775808", "00000000000000000000000000000001"},
       {"9223372036854775808", "-9223372036854775809", "99999999999999999999999999"}},
      {"numeric(6,2)",
       {"20.259", "-9999.999", ".5", "1.", "1e2", "123E-2", "0e99999999999", "1e-99999999999", "+.5", "0000012345e-2"},
       {"10000", "1e4", "12,50", "1.2.3", "-", ".", "1e", "1e+", "e5", "NaN", "1e99999999999", "1 2"}},
      {"numeric(38,37)", {"9.9", "0.00000000000000000000000000000000000000000001"}, {"10", "9e1"}},
      {"numeric(19,0)",
       {"9223372036854775807", "9223372036854775807.9", "999999999999999999"},
       {"9223372036854775808", "9999999999999999999"}},
      {"real",
       {"1.5", "-0", ".5", "NaN", "-infinity", "+1", " 1 ", "1e38"},
       {"1e39", "1.2.3", "x", "--1", "+-1", "0x10", "1e"}},
      {"double precision", {"1e308", "inf", "5."}, {"1e400", "1,5", "."}},
      {"boolean",
       {"true", "T", "YES", "y", "1", "False", "f", "no", "N", "0", " t "},
       {"maybe", "2", "tr", "on", "truex"}},
      {"date",
       {"2024-02-29", "0001-01-01", "9999-12-31", "2024-02-29 12:30:00", "2024-02-29T12:30:00Z", " 2024-01-01 "},
       {"2023-02-29", "2024-13-01", "1/2/24", "2024-1-1", "20240101", "2024/01/01", "2024-01-01x", "01-01-2024",
        "0000-01-01", "1900-02-29"}},
      {"timestamp",
       {"2024-02-29 12:30:45", "2024-02-29 12:30:45.1234567", "2024-02-29 24:00:00", "2024-02-29 12:30:45."},
       {"2024-13-01 00:00:00", "2024-02-29", "6/20/2017", "2024-02-29T12:30:45", "2024-02-29 12:30",
        "2024-02-29 12:30:45Z", "2024-02-29 25:00:00", "2024-02-29 12:60:00", "2024-02-29 1:30:45",
        "2024-02-29 12:30:45 x"}},
      {"timestamptz",
       {"2024-02-29 12:30:45+00", "2024-02-29 12:30:45.25-08", "2024-02-29 12:30:45+05:30", "2024-02-29 12:30:45+0530",
        "2024-02-29 12:30:45", "2024-02-29 12:30:45Z", "2024-02-29 12:30:45 +00"},
       {"2024-02-29 12:30:45+99", "2024-02-29 12:30:45 PST", "2024-02-29"}},
      {"time",
       {"12:30:45", "23:59:59.999999", "24:00:00", "23:59:60"},
       {"12:30", "12:30:45+01", "x", "23:59:60.5", "24:00:01"}},
      {"timetz", {"12:30:45+00", "12:30:45.5-08:30", "12:00:00", "1:00:00+1"}, {"12:30:45+x", "12:30"}},
      {"char(3)", {"abc", "", "  ", " b"}, {"abcd", "é", "abc "}},
      {"varchar(4)", {"abcd", "éé", ""}, {"abcde", "ééé", "abc  "}},
      {"super",
       {R"({"a": [1, 2.50]})", "12.50", "\"x\"", "null", "true", "  [ ]  ", ""},
       {"{a:1}", "text", "01", "'x'", "[1,]", "NULL"}},
      {"varbyte(2)", {"00ff", "FF", ""}, {"0", "0g", "000000"}},
  };
  return all;
}

TEST(ValueCheck, TakesWhatCopyTakes) {
  for (const Case& one : cases()) {
    const auto type = parse_type(one.type);
    ASSERT_TRUE(type) << one.type;
    EXPECT_TRUE(can_check(*type)) << one.type;
    for (const std::string& text : one.taken) EXPECT_TRUE(takes(*type, text)) << one.type << " '" << text << "'";
    for (const std::string& text : one.refused) EXPECT_FALSE(takes(*type, text)) << one.type << " '" << text << "'";
  }
}

TEST(ValueCheck, BlanksAreNullButForCharacters) {
  EXPECT_TRUE(reads_as_null(*parse_type("int"), ""));
  EXPECT_TRUE(reads_as_null(*parse_type("date"), " \t"));
  EXPECT_FALSE(reads_as_null(*parse_type("date"), " x"));
  EXPECT_FALSE(reads_as_null(*parse_type("varchar(5)"), ""));
  EXPECT_FALSE(reads_as_null(*parse_type("char(5)"), "  "));
}

TEST(ValueCheck, SaysWhy) {
  const auto why = [](const char* name, std::string_view text) {
    const auto type = parse_type(name);
    return in_words(check_value(*type, text), *type, text);
  };
  EXPECT_EQ(why("int", "1"), "");
  EXPECT_EQ(why("int", "  1x"), "no integer: 'x' at place 4 is no digit");
  EXPECT_EQ(why("int", "-"), "no integer: '-' at place 1 is no digit");
  EXPECT_EQ(why("int", "1é"), "no integer: 'é' at place 2 is no digit");
  EXPECT_EQ(why("smallint", "32768"), "out of smallint's range");
  EXPECT_EQ(why("decimal(6,2)", "1.2.3"), "no numeric(6,2)");
  EXPECT_EQ(why("varchar(4)", "ééé"), "6 bytes, where character varying(4) has room for 4");
  EXPECT_EQ(why("char(4)", "é"), "character(4) holds ASCII alone; varchar holds all");
  EXPECT_EQ(why("timestamptz", "x"), "no timestamp of the form YYYY-MM-DD HH:MI:SS[+HH:MM]");
  EXPECT_EQ(why("date", "2024-1-1"), "no date of the form YYYY-MM-DD");
}

TEST(ValueCheck, KnowsOfWhichTypesItKnowsNothing) {
  EXPECT_FALSE(can_check(*parse_type("geometry")));
  EXPECT_TRUE(takes(*parse_type("geometry"), "POINT"));
}

}  // namespace
}  // namespace penstock::table
