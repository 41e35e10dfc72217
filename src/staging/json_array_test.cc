#include "staging/json_array.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <span>
#include <string>

namespace penstock::staging {
namespace {

using testing::HasSubstr;

std::string lines(std::string text, std::size_t step = 1000) {
  JsonArray array;
  for (std::size_t at = 0; at < text.size(); at += step) {
    array.to_lines(std::span(text).subspan(at, std::min(step, text.size() - at)));
  }
  EXPECT_FALSE(array.fault(true)) << array.fault(true)->what;
  return text;
}

std::string fault(std::string text) {
  JsonArray array;
  array.to_lines(text);
  const auto found = array.fault(true);
  return found ? std::to_string(found->line) + " " + std::string(found->what) : "none";
}

TEST(JsonArray, BecomesALineForEachObject) {
  EXPECT_EQ(lines(R"([{"a":1},{"a":2}])"), " {\"a\":1}\n{\"a\":2} ");
  EXPECT_EQ(lines("[]"), "  ");
  EXPECT_EQ(lines(" [ { } ] \n"), "   { }   \n");
  EXPECT_EQ(lines("[{\"a\":[1,{\"b\":2}]},{}]\n"), " {\"a\":[1,{\"b\":2}]}\n{} \n") << "only its own commas count";
}

TEST(JsonArray, LeavesLinesAsTheyAre) {
  for (const std::string text : {"{\"a\":1}\n{\"a\":2}\n", "\n{\"a\":[1,\n2]}", "", " \n ", "x[,]"}) {
    EXPECT_EQ(lines(text), text);
  }
}

TEST(JsonArray, KeepsWhatStandsInStrings) {
  EXPECT_EQ(lines(R"([{"a":"],{[\"\\"},{"\\":"}"}])"), " {\"a\":\"],{[\\\"\\\\\"}\n{\"\\\\\":\"}\"} ");
}

// Each object begins on the line on which it began.
TEST(JsonArray, KeepsTheLines) {
  EXPECT_EQ(lines("[{\"a\":1},\n{\"a\":2},\n{\"a\":3}]\n"), " {\"a\":1}\n {\"a\":2}\n {\"a\":3} \n");
  EXPECT_EQ(lines("[\n  {\n    \"a\": 1\n  },\n  {\n    \"a\": 2\n  }\n]\n"),
            " \n  {     \"a\": 1   }\n\n\n {     \"a\": 2   }\n \n");
  EXPECT_EQ(lines("[{}\n,{}\n,{}]"), " {}\n\n{} \n{} ") << "a comma first is a line more, once";
}

TEST(JsonArray, IsTheSameHoweverItComes) {
  const std::string text = "[\n {\"a\": \"\\\"\n,\"},\n\n {\"b\": [\n{}]} , {}\n]\n";
  for (std::size_t step = 1; step < text.size(); ++step) EXPECT_EQ(lines(text, step), lines(text)) << step;
}

TEST(JsonArray, SaysWhatIsNone) {
  EXPECT_THAT(fault("[{},\n\n{\"a\":1}"), HasSubstr("3 is in an array that is never closed"));
  EXPECT_THAT(fault("["), HasSubstr("1 is in an array that is never closed"));
  EXPECT_THAT(fault("[{},"), HasSubstr("never closed"));
  EXPECT_THAT(fault("[{}]\n{}"), HasSubstr("2 is followed by text behind the array's end"));
  EXPECT_THAT(fault("[{} {}]"), HasSubstr("neither a comma"));
  EXPECT_THAT(fault("[{},,{}]"), HasSubstr("is no object"));
  EXPECT_THAT(fault("[{},]"), HasSubstr("is no object"));
  EXPECT_THAT(fault("[1, 2]"), HasSubstr("is no object"));
  EXPECT_THAT(fault("[\n[1]]"), HasSubstr("2 is no object"));
}

}  // namespace
}  // namespace penstock::staging
