#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "penstock/discover.h"
#include "penstock/error.h"
#include "table/config.h"

namespace penstock {
namespace {

using testing::HasSubstr;
using testing::Not;

DiscoverOutcome found() {
  return {.source = "users.csv",
          .table = "users",
          .columns = {{.name = "ID", .type = "bigint", .not_null = true, .primary_key = true, .dist_key = true},
                      {.name = "say \"hi\", {é}", .type = "numeric(18,2)", .why = "'1.5' in\nusers.csv line 2"},
                      {.name = "null", .type = "character varying(64)", .default_value = "it's: \\"},
                      {.name = "At", .type = "timestamp without time zone", .nulls = 3, .sort_order = 1}},
          .records = 7,
          .is_whole = false};
}

std::string refusal(const DiscoverOutcome& outcome, const TableWords& words = {}) {
  try {
    static_cast<void>(yaml_of(outcome, words));
    return "none";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::refused);
    return e.what();
  }
}

TEST(DiscoveredText, YamlIsWhatLoadReads) {
  const std::string yaml = yaml_of(found(), {.schema = "Web", .why = true});
  EXPECT_THAT(yaml, HasSubstr("# users.csv: 7 records, a sample\n"));
  EXPECT_THAT(yaml, HasSubstr("  # '1.5' in\\nusers.csv line 2\n"));
  const auto tables = table::parse_config(yaml, "found.yml");
  ASSERT_EQ(tables.size(), 1U);
  const table::TableConfig& table = tables.front();
  EXPECT_EQ(table.schema + "." + table.name, "web.users");
  EXPECT_EQ(table.data_date_column, "at");
  ASSERT_EQ(table.columns.size(), 4U);
  EXPECT_EQ(table.columns[0].name, "id");
  EXPECT_TRUE(table.columns[0].primary_key && table.columns[0].dist_key);
  EXPECT_EQ(table.columns[1].name, "say \"hi\", {é}");
  EXPECT_EQ(table.columns[1].type, "numeric(18,2)");
  EXPECT_EQ(table.columns[2].name, "null");
  EXPECT_EQ(table.columns[2].default_value, "it's: \\");
  EXPECT_EQ(table.columns[3].sort_order, 1);
}

TEST(DiscoveredText, YamlNeedsADate) {
  DiscoverOutcome outcome = found();
  EXPECT_THAT(refusal(outcome, {.data_date_column = "id"}), HasSubstr("is bigint, no date"));
  EXPECT_THAT(refusal(outcome, {.data_date_column = "x"}), HasSubstr("which the source has not"));
  outcome.columns.pop_back();
  EXPECT_THAT(yaml_of(outcome, {}), HasSubstr("needs datadatecolumn"));
}

TEST(DiscoveredText, DdlQuotesItsNames) {
  const std::string ddl = ddl_of(found(), {.table = "a\"b"});
  EXPECT_THAT(ddl, HasSubstr("CREATE TABLE \"public\".\"a\"\"b\""));
  EXPECT_THAT(ddl, HasSubstr("\"say \"\"hi\"\", {é}\" numeric(18,2)"));
  EXPECT_THAT(ddl, testing::EndsWith(";\n"));
}

TEST(DiscoveredText, NamesThatNoColumnCanHaveAreRefusedAtOnce) {
  DiscoverOutcome outcome = found();
  outcome.columns.push_back({.name = "id", .type = "bigint"});
  outcome.columns.push_back({.name = "", .type = "bigint"});
  EXPECT_THAT(refusal(outcome), testing::AllOf(HasSubstr("id is there twice"), HasSubstr("has no name")));
  EXPECT_THAT(json_of(outcome), Not(HasSubstr("twice"))) << "JSON speaks of the source";
}

TEST(DiscoveredText, JsonHasWhatIsKnown) {
  DiscoverOutcome outcome = found();
  outcome.columns[0].field = R"({"name":"ID"})";
  const auto json = nlohmann::json::parse(json_of(outcome));
  EXPECT_EQ(json["records"], 7);
  EXPECT_EQ(json["whole"], false);
  EXPECT_EQ(json["schema"]["fields"].size(), 1U);
  EXPECT_EQ(json["columns"][3]["nulls"], 3);
  EXPECT_TRUE(json["columns"][0]["nulls"].is_null());
}

}  // namespace
}  // namespace penstock
