#include "redshift/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "redshift/testing/postgres.h"

namespace penstock::redshift {
namespace {

using servers::Postgres;

class CatalogTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    postgres_ = std::make_unique<Postgres>();
    // Redshift's view of keys, which PostgreSQL hasn't, as a table that tests fill.
    postgres_->run(
        "CREATE TABLE svv_redshift_columns (database_name varchar(128), schema_name varchar(128),"
        " table_name varchar(128), column_name varchar(128), distkey boolean, sortkey int, column_default "
        "varchar(4000));"
        "ALTER TABLE svv_redshift_columns SET SCHEMA pg_catalog");
  }
  static void TearDownTestSuite() { postgres_.reset(); }

  static inline std::unique_ptr<Postgres> postgres_;
  Connection connection_{postgres_->config(), {}, silence()};
};

TEST_F(CatalogTest, ReadsATableWholeWhateverTheSearchPath) {
  postgres_->run(
      "CREATE SCHEMA web; CREATE SCHEMA other;"
      "CREATE TABLE other.pages (id text PRIMARY KEY);"
      "CREATE TABLE web.pages (dropped int, id bigint NOT NULL, name varchar(20) DEFAULT 'it''s',"
      " seen timestamp NOT NULL DEFAULT '2000-01-01', price numeric(8,2) DEFAULT 1.5, ok boolean DEFAULT true,"
      " part int, PRIMARY KEY (part, id));"
      "ALTER TABLE web.pages DROP COLUMN dropped;"
      "INSERT INTO svv_redshift_columns VALUES ('postgres', 'web', 'pages', 'id', true, 2, NULL),"
      " ('postgres', 'web', 'pages', 'part', false, 0, '\"identity\"(100162, 0, ''1,1''::text)'),"
      " ('postgres', 'web', 'pages', 'seen', false, -1, NULL), ('postgres', 'web', 'pages', 'name', false, 0, 'x'),"
      " ('postgres', 'other', 'pages', 'name', true, 7, NULL), ('elsewhere', 'web', 'pages', 'name', true, 7, NULL)");
  Transaction transaction(connection_);
  transaction.execute(Sql("SET search_path TO other"), "set");
  const auto table = read_table(transaction, "web", "pages");
  ASSERT_TRUE(table);
  EXPECT_EQ(table->schema, "web");
  EXPECT_EQ(table->name, "pages");
  const auto shown = [](const CatalogColumn& c) {
    return c.name + " " + c.type + (c.not_null ? " not null" : "") +
           (c.default_expression ? " default " + *c.default_expression : "") + (c.primary_key ? " key" : "") +
           (c.identity == Identity::always ? " identity" : "") + (c.dist_key ? " distkey" : "") +
           (c.sort_order != 0 ? " sort " + std::to_string(c.sort_order) : "");
  };
  std::vector<std::string> columns;
  for (const auto& column : table->columns) columns.push_back(shown(column));
  EXPECT_THAT(columns, testing::ElementsAre("id bigint not null key distkey sort 2",
                                            "name character varying(20) default 'it''s'::character varying",
                                            "seen timestamp without time zone not null default "
                                            "'2000-01-01 00:00:00'::timestamp without time zone sort 1",
                                            "price numeric(8,2) default 1.5", "ok boolean default true",
                                            "part integer not null key identity"));
}

TEST_F(CatalogTest, SeesNoTableWhereThereIsNone) {
  Transaction transaction(connection_);
  EXPECT_FALSE(read_table(transaction, "public", "nothing"));
  EXPECT_FALSE(read_table(transaction, "nowhere", "nothing"));
  EXPECT_TRUE(schema_exists(transaction, "public"));
  EXPECT_FALSE(schema_exists(transaction, "nowhere"));
}

TEST_F(CatalogTest, SeesTheTablesOfItsOwnTransaction) {
  Transaction transaction(connection_);
  transaction.execute(Sql("CREATE TABLE public.fresh (a int)"), "create");
  EXPECT_TRUE(read_table(transaction, "public", "fresh"));
}

TEST_F(CatalogTest, RefusesAView) {
  postgres_->run("CREATE VIEW public.looks AS SELECT 1 AS a");
  Transaction transaction(connection_);
  try {
    read_table(transaction, "public", "looks");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::refused);
    EXPECT_STREQ(e.what(), "inspect public.looks: it is a view, not a table");
  }
}

TEST_F(CatalogTest, TakesHostileNamesAsNames) {
  postgres_->run(R"(CREATE TABLE public."it's ""odd"" \" ("a'\" int))");
  Transaction transaction(connection_);
  const auto table = read_table(transaction, "public", R"(it's "odd" \)");
  ASSERT_TRUE(table);
  EXPECT_EQ(table->columns.at(0).name, "a'\\");
}

}  // namespace
}  // namespace penstock::redshift
