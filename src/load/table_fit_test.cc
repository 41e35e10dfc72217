#include "load/table_fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "penstock/error.h"

namespace penstock {
namespace {

using discovery::Column;
using redshift::CatalogTable;
using table::TypeName;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Target kTarget = target_of("shop", "orders");
const std::vector<Column> kColumns{{.name = "Id", .type = {.name = TypeName::integer}},
                                   {.name = "at", .type = {.name = TypeName::timestamp}, .nulls = 1},
                                   {.name = "extra", .type = {.name = TypeName::super}, .max_bytes = 100'000}};

std::vector<std::string> texts(const TableFit& fit) {
  std::vector<std::string> out;
  for (const auto& statement : fit.statements) out.push_back(statement.text());
  return out;
}

std::vector<std::string> names(const TableFit& fit) {
  std::vector<std::string> out;
  for (const auto& column : fit.table.columns) out.push_back(column.name);
  return out;
}

std::string refusal(const std::optional<CatalogTable>& found, const std::vector<Column>& columns,
                    const UpsertOptions& how, ErrorKind kind = ErrorKind::refused) {
  try {
    fit_table(kTarget, found, columns, how);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), kind);
    return e.what();
  }
  return "";
}

const CatalogTable kTable{.schema = "shop",
                          .name = "orders",
                          .columns = {{.name = "id", .type = "integer", .dist_key = true, .sort_order = 2},
                                      {.name = "at", .type = "date", .sort_order = 1}}};

TEST(TableFit, MakesTheTableWithItsKeys) {
  const TableFit fit = fit_table(kTarget, std::nullopt, kColumns,
                                 {.key = {"ID"}, .create = true, .dist_key = "id", .sort_key = {"AT", "id"}});
  EXPECT_THAT(texts(fit), ElementsAre(R"(CREATE TABLE "shop"."orders" (
  "id" integer NOT NULL,
  "at" timestamp without time zone,
  "extra" super,
  PRIMARY KEY ("id")
)
DISTKEY ("id")
SORTKEY ("at", "id"))"));
  EXPECT_THAT(names(fit), ElementsAre("id", "at", "extra"));
  EXPECT_TRUE(fit.table.columns[0].not_null);
  EXPECT_TRUE(fit.table.columns[0].dist_key);
}

TEST(TableFit, MakesNoPrimaryKeyThatTheUpsertDoesNotKeep) {
  const auto made = [](UpsertOptions how) {
    how.create = true;
    how.key = {"id"};
    return texts(fit_table(kTarget, std::nullopt, kColumns, how)).front();
  };
  EXPECT_THAT(made({}), HasSubstr("PRIMARY KEY"));
  EXPECT_THAT(made({.duplicates = Duplicates::last}), HasSubstr("PRIMARY KEY"));
  EXPECT_THAT(made({.duplicates = Duplicates::keep}), Not(HasSubstr("KEY")));
  EXPECT_THAT(made({.null_keys = NullKeys::insert}), Not(HasSubstr("KEY")));
  EXPECT_THAT(made({.null_keys = NullKeys::match}), Not(HasSubstr("NOT NULL")));
}

TEST(TableFit, LeavesATableThatIsThereAsItIs) {
  const TableFit fit = fit_table(kTarget, kTable, kColumns, {.create = true});
  EXPECT_THAT(fit.statements, IsEmpty());
  EXPECT_THAT(names(fit), ElementsAre("id", "at"));
  EXPECT_THAT(fit_table(kTarget, kTable, {}, {.create = true, .dist_key = "ID", .sort_key = {"at", "Id"}}).statements,
              IsEmpty());
  EXPECT_THAT(refusal(kTable, {}, {.create = true, .dist_key = "at", .sort_key = {"id"}}),
              AllOf(HasSubstr("--distkey is at, and the table that is there has id"),
                    HasSubstr("--sortkey is id, and the table that is there has at, id")));
}

TEST(TableFit, AddsColumnsOneAStatement) {
  auto columns = kColumns;
  columns.push_back({.name = "More", .type = {.name = TypeName::varchar, .length = 16}});
  const TableFit fit = fit_table(kTarget, kTable, columns, {.evolve = true});
  EXPECT_THAT(texts(fit), ElementsAre(R"(ALTER TABLE "shop"."orders" ADD COLUMN "extra" super)",
                                      R"(ALTER TABLE "shop"."orders" ADD COLUMN "more" character varying(16))"));
  EXPECT_THAT(names(fit), ElementsAre("id", "at", "extra", "more"));
}

TEST(TableFit, RefusesWhatNoTableCanHaveAndListsAllOfIt) {
  const std::vector<Column> columns{{.name = "a"},
                                    {.name = "A"},
                                    {.name = ""},
                                    {.name = std::string(128, 'x')},
                                    {.name = "long", .max_bytes = 65536, .too_long = "it.csv line 7"},
                                    {.name = "k", .nulls = 7},
                                    {.name = "s", .type = {.name = TypeName::super}}};
  EXPECT_THAT(
      refusal(std::nullopt, columns, {.key = {"k", "none"}, .create = true, .dist_key = "s", .sort_key = {"away"}}),
      AllOf(HasSubstr("A is there twice"), HasSubstr("a column has no name"), HasSubstr("longer than 127 bytes"),
            HasSubstr("long has a value of 65536 bytes, and a varchar takes 65535 at most; see it.csv line 7"),
            HasSubstr("7 records have no k"), HasSubstr("--key is none, which the source has not"),
            HasSubstr("--distkey is s, a super, which can't be a key"),
            HasSubstr("--sortkey is away, which the source has not")));
}

TEST(TableFit, SaysThatThereIsNoTable) {
  EXPECT_THAT(refusal(std::nullopt, {}, {.evolve = true}, ErrorKind::not_found), HasSubstr("--create makes it"));
  EXPECT_THAT(refusal(std::nullopt, {}, {.create = true}, ErrorKind::not_found), HasSubstr("has no column"));
}

TEST(NeedsTypes, OnlyWhereTheTableIsToBeMadeOrMayGetColumns) {
  using Names = std::vector<std::string>;
  EXPECT_FALSE(needs_types(std::nullopt, Names{"a"}, {}));
  EXPECT_TRUE(needs_types(std::nullopt, Names{"a"}, {.create = true}));
  EXPECT_FALSE(needs_types(kTable, Names{"a"}, {.create = true}));
  EXPECT_FALSE(needs_types(kTable, Names{"ID", "at"}, {.evolve = true}));
  EXPECT_TRUE(needs_types(kTable, Names{"ID", "new"}, {.evolve = true}));
  EXPECT_TRUE(needs_types(kTable, std::nullopt, {.evolve = true})) << "of JSON, only its objects say";
}

}  // namespace
}  // namespace penstock
