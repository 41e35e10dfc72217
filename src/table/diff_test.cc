#include "table/diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "penstock/error.h"
#include "redshift/testing/postgres.h"

namespace penstock::table {
namespace {

using redshift::CatalogColumn;
using redshift::CatalogTable;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TableConfig config(const std::string& columns) {
  return parse_config("t: {dest: pages, columns: [{dest: at, type: timestamp}, " + columns +
                          "], meta: {datadatecolumn: at, schema: web}}",
                      "c.yml")
      .at(0);
}

CatalogTable table(std::vector<CatalogColumn> columns) {
  columns.insert(columns.begin(), {.name = "at", .type = "timestamp without time zone"});
  return {.schema = "web", .name = "pages", .columns = std::move(columns)};
}

std::vector<std::string> texts(const Evolution& evolution) {
  std::vector<std::string> out;
  for (const auto& statement : evolution.statements) out.push_back(statement.text());
  return out;
}

TEST(Evolve, CreatesATableThatIsNotThere) {
  const TableConfig wanted = config(
      "{dest: id, type: bigint, primarykey: true, distkey: true, sortord: 2},"
      "{dest: part, type: int, primarykey: true, sortord: 1},"
      "{dest: \"na\\\"me\", type: varchar(20), defaultval: \"it's\", notnull: true},"
      "{dest: price, type: \"numeric(8,2)\"}");
  EXPECT_THAT(texts(evolve(wanted, std::nullopt)), ElementsAre(R"(CREATE TABLE "web"."pages" (
  "at" timestamp without time zone,
  "id" bigint NOT NULL,
  "part" integer NOT NULL,
  "na""me" character varying(20) DEFAULT 'it''s' NOT NULL,
  "price" numeric(8,2),
  PRIMARY KEY ("id", "part")
)
DISTKEY ("id")
SORTKEY ("part", "id"))"));
  EXPECT_THAT(
      texts(evolve(config("{dest: a, type: int}"), std::nullopt)),
      ElementsAre("CREATE TABLE \"web\".\"pages\" (\n  \"at\" timestamp without time zone,\n  \"a\" integer\n)"));
}

TEST(Evolve, DoesNothingToATableThatFits) {
  const TableConfig wanted = config(
      "{dest: id, type: int, primarykey: true, distkey: true, sortord: 1},"
      "{dest: name, type: text, defaultval: x}, {dest: n, type: bigint, defaultval: 5, notnull: true},"
      "{dest: ok, type: boolean, defaultval: yes}, {dest: d, type: date, defaultval: 2000-01-01}");
  const Evolution nothing = evolve(
      wanted, table({{.name = "only here", .type = "super", .not_null = true},
                     {.name = "d", .type = "date", .default_expression = "'2000-01-01'::date"},
                     {.name = "ok", .type = "boolean", .default_expression = "true"},
                     {.name = "n", .type = "bigint", .not_null = true, .default_expression = "'5'::bigint"},
                     {.name = "name", .type = "character varying(256)", .default_expression = "'x'::character varying"},
                     {.name = "id",
                      .type = "integer",
                      .not_null = true,
                      .primary_key = true,
                      .dist_key = true,
                      .sort_order = 1}}));
  EXPECT_THAT(nothing.drift, IsEmpty());
  EXPECT_THAT(texts(nothing), IsEmpty());
}

TEST(Evolve, AddsColumnsOneAStatement) {
  const TableConfig wanted = config("{dest: a, type: int}, {dest: b, type: text, defaultval: \"x'\", notnull: true}");
  EXPECT_THAT(
      texts(evolve(wanted, table({}))),
      ElementsAre("ALTER TABLE \"web\".\"pages\" ADD COLUMN \"a\" integer",
                  "ALTER TABLE \"web\".\"pages\" ADD COLUMN \"b\" character varying(256) DEFAULT 'x''' NOT NULL"));
}

TEST(Evolve, LeavesAVarcharsWidthAlone) {
  for (const char* found : {"character varying(20)", "character varying(65535)"}) {
    const Evolution evolution = evolve(config("{dest: a, type: varchar(256)}"), table({{.name = "a", .type = found}}));
    EXPECT_THAT(evolution.drift, IsEmpty());
    EXPECT_THAT(evolution.statements, IsEmpty());
  }
}

TEST(Evolve, CallsEveryDifferenceOfAConfiguredColumnDrift) {
  struct Case {
    const char* wanted;
    CatalogColumn found;
    const char* drift;
  };
  const std::vector<Case> cases = {
      {"{dest: a, type: int}",
       {.name = "a", .type = "bigint"},
       "column a has type integer by the config, and has type bigint in the table"},
      {"{dest: a, type: char(2)}", {.name = "a", .type = "character(3)"}, "has type character(2)"},
      {"{dest: a, type: \"numeric(8,2)\"}", {.name = "a", .type = "numeric(8,3)"}, "has type numeric(8,3)"},
      {"{dest: a, type: text}", {.name = "a", .type = "some_enum"}, "has type some_enum"},
      {"{dest: a, type: int, notnull: true}",
       {.name = "a", .type = "integer"},
       "column a is NOT NULL by the config, and may be NULL in the table"},
      {"{dest: a, type: int}", {.name = "a", .type = "integer", .not_null = true}, "may be NULL by the config"},
      {"{dest: a, type: int, defaultval: 5}",
       {.name = "a", .type = "integer"},
       "column a has the default 5 by the config, and has no default in the table"},
      {"{dest: a, type: int, defaultval: 5}",
       {.name = "a", .type = "integer", .default_expression = "6"},
       "and has the default 6"},
      {"{dest: a, type: int}",
       {.name = "a", .type = "integer", .default_expression = "\"identity\"(1, 0, '1,1'::text)"},
       "has no default by the config, and has the default \"identity\"(1, 0, '1,1'::text)"},
      {"{dest: a, type: int, primarykey: true}",
       {.name = "a", .type = "integer", .not_null = true},
       "column a is in the primary key by the config, and is not in it in the table"},
      {"{dest: a, type: int, distkey: true}",
       {.name = "a", .type = "integer"},
       "column a is the distribution key by the config"},
      {"{dest: a, type: int}",
       {.name = "a", .type = "integer", .dist_key = true},
       "column a is not the distribution key by the config, and is it in the table"},
      {"{dest: a, type: int, sortord: 1}",
       {.name = "a", .type = "integer", .sort_order = 2},
       "column a is number 1 of the sort key by the config, and is number 2 of the sort key in the table"},
      {"{dest: a, type: int}",
       {.name = "a", .type = "integer", .sort_order = 1},
       "is not in the sort key by the config"},
      {"{dest: b, type: int, notnull: true}",
       {.name = "a", .type = "integer"},
       "column b is new and NOT NULL, and the table's rows would have no value for it: give it a defaultval"},
      {"{dest: b, type: int, sortord: 1}", {.name = "a", .type = "integer"}, "column b is new and in the sort key"},
      {"{dest: b, type: int, distkey: true}", {.name = "a", .type = "integer"}, "is new and the distribution key"},
      {"{dest: b, type: int, primarykey: true, defaultval: 1}",
       {.name = "a", .type = "integer"},
       "is new and in the primary key"},
  };
  for (const Case& c : cases) {
    const Evolution evolution = evolve(config(c.wanted), table({c.found}));
    EXPECT_THAT(evolution.drift, ElementsAre(HasSubstr(c.drift))) << c.wanted;
    EXPECT_THAT(evolution.statements, IsEmpty());
  }
}

TEST(Evolve, ListsAllDriftAndThenDoesNothing) {
  const Evolution evolution = evolve(config("{dest: a, type: int, notnull: true}, {dest: new, type: int}"),
                                     table({{.name = "a", .type = "bigint"}}));
  EXPECT_EQ(evolution.drift.size(), 2U);
  EXPECT_THAT(evolution.statements, IsEmpty()) << "not even the column that could be added";
}

// What the catalog says of a table made from a config is no drift from it.
TEST(Evolve, FindsNoDriftInWhatItMade) {
  const servers::Postgres postgres;
  postgres.run(
      "CREATE TABLE svv_redshift_columns (database_name text, schema_name text, table_name text, column_name text,"
      " distkey boolean, sortkey int, column_default text); ALTER TABLE svv_redshift_columns SET SCHEMA pg_catalog; "
      "CREATE SCHEMA web");
  const TableConfig first = config("{dest: id, type: int, primarykey: true}");
  const TableConfig second = config(
      "{dest: id, type: int, primarykey: true}, {dest: s, type: smallint, defaultval: -3},"
      "{dest: i, type: int, defaultval: +7, notnull: true}, {dest: b, type: bigint, defaultval: 9},"
      "{dest: n, type: \"numeric(8,2)\", defaultval: 1.5}, {dest: m, type: numeric, defaultval: 12},"
      "{dest: r, type: real, defaultval: 1.25}, {dest: f, type: float, defaultval: 1e-3},"
      "{dest: ok, type: boolean, defaultval: 'yes'}, {dest: c, type: char(5), defaultval: x},"
      "{dest: v, type: varchar(40), defaultval: \"it's a \\\\ \\\"value\\\"\"}, {dest: l, type: longtext},"
      "{dest: d, type: date, defaultval: 2000-01-01}, {dest: ts, type: timestamp, defaultval: 2000-01-01T01:02:03.5},"
      "{dest: tz, type: timestamptz, defaultval: \"2000-01-01 01:02:03+02\"}, {dest: t, type: time, defaultval: "
      "'12:30'},"
      "{dest: tt, type: timetz, defaultval: \"12:30:00+01\"}");
  redshift::Connection connection(postgres.config(), {}, silence());
  for (const TableConfig& wanted : {first, second}) {
    redshift::Transaction transaction(connection);
    for (const auto& statement : evolve(wanted, redshift::read_table(transaction, "web", "pages")).statements) {
      transaction.execute(statement, "evolve");
    }
    const auto found = redshift::read_table(transaction, "web", "pages");
    ASSERT_TRUE(found);
    const Evolution again = evolve(wanted, found);
    EXPECT_THAT(again.drift, IsEmpty());
    EXPECT_THAT(again.statements, IsEmpty());
    transaction.commit();
  }
}

}  // namespace
}  // namespace penstock::table
