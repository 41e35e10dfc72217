#include "discovery/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace penstock::discovery {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Profile profile_of(const std::vector<std::string>& values, std::uint64_t first_line = 1) {
  Profile profile;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Value value = value_of(values[i]);
    const auto line = first_line + i;
    if (profile.add(value, values[i].size())) profile.sight(value.kind, {{1, line}, "f.csv", line, values[i]});
  }
  return profile;
}

struct Case {
  std::vector<std::string> values;
  std::string tight;
  std::string roomy;
};

TEST(Resolve, IsTheNarrowestTypeThatTakesAllValuesAsTheyAre) {
  const std::string many(100, 'x');
  const std::vector<Case> cases{
      {{}, "character varying(256)", "character varying(256)"},
      {{"", " "}, "character varying(256)", "character varying(256)"},
      {{"t", "", "false"}, "boolean", "boolean"},
      {{"0", "1"}, "smallint", "integer"},
      {{"1", "40000"}, "integer", "integer"},
      {{"123456789"}, "integer", "bigint"},
      {{"1", "3000000000"}, "bigint", "bigint"},
      {{"9223372036854775808"}, "numeric(20,0)", "numeric(38,0)"},
      {{"1", "12345678901234567890123"}, "numeric(23,0)", "numeric(38,0)"},
      {{"1.25", "100"}, "numeric(5,2)", "numeric(18,2)"},
      {{".5"}, "numeric(1,1)", "numeric(18,1)"},
      {{"5."}, "numeric(1,0)", "numeric(18,0)"},
      {{"-73.98765432101"}, "numeric(13,11)", "numeric(38,11)"},
      {{"12345678.12345678901"}, "numeric(20,11)", "numeric(38,11)"},
      {{std::string(20, '1') + ".5", "0." + std::string(30, '1')}, "character varying(32)", "character varying(64)"},
      {{"1e5", "2", "0.1"}, "double precision", "double precision"},
      {{"1e5", "1234567890123456"}, "character varying(16)", "character varying(32)"},
      {{"1e5", "1.23456789012345678"}, "character varying(19)", "character varying(64)"},
      {{"NaN", "1.5"}, "double precision", "double precision"},
      {{"NaN", "nan"}, "character varying(3)", "character varying(16)"},
      {{"2024-01-01", ""}, "date", "date"},
      {{"2024-01-01", "2024-01-01 10:00"}, "timestamp without time zone", "timestamp without time zone"},
      {{"2024-01-01T10:00Z"}, "timestamp with time zone", "timestamp with time zone"},
      {{"2024-01-01T10:00Z", "2024-01-01"}, "character varying(17)", "character varying(64)"},
      {{"10:00:00"}, "time without time zone", "time without time zone"},
      {{"true", "1"}, "character varying(4)", "character varying(16)"},
      {{"1", "2024-01-01"}, "character varying(10)", "character varying(32)"},
      {{"1", "x"}, "character varying(1)", "character varying(16)"},
      {{many}, "character varying(100)", "character varying(256)"},
      {{std::string(70'000, 'x')}, "character varying(65535)", "character varying(65535)"}};
  for (const Case& of : cases) {
    const Resolved resolved = resolve(profile_of(of.values));
    const std::string values = testing::PrintToString(of.values).substr(0, 200);
    EXPECT_EQ(to_string(resolved.tight), of.tight) << values;
    EXPECT_EQ(to_string(resolved.roomy), of.roomy) << values;
    // merged of two, in either order, it is the same
    for (const bool in_order : {true, false}) {
      const auto half = static_cast<std::ptrdiff_t>(of.values.size() / 2);
      Profile first = profile_of({of.values.begin(), of.values.begin() + half});
      Profile second = profile_of({of.values.begin() + half, of.values.end()}, 1 + static_cast<std::uint64_t>(half));
      (in_order ? first : second).merge(in_order ? second : first);
      const Resolved merged = resolve(in_order ? first : second);
      EXPECT_EQ(merged.tight, resolved.tight) << values;
      EXPECT_EQ(merged.roomy, resolved.roomy) << values;
      EXPECT_EQ(merged.why, resolved.why) << values;
    }
  }
}

TEST(Resolve, SaysWhichValueRuledOutANarrowerType) {
  const auto why = [](const std::vector<std::string>& values) { return resolve(profile_of(values)).why; };
  EXPECT_EQ(why({"1", "x", "y"}), "'x' in f.csv line 2 is text");
  EXPECT_EQ(why({"1", "2", "3000000000"}), "'3000000000' in f.csv line 3 is no integer");
  EXPECT_EQ(why({"1", "2.5"}), "'2.5' in f.csv line 2 has a point");
  EXPECT_EQ(why({"1", "2024-01-01", "2.5"}),
            "'2024-01-01' in f.csv line 2 is a date, and '1' in f.csv line 1 is a number");
  EXPECT_THAT(why({"123456789012345678", "1e5"}), AllOf(HasSubstr("'1e5'"), HasSubstr("more digits than a double")));
}

}  // namespace
}  // namespace penstock::discovery
