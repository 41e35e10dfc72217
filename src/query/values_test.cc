#include "query/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "penstock/error.h"

namespace penstock {
namespace {

using Kind = QueryValue::Kind;
using testing::AllOf;
using testing::HasSubstr;

QueryValue text(std::string value, QueryValue::Type type = QueryValue::Type::none) {
  return {.kind = Kind::text, .text = std::move(value), .type = type};
}
QueryValue number(std::string value) { return {.kind = Kind::number, .text = std::move(value)}; }

std::string with(std::string_view sql, const QueryValues& values) {
  return with_values(sql, values, [](std::string_view value) { return "<" + std::string(value) + ">"; });
}

std::string refusal(std::string_view sql, const QueryValues& values) {
  try {
    return "taken: " + with(sql, values);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::invalid);
    return e.what();
  }
}

TEST(QueryValues, StandWhereTheTextSaysSo) {
  EXPECT_EQ(with("a = %s AND b LIKE 'x%%' AND c = %s", {.by_place = {text("1"), number("2")}}),
            "a = <1> AND b LIKE 'x%' AND c = 2");
  EXPECT_EQ(with("%(b)s %(a)s %(b)s", {.by_name = {{"a", text("1")}, {"b", {}}}}), "NULL <1> NULL");
  EXPECT_EQ(with("no values", {}), "no values");
}

TEST(QueryValues, AreOfTheirTypes) {
  EXPECT_EQ(with("%s", {.by_place = {text("2024-01-01", QueryValue::Type::date)}}), "<2024-01-01>::date");
  const QueryValue items{.kind = Kind::list, .items = {number("1"), text("x")}};
  EXPECT_EQ(with("a IN %s", {.by_place = {items}}), "a IN (1, <x>)");
  EXPECT_EQ(with("a IN %s", {.by_place = {{.kind = Kind::list}}}), "a IN (NULL)");
  EXPECT_EQ(with("%s", {.by_place = {{.kind = Kind::array, .items = {number("1"), number("2")}}}}), "ARRAY[1, 2]");
}

TEST(QueryValues, ANumberBehindAMinusBeginsNoComment) {
  EXPECT_EQ(with("1 -%s", {.by_place = {number("-2")}}), "1 - -2");
}

TEST(QueryValues, WhatIsNoNumberDoesNotPassForOne) {
  for (const char* bad : {"", "1; DROP TABLE x", "1)", "e5", "1e", "--1", "NaN", "1 "}) {
    EXPECT_THAT(refusal("%s", {.by_place = {number(bad)}}), HasSubstr("said to be a number is none")) << bad;
  }
  for (const char* good : {"1", "-1.5", "+.5", "1.", "1e-7", "TRUE"}) {
    EXPECT_THAT(refusal("%s", {.by_place = {number(good)}}), HasSubstr("taken")) << good;
  }
}

TEST(QueryValues, AllThatDoesNotFitIsTold) {
  EXPECT_THAT(refusal("%s %s", {.by_place = {number("1")}}), HasSubstr("the text has 2 %s, and 1 values are given"));
  EXPECT_THAT(refusal("none", {.by_place = {number("1")}}), HasSubstr("1 values are given, and the text has 0 %s"));
  EXPECT_THAT(refusal("5 % 3 %(b)s %(c)s", {.by_name = {{"a", number("1")}}}),
              AllOf(HasSubstr("the % at byte 3 begins neither"), HasSubstr("name b"), HasSubstr("name c")));
  EXPECT_THAT(refusal("%s", {.by_place = {number("1")}, .by_name = {{"a", number("1")}}}), HasSubstr("one of both"));
}

}  // namespace
}  // namespace penstock
