#include "postgres/table.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "penstock/error.h"
#include "postgres/copy_out.h"
#include "redshift/testing/postgres.h"

namespace penstock::postgres {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const servers::Postgres& server() {
  static const servers::Postgres postgres;
  return postgres;
}

ServerUri uri() { return server().uri(); }

TEST(PostgresTable, IsReadInRangesOfItsBlocks) {
  const Table table{.sql = "\"s\".\"t\"", .has_blocks = true, .blocks = 101};
  const std::vector<Column> columns{{"id", "integer"}, {"a\"b", "text"}};
  EXPECT_THAT(queries_of(table, columns, 1), ElementsAre("SELECT \"id\", \"a\"\"b\" FROM \"s\".\"t\""));
  EXPECT_THAT(queries_of(table, columns, 3),
              ElementsAre("SELECT \"id\", \"a\"\"b\" FROM ONLY \"s\".\"t\" WHERE ctid >= '(0,0)' AND ctid < '(33,0)'",
                          "SELECT \"id\", \"a\"\"b\" FROM ONLY \"s\".\"t\" WHERE ctid >= '(33,0)' AND ctid < '(67,0)'",
                          "SELECT \"id\", \"a\"\"b\" FROM ONLY \"s\".\"t\" WHERE ctid >= '(67,0)'"));
  EXPECT_EQ(queries_of({.sql = "v"}, columns, 3).size(), 1U);
}

TEST(PostgresTable, IsReadBySeveralWhereThatIsWorthIt) {
  EXPECT_EQ(streams_for({.sql = "t", .has_blocks = true, .blocks = 100}, 8), 1U);
  EXPECT_EQ(streams_for({.sql = "t", .has_blocks = true, .blocks = 1'000'000}, 2), 2U);
  EXPECT_EQ(streams_for({.sql = "t", .has_blocks = true, .blocks = 1'000'000}, 64), 4U);
  EXPECT_EQ(streams_for({.sql = "t", .has_blocks = true, .blocks = 1'000'000}, 0), 1U);
  EXPECT_EQ(streams_for({.sql = "v", .has_blocks = false, .blocks = 0}, 8), 1U);
}

TEST(PostgresTable, HasBlocksOnlyWhereTheyAreAllOfIt) {
  server().run("CREATE TABLE plain (id int)");
  server().run("CREATE VIEW seen AS SELECT * FROM plain");
  server().run("CREATE MATERIALIZED VIEW kept AS SELECT * FROM plain");
  server().run("CREATE TABLE parted (id int) PARTITION BY RANGE (id)");
  server().run("CREATE TABLE parent (id int)");
  server().run("CREATE TABLE child () INHERITS (parent)");
  server().run("CREATE SCHEMA \"Odd\"");
  server().run("CREATE TABLE \"Odd\".\"Ta\"\"ble\" (id int)");
  Session session(uri(), {}, silence());
  EXPECT_TRUE(look_at(session, {"", "plain"}).has_blocks);
  EXPECT_TRUE(look_at(session, {"public", "child"}).has_blocks);
  EXPECT_TRUE(look_at(session, {"Odd", "Ta\"ble"}).has_blocks);
  for (const char* name : {"seen", "kept", "parted", "parent"}) {
    EXPECT_FALSE(look_at(session, {"public", name}).has_blocks) << name;
  }
  try {
    look_at(session, {"public", "nowhere"});
    FAIL() << "it was found";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::not_found);
    EXPECT_THAT(e.what(), HasSubstr("\"public\".\"nowhere\""));
  }
}

// Rows move between blocks, come and go, while three sessions read: each row of the snapshot is read once, as it was.
TEST(PostgresTable, GivesEachRowOfOneMomentOnceWhateverOthersWrite) {
  constexpr int kRows = 20'000;
  server().run(
      fmt::format("CREATE TABLE busy AS SELECT i AS id, 0 AS version, repeat('x', i % 200) AS filling FROM "
                  "generate_series(1, {}) i",
                  kRows));
  std::jthread writer([](const std::stop_token& stop) {
    for (int i = 0; !stop.stop_requested(); ++i) {
      server().run(
          fmt::format("UPDATE busy SET version = version + 1, filling = filling || 'y' WHERE id % 20 = {}", i % 20));
      server().run("DELETE FROM busy WHERE id > 20000");
      server().run("INSERT INTO busy SELECT 20000 + i, 0, 'new' FROM generate_series(1, 500) i");
    }
  });
  for (int round = 0; round < 5; ++round) {
    std::vector<std::unique_ptr<Session>> sessions;
    sessions.push_back(std::make_unique<Session>(uri(), SessionOptions{}, silence()));
    const std::string snapshot = sessions.front()->export_snapshot();
    while (sessions.size() < 3) {
      sessions.push_back(std::make_unique<Session>(uri(), SessionOptions{}, silence(), snapshot));
    }
    const auto expected = sessions.front()
                              ->execute(
                                  "SELECT count(*), sum(hashtext(concat_ws(',', id, version, filling))), "
                                  "count(DISTINCT id) FROM busy",
                                  "count")
                              .front();
    const Table table = look_at(*sessions.front(), {"public", "busy"});
    const auto queries = queries_of(table, {{"id", "integer"}, {"version", "integer"}, {"filling", "text"}}, 3);
    std::vector<CopyOut::Part> parts;
    for (std::size_t i = 0; i < 3; ++i) parts.push_back({.session = sessions[i].get(), .query = queries[i]});
    CopyOut rows(parts, "busy");
    std::string all;
    std::vector<std::byte> buffer(1 << 16);
    while (const auto count = rows.read(buffer)) all.append(reinterpret_cast<const char*>(buffer.data()), count);
    for (char& c : all) c = c == '\t' ? ',' : c;

    server().run("DROP TABLE IF EXISTS found");
    std::string values;
    for (std::size_t at = 0; at < all.size(); at = all.find('\n', at) + 1) {
      values += (values.empty() ? "('" : ",('") + all.substr(at, all.find('\n', at) - at) + "')";
    }
    server().run("CREATE TABLE found AS SELECT * FROM (VALUES " + values + ") v (row)");
    EXPECT_EQ(server().run("SELECT count(*) FROM found"), expected[0]);
    EXPECT_EQ(server().run("SELECT sum(hashtext(row)) FROM found"), expected[1]);
    EXPECT_EQ(server().run("SELECT count(DISTINCT split_part(row, ',', 1)) FROM found"), expected[2]);
  }
}

}  // namespace
}  // namespace penstock::postgres
