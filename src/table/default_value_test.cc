#include "table/default_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock::table {
namespace {

Type type(std::string_view text) { return parse_type(text).value(); }

TEST(DefaultValue, IsReadOutOfWhatTheCatalogPrints) {
  struct Case {
    const char* expression;
    std::optional<std::string> constant;
  };
  for (const auto& [expression, constant] : std::vector<Case>{
           {"5", "5"},
           {"-5", "-5"},
           {"(-5)", "-5"},
           {"(5)::bigint", "5"},
           {"'5'::bigint", "5"},
           {"1.50", "1.50"},
           {"true", "true"},
           {"'x'::character varying", "x"},
           {"('x'::character varying)::character varying(20)", "x"},
           {"'it''s'::text", "it's"},
           {"'a\\\\b'::character varying", "a\\b"},
           {"E'a\\\\b'::character varying", "a\\b"},
           {"'a\\012b'::character varying", "a\nb"},
           {"''::character varying", ""},
           {"'2000-01-01 00:00:00'::timestamp without time zone", "2000-01-01 00:00:00"},
           {"'2000-01-01 00:00:00'::timestamp(6) without time zone", "2000-01-01 00:00:00"},
           {"now()", std::nullopt},
           {"getdate()", std::nullopt},
           {"('now'::text)::date || 'x'", std::nullopt},
           {"\"identity\"(100162, 0, '1,1'::text)", std::nullopt},
           {"NULL::character varying", std::nullopt},
           {"1 + 1", std::nullopt},
           {"'open", std::nullopt},
           {"'open\\", std::nullopt},
           {"(((((((((((((((((((((((1)))))))))))))))))))))))", std::nullopt},
           {"", std::nullopt},
       }) {
    EXPECT_EQ(constant_of(expression), constant) << expression;
  }
}

TEST(DefaultValue, IsComparedByMeaning) {
  struct Case {
    const char* type;
    const char* a;
    const char* b;
    bool same;
  };
  for (const auto& [name, a, b, same] : {
           Case{"int", "5", "+05", true},
           Case{"int", "5", "6", false},
           Case{"bigint", "-0", "0", true},
           Case{"numeric(8,2)", "1.5", "1.50", true},
           Case{"numeric(8,2)", "01.5", "-1.5", false},
           Case{"float", "1e3", "1000", true},
           Case{"float", "NaN", "nan", true},
           Case{"real", "0.1", "0.100000001", true},
           Case{"boolean", "yes", "true", true},
           Case{"boolean", "f", "true", false},
           Case{"varchar", "a", "a ", false},
           Case{"varchar", "a", "A", false},
           Case{"char(3)", "a", "a  ", true},
           Case{"date", "2000-01-01", "2000-01-01 00:00:00", true},
           Case{"timestamp", "2000-01-01", "2000-01-01 00:00:00", true},
           Case{"timestamp", "2000-01-01T12:30", "2000-01-01 12:30:00.000000", true},
           Case{"timestamp", "2000-01-01 00:00:00", "2000-01-01 00:00:01", false},
           Case{"timestamptz", "2000-01-01 02:00:00+02", "2000-01-01 00:00:00+00", true},
           Case{"timestamptz", "2000-01-01T00:00:00Z", "2000-01-01", true},
           Case{"time", "12:30", "12:30:00", true},
           Case{"timetz", "12:30:00+01", "11:30:00+00", true},
           Case{"super", "1", "1", true},
       }) {
    EXPECT_EQ(same_value(a, b, type(name)), same) << name << ": " << a << " and " << b;
  }
}

TEST(DefaultValue, MustBeAValueOfItsType) {
  struct Case {
    const char* type;
    const char* good;
    const char* bad;
  };
  for (const auto& [name, good, bad] : {
           Case{"boolean", "T", "maybe"},
           Case{"smallint", "-32768", "32768"},
           Case{"int", "2147483647", "2147483648"},
           Case{"bigint", "-9223372036854775808", "9223372036854775808"},
           Case{"int", "7", "1.0"},
           Case{"numeric(4,2)", "99.99", "99.999"},
           Case{"numeric(4,2)", "-0.5", "100"},
           Case{"numeric", "1", "x"},
           Case{"float", "1e5", "many"},
           Case{"varchar(2)", "\u00e9", "\u00e9a"},
           Case{"date", "2016-02-29", "2015-02-29"},
           Case{"timestamp", "2015-07-01T00:00:00Z", "getdate()"},
           Case{"timestamptz", "2015-07-01 00:00:00.123456-03:30", "2015-07-01 24:00:00"},
           Case{"time", "23:59:59", "24:00"},
       }) {
    EXPECT_EQ(value_problem(good, type(name)), std::nullopt) << name << " " << good;
    EXPECT_NE(value_problem(bad, type(name)), std::nullopt) << name << " " << bad;
  }
}

}  // namespace
}  // namespace penstock::table
