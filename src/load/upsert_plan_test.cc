#include "load/upsert_plan.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "penstock/error.h"

namespace penstock {
namespace {

using redshift::CatalogTable;
using redshift::Identity;
using redshift::Statement;
using testing::ElementsAre;
using testing::HasSubstr;

CatalogTable table() {
  return {.schema = "web",
          .name = "users",
          .columns = {{.name = "id", .type = "bigint", .not_null = true, .dist_key = true},
                      {.name = "name", .type = "character varying(20)"},
                      {.name = "seen", .type = "timestamp without time zone"}}};
}

Batch batch(std::vector<std::string> columns = {"name", "id", "seen"}) {
  return {.columns = std::move(columns),
          .format = redshift::CsvFormat{},
          .compression = redshift::CopyCompression::zstd,
          .null_as = "\x1A",
          .access = redshift::IamRole{"default"}};
}

UpsertPlan plan(const UpsertOptions& how, const Batch& of = batch(), const CatalogTable& into = table()) {
  return plan_upsert(target_of("web", "users"), into, of, how, "s3://b/m.json");
}

std::string text(const std::optional<Statement>& statement) { return statement ? statement->text() : "none"; }

TEST(UpsertPlan, CopiesIntoAStageAndLetsRowsGiveWay) {
  const auto made = plan({.key = {"ID"}});
  EXPECT_EQ(
      text(made.make_stage),
      "CREATE TEMPORARY TABLE \"penstock_stage\" (\"name\" character varying(20), \"id\" bigint NOT NULL, \"seen\" "
      "timestamp without time zone) DISTKEY (\"id\")");
  EXPECT_THAT(made.copy.text(), testing::StartsWith("COPY \"penstock_stage\" (\"name\", \"id\", \"seen\")\nFROM"));
  EXPECT_EQ(text(made.null_keys), "SELECT count(*) FROM \"penstock_stage\" WHERE \"id\" IS NULL");
  EXPECT_EQ(text(made.repeated_keys),
            "SELECT count(*), \"id\" FROM \"penstock_stage\" GROUP BY \"id\" HAVING count(*) > 1 ORDER BY 1 DESC, 2 "
            "LIMIT 5");
  EXPECT_EQ(text(made.drop_older), "none");
  EXPECT_EQ(text(made.remove),
            "DELETE FROM \"web\".\"users\" USING \"penstock_stage\" WHERE \"users\".\"id\" = "
            "\"penstock_stage\".\"id\"");
  EXPECT_EQ(text(made.insert),
            "INSERT INTO \"web\".\"users\" (\"name\", \"id\", \"seen\") SELECT \"name\", \"id\", \"seen\" FROM "
            "\"penstock_stage\"");
}

TEST(UpsertPlan, RanksRecordsOfOneKeyByTheirOrderAndTheirPosition) {
  Batch of = batch({"id", "seen", "name"});
  of.has_position = true;
  const auto made = plan({.key = {"id"}, .order_by = "Seen", .duplicates = Duplicates::last}, of);
  EXPECT_EQ(
      text(made.insert),
      "INSERT INTO \"web\".\"users\" (\"id\", \"seen\", \"name\") SELECT \"id\", \"seen\", \"name\" FROM (SELECT "
      "\"id\", \"seen\", \"name\", row_number() OVER (PARTITION BY \"id\" ORDER BY CASE WHEN \"seen\" IS NULL THEN 1 "
      "ELSE 0 END, \"seen\" DESC, \"penstock_position\" DESC) AS penstock_rank FROM \"penstock_stage\") ranked "
      "WHERE penstock_rank = 1");
  EXPECT_EQ(text(made.repeated_keys), "none");
  EXPECT_EQ(text(made.drop_older),
            "DELETE FROM \"penstock_stage\" USING \"web\".\"users\" t WHERE \"penstock_stage\".\"id\" = \"t\".\"id\" "
            "AND (\"penstock_stage\".\"seen\" < \"t\".\"seen\" OR (\"penstock_stage\".\"seen\" IS NULL AND "
            "\"t\".\"seen\" IS NOT NULL))");
}

TEST(UpsertPlan, TakesNullForAKeyWhenTold) {
  EXPECT_THAT(text(plan({.key = {"id"}, .null_keys = NullKeys::match}).remove),
              HasSubstr("(\"users\".\"id\" = \"penstock_stage\".\"id\" OR (\"users\".\"id\" IS NULL AND "
                        "\"penstock_stage\".\"id\" IS NULL))"));
  EXPECT_EQ(text(plan({.key = {"id"}, .null_keys = NullKeys::match}).null_keys), "none");
}

TEST(UpsertPlan, WithoutAKeyCopiesStraightIntoTheTable) {
  const auto appended = plan({.mode = WriteMode::append});
  EXPECT_EQ(statements_of(appended).size(), 1U);
  EXPECT_THAT(appended.copy.text(), testing::StartsWith("COPY \"web\".\"users\" ("));
  const auto replaced = plan({.mode = WriteMode::replace});
  EXPECT_EQ(text(replaced.clear), "DELETE FROM \"web\".\"users\"") << "never TRUNCATE, which commits";
  EXPECT_THAT(text(replaced.forget), testing::StartsWith("DELETE FROM \"penstock\".\"ledger_"))
      << "a load of files whose rows are gone loads them again";
  EXPECT_EQ(statements_of(replaced).size(), 3U);
}

TEST(UpsertPlan, CopiesPositionsIntoAStageAlsoWithoutAKey) {
  Batch of = batch({"id", "name", "seen"});
  of.has_position = true;
  const auto appended = plan({.mode = WriteMode::append}, of);
  EXPECT_THAT(appended.copy.text(),
              testing::StartsWith("COPY \"penstock_stage\" (\"id\", \"name\", \"seen\", \"penstock_position\")\nFROM"));
  EXPECT_EQ(text(appended.insert),
            "INSERT INTO \"web\".\"users\" (\"id\", \"name\", \"seen\") SELECT \"id\", \"name\", \"seen\" FROM "
            "\"penstock_stage\"");
  EXPECT_EQ(statements_of(appended).size(), 4U) << "nothing gives way, and there is no key to look at";
  const auto replaced = plan({.mode = WriteMode::replace}, of);
  EXPECT_EQ(text(replaced.remove), "DELETE FROM \"web\".\"users\"");
  EXPECT_EQ(statements_of(replaced).size(), 6U);
}

std::string refusal(const UpsertOptions& how, const Batch& of, const CatalogTable& into = table()) {
  try {
    plan(how, of, into);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::refused);
    return e.what();
  }
  return "none";
}

TEST(UpsertPlan, RefusesAllThatIsWrongWithItsColumnsAtOnce) {
  CatalogTable into = table();
  into.columns[1].identity = Identity::always;
  const std::string said = refusal({.key = {"day"}, .order_by = "hour"}, batch({"id", "name"}), into);
  EXPECT_THAT(said, HasSubstr("the key is day, which the source has not; it has id, name"));
  EXPECT_THAT(said, HasSubstr("--order-by is hour, which the source has not"));
  EXPECT_THAT(said, HasSubstr("name is an identity column"));
  EXPECT_THAT(said, HasSubstr("the source lacks seen, which would become NULL"));
  EXPECT_EQ(refusal({.key = {"id"}, .missing_as_null = true}, batch({"id", "name"})), "none");
  EXPECT_EQ(refusal({.mode = WriteMode::append}, batch({"id"})), "none") << "nothing gives way";
}

TEST(MatchColumns, GoesByNameWhateverTheCase) {
  EXPECT_THAT(match_columns({"Seen", " ID "}, table(), "x.csv"), ElementsAre("seen", "id"));
  try {
    match_columns({"id", "ID", "sweet"}, table(), "x.csv");
    FAIL() << "nothing was refused";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("the columns of x.csv: web.users has no column sweet; it has id, name, seen; "
                                    "--evolve adds what it lacks; ID is there twice"));
  }
  try {
    match_columns({"id;seen"}, table(), "x.csv");
    FAIL() << "nothing was refused";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("Is it ';' that separates them? Then --delimiter says so"));
  }
}

}  // namespace
}  // namespace penstock
