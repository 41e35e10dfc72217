#include "postgres/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "penstock/error.h"
#include "redshift/testing/postgres.h"

namespace penstock::postgres {
namespace {

using testing::HasSubstr;
using testing::Not;

const servers::Postgres& server() {
  static const servers::Postgres postgres({.settings = {"timezone=Asia/Tokyo", "bytea_output=escape"}});
  return postgres;
}

ServerUri uri() { return server().uri(); }

template <typename Act>
std::pair<ErrorKind, std::string> failure_of(Act act) {
  try {
    act();
  } catch (const Error& e) {
    return {e.kind(), e.what()};
  }
  return {ErrorKind::internal, "nothing failed"};
}

TEST(PostgresSession, GivesValuesAsCopyReadsThem) {
  Session session(uri(), {}, silence());
  const auto row = session
                       .execute(
                           "SELECT '2024-01-01 09:00+09'::timestamptz, '\\x00ff'::bytea, 0.1::float8 + 0.2::float8, "
                           "true, '1 year 2 days 3:04'::interval, NULL",
                           "look")
                       .front();
  EXPECT_EQ(row[0], "2024-01-01 00:00:00+00");
  EXPECT_EQ(row[1], "\\x00ff");
  EXPECT_EQ(row[2], "0.30000000000000004");
  EXPECT_EQ(row[3], "t");
  EXPECT_EQ(row[4], "1 year 2 days 03:04:00");
  EXPECT_EQ(row[5], std::nullopt);
}

TEST(PostgresSession, DescribesWhatAQueryWillGive) {
  server().run("CREATE DOMAIN price AS numeric(10,2)");
  Session session(uri(), {}, silence());
  const auto columns = session.describe(
      "SELECT 1 AS id, 'x'::varchar(5) AS \"Name\", ARRAY[1], 1::price AS price, now(), '{}'::jsonb AS j -- and so on");
  std::vector<std::string> shown;
  for (const Column& column : columns) shown.push_back(column.name + " " + column.type);
  EXPECT_THAT(shown, testing::ElementsAre("id integer", "Name character varying(5)", "array integer[]",
                                          "price numeric(10,2)", "now timestamp with time zone", "j jsonb"));
}

TEST(PostgresSession, RefusesWhatIsNotOneQuery) {
  const auto of = [](const char* query) {
    Session session(uri(), {}, silence());
    return failure_of([&] { session.describe(query); }).second;
  };
  EXPECT_THAT(of("SELECT 1; DROP TABLE x"), HasSubstr("multiple commands"));
  EXPECT_THAT(of("SELECT 1) TO PROGRAM 'touch /tmp/x' --"), HasSubstr("syntax error at or near \")\", at character 9"));
  EXPECT_THAT(of("SELECT $1::int"), HasSubstr("it has parameters"));
  EXPECT_THAT(of("SET x.y TO 1"), HasSubstr("it gives no columns"));
  EXPECT_THAT(of(""), HasSubstr("it gives no columns"));
  EXPECT_THAT(of("SELECT * FROM nowhere"), HasSubstr("relation \"nowhere\" does not exist"));
}

TEST(PostgresSession, WritesNothing) {
  Session session(uri(), {}, silence());
  EXPECT_THAT(failure_of([&] { session.execute("CREATE TABLE t (id int)", "write"); }).second,
              HasSubstr("write: cannot execute CREATE TABLE in a read-only transaction"));
}

TEST(PostgresSession, SeesOneStateThroughout) {
  server().run("CREATE TABLE seen (id int)");
  Session first(uri(), {}, silence());
  const std::string snapshot = first.export_snapshot();
  server().run("INSERT INTO seen VALUES (1)");
  Session second(uri(), {}, silence(), snapshot);
  EXPECT_EQ(first.execute("SELECT count(*) FROM seen", "count").front()[0], "0");
  EXPECT_EQ(second.execute("SELECT count(*) FROM seen", "count").front()[0], "0");
  EXPECT_EQ(Session(uri(), {}, silence()).execute("SELECT count(*) FROM seen", "count").front()[0], "1");
}

TEST(PostgresSession, SaysWhyThereIsNone) {
  ServerUri wrong = uri();
  wrong.password = Secret("not this");
  const auto [kind, said] = failure_of([&] { const Session session(wrong, {}, silence()); });
  EXPECT_EQ(kind, ErrorKind::denied);
  EXPECT_THAT(said, HasSubstr("password authentication failed"));
  EXPECT_THAT(said, Not(HasSubstr("not this")));
  wrong.port = 1;
  EXPECT_EQ(failure_of([&] { const Session session(wrong, {}, silence()); }).first, ErrorKind::unavailable);
  ServerUri nowhere = uri();
  nowhere.database = "nowhere";
  EXPECT_EQ(failure_of([&] { const Session session(nowhere, {}, silence()); }).first, ErrorKind::not_found);
}

}  // namespace
}  // namespace penstock::postgres
