#include "endpoint/wire/error_rules.h"

#include <gmock/gmock.h>

namespace penstock::endpoint {
namespace {

using testing::HasSubstr;

TEST(ErrorRules, ASerializationFailureIs1023) {
  const auto report =
      translate_error(make_report("ERROR", "40001", "could not serialize access due to concurrent update"),
                      {.transaction = 55, .process = 77});
  EXPECT_EQ(report.field('C'), "XX000");
  EXPECT_EQ(report.field('M'), "1023");
  EXPECT_EQ(report.field('D'),
            "Serializable isolation violation on table - 0, transactions forming the cycle are: 55 (pid:77)");
}

TEST(ErrorRules, NullInANotNullColumnIs8007) {
  auto postgres =
      make_report("ERROR", "23502", R"(null value in column "c" of relation "t" violates ...)", "Failing row");
  postgres.set('c', "c");
  const auto report = translate_error(postgres, {.query = 9});
  EXPECT_EQ(report.field('C'), "XX000");
  EXPECT_EQ(report.field('M'), "Cannot insert a NULL value into column c");
  EXPECT_THAT(std::string(report.field('D')), HasSubstr("code:      8007"));
  EXPECT_THAT(std::string(report.field('D')), HasSubstr("query:     9"));
}

TEST(ErrorRules, ATextThatIsTooLongIs8001) {
  const auto report =
      translate_error(make_report("ERROR", "22001", "value too long for type character varying(5)"), {});
  EXPECT_EQ(report.field('C'), "XX000");
  EXPECT_EQ(report.field('M'), "Value too long for character type");
  EXPECT_THAT(std::string(report.field('D')), HasSubstr("context:   Value too long for type character varying(5)"));
}

TEST(ErrorRules, WhatOurOwnFunctionsRaiseIsARunTimeErrorOfRedshifts) {
  const auto report = translate_error(make_report("ERROR", "PSR01", "JSON parsing error", "invalid json object {"), {});
  EXPECT_EQ(report.field('C'), "XX000");
  EXPECT_EQ(report.field('M'), "JSON parsing error");
  EXPECT_THAT(std::string(report.field('D')), HasSubstr("code:      8001"));
  EXPECT_THAT(std::string(report.field('D')), HasSubstr("context:   invalid json object {"));
}

TEST(ErrorRules, SomeMessagesAreRedshiftsByAWord) {
  const auto message = [](const char* code, const char* text) {
    return std::string(translate_error(make_report("ERROR", code, text), {}).field('M'));
  };
  EXPECT_EQ(message("42P07", "relation \"t\" already exists"), "Relation \"t\" already exists");
  EXPECT_EQ(message("42501", "permission denied for table t"), "permission denied for relation t");
  EXPECT_EQ(message("42501", "permission denied for schema s"), "permission denied for schema s");
  EXPECT_EQ(message("42501", "permission denied for materialized view v"), "permission denied for relation v");
  EXPECT_EQ(message("42501", "must be owner of view v"), "must be owner of relation v");
  EXPECT_EQ(message("42501", "permission denied to set role \"u\""), "permission denied to set session authorization");
  EXPECT_EQ(message("42704", "role \"u\" does not exist"), "user \"u\" does not exist");
  EXPECT_EQ(message("22023", "role \"u\" does not exist"), "user \"u\" does not exist");
  EXPECT_EQ(message("42704", "role \"group g\" does not exist"), "group \"g\" does not exist");
  EXPECT_EQ(message("42704", "role \"role r\" does not exist"), "role \"r\" does not exist");
  EXPECT_EQ(message("42704", "type \"u\" does not exist"), "type \"u\" does not exist");
  EXPECT_EQ(translate_notice(make_report("NOTICE", "42P07", "relation \"t\" already exists, skipping")).field('M'),
            "Relation \"t\" already exists and will be skipped");
}

TEST(ErrorRules, OverflowsAreRedshifts) {
  const auto message = [](const char* code, const char* text) {
    return std::string(translate_error(make_report("ERROR", code, text), {}).field('M'));
  };
  EXPECT_EQ(message("22003", "numeric field overflow"), "Numeric data overflow (result precision)");
  EXPECT_EQ(message("22003", "bigint out of range"),
            "Overflow (Long valid range -9223372036854775808 to 9223372036854775807)");
  EXPECT_EQ(message("22003", "integer out of range"), "integer out of range");
  EXPECT_EQ(message("21000", "MERGE command cannot affect row a second time"),
            "Found multiple matches to update the same tuple.");
  EXPECT_EQ(message("21000", "more than one row returned by a subquery used as an expression"),
            "more than one row returned by a subquery used as an expression");
  const auto identity =
      translate_error(make_report("ERROR", "428C9", "cannot insert a non-DEFAULT value into column \"a\""), {});
  EXPECT_EQ(identity.field('C'), "42601");
  EXPECT_EQ(identity.field('M'), "cannot set an identity column to a value");
}

TEST(ErrorRules, OthersPassThrough) {
  for (const auto* code : {"42P01", "42703", "42601", "25P02", "57014", "40P01"}) {
    const auto report = translate_error(make_report("ERROR", code, "as it was", "detail", "hint"), {});
    EXPECT_EQ(report.fields, make_report("ERROR", code, "as it was", "detail", "hint").fields) << code;
  }
}

TEST(ErrorRules, PositionsInARewrittenTextAreLeftOut) {
  auto postgres = make_report("ERROR", "42601", "syntax error");
  postgres.set('P', "12");
  EXPECT_EQ(translate_error(postgres, {.rewritten = true}).field('P'), "");
  EXPECT_EQ(translate_error(postgres, {}).field('P'), "12");
}

TEST(ErrorRules, NoticesAreInfo) {
  EXPECT_EQ(translate_notice(make_report("NOTICE", "00000", "m")).field('S'), "INFO");
  EXPECT_EQ(translate_notice(make_report("WARNING", "25001", "m")).field('S'), "WARNING");
}

TEST(ErrorRules, WhereOurCatalogRaisedThemIsLeftOut) {
  auto of_ours = make_report("ERROR", "55000", "m");
  of_ours.set('W', "PL/pgSQL function pg_internal.after_drop() line 13 at RAISE");
  EXPECT_EQ(translate_error(of_ours, {}).field('W'), "");
  of_ours.set('W', "PL/pgSQL function mine() line 1 at RAISE");
  EXPECT_NE(translate_error(of_ours, {}).field('W'), "") << "a procedure of the user's own";
}

TEST(ErrorRules, WhatAVacuumOfAllTablesMayNotTouchIsNotTold) {
  EXPECT_FALSE(is_told(make_report("WARNING", "01000", "skipping \"pg_authid\" --- only superuser can vacuum it")));
  EXPECT_FALSE(
      is_told(make_report("WARNING", "01000", "skipping \"t\" --- only table or database owner can analyze it")));
  EXPECT_TRUE(is_told(make_report("WARNING", "01000", "skipping \"t\"")));
  EXPECT_TRUE(is_told(make_report("NOTICE", "00000", "m")));
}

}  // namespace
}  // namespace penstock::endpoint
