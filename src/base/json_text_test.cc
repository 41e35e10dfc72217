#include "base/json_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace penstock {
namespace {

TEST(JsonText, IsRfc8259ToTheByte) {
  for (const char* text :
       {"1", "-0", "0.5", "1e5", "-1.25E-07", "true", "false", "null", "\"\"", "\"a\\n\\u00e9\\\"\"", "[]", "{}",
        " [ 1 , 2 ] ", "{\"a\":{\"b\":[{},[]]},\"c\":null}", "\t{ \"a\" : 1 , \"a\" : 2 }\r\n",
        "12345678901234567890123456789012345678901", "1e999", "\"é\"", "\"\\ud83d\""}) {
    EXPECT_TRUE(is_json(text)) << text;
  }
  for (const char* text :
       {"",      " ",       "01",       "1.",         ".5",        "+1",       "1e",    "--1", "tru",       "nulls",
        "NULL",  "'x'",     "\"",       "\"\\x\"",    "\"\\u12\"", "\"a\nb\"", "[1,]",  "[1",  "[1}",       "{",
        "{a:1}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\" 1}", "1 2",      "{} {}", "]",   "{\"a\":1]", ","}) {
    EXPECT_FALSE(is_json(text)) << text;
  }
}

TEST(JsonText, IsOnlySoDeep) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(is_json(nested(kJsonDepth)));
  EXPECT_FALSE(is_json(nested(kJsonDepth + 1)));
}

TEST(JsonText, EndsWhereTheValueDoes) {
  const std::string text = R"({"a": [1, "]"], "b": 2})";
  EXPECT_EQ(json_end(text, 6), text.find(", \"b\""));
  EXPECT_EQ(json_end(text, 0), text.size());
  EXPECT_EQ(json_end(text, 4), std::string::npos);
}

// name=value; for each, and at the end whether it was an object.
std::string members_of(std::string_view text) {
  std::string out;
  JsonMembers members(text);
  while (members.next()) out += std::string(members.name()) + "=" + std::string(members.value()) + ";";
  return out + (members.is_object() ? "object" : "none");
}

TEST(JsonText, GoesThroughTheMembersOfAnObject) {
  EXPECT_EQ(members_of(R"({"a":1,"b":"x"})"), "a=1;b=\"x\";object");
  EXPECT_EQ(members_of(R"({ "a\"" : [1, {"b": 2}] , "" : null })"), "a\\\"=[1, {\"b\": 2}];=null;object");
  EXPECT_EQ(members_of("{}"), "object");
  EXPECT_EQ(members_of("{ }"), "object");
  for (const char* const text :
       {"", "{", "[]", "1", "{,}", "{a:1}", "{\"a\"}", "{\"a\":}", " {}", "{} ", "{}}", "\"\""}) {
    EXPECT_EQ(members_of(text), "none") << text;
  }
  for (const char* const text :
       {"{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{\"a\":1}}", "{\"a\":1] ", "{\"a\":1 \"b\":2}"}) {
    EXPECT_EQ(members_of(text), "a=1;none") << text;
  }
}

TEST(JsonText, UnescapesStrings) {
  EXPECT_EQ(unescaped_json(R"(a\n\t\"\\\/\b\f\r)"), "a\n\t\"\\/\b\f\r");
  EXPECT_EQ(unescaped_json(R"(\u0041\u00e9\u20AC\ud83d\ude00)"), "Aé€😀");
  EXPECT_EQ(unescaped_json(""), "");
  for (const char* half : {R"(\ud83d)", R"(\ud83dx)", R"(\ud83d\u0041)", R"(\ude00)"}) {
    EXPECT_EQ(unescaped_json(half), std::nullopt) << half;
  }
}

}  // namespace
}  // namespace penstock
