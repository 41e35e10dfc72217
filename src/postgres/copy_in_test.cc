#include "postgres/copy_in.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "penstock/error.h"
#include "postgres/commit.h"
#include "postgres/destination.h"
#include "redshift/testing/postgres.h"

namespace penstock::postgres {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Property;
using testing::Throws;
using testing::ThrowsMessage;

const servers::Postgres& server() {
  static const servers::Postgres postgres;
  return postgres;
}

SessionOptions writing() { return {.writes = true, .lock_timeout = std::chrono::seconds(1)}; }

std::string count(const std::string& table) { return server().run("SELECT count(*) FROM " + table); }

TEST(CopyIn, WritesRowsInOneTransaction) {
  server().run("CREATE TABLE whole (id int, t text)");
  Session session(server().uri(), writing(), silence());
  CopyIn copy(session, "COPY whole FROM STDIN", "fill whole");
  std::string rows;
  for (int i = 0; i < 50'000; ++i) rows += std::to_string(i) + "\t" + std::string(20, 'x') + "\n";
  copy.write(std::string_view(rows).substr(0, 100'001));
  copy.write(std::string_view(rows).substr(100'001));
  EXPECT_EQ(copy.finish(), 50'000U);
  EXPECT_EQ(count("whole"), "0") << "nobody sees them before the commit";
  commit(session, server().uri(), writing(), silence(), "fill whole");
  EXPECT_EQ(count("whole"), "50000");
}

TEST(CopyIn, LeavesNothingWithoutACommit) {
  server().run("CREATE TABLE gone (id int)");
  {
    Session session(server().uri(), writing(), silence());
    CopyIn copy(session, "COPY gone FROM STDIN", "fill gone");
    copy.write("1\n2\n");
  }
  {
    Session session(server().uri(), writing(), silence());
    CopyIn copy(session, "COPY gone FROM STDIN", "fill gone");
    copy.write("1\n2\n");
    EXPECT_EQ(copy.finish(), 2U);
  }
  EXPECT_EQ(count("gone"), "0");
}

TEST(CopyIn, SaysWhatIsWrongWithWhichRowBeforeAllIsSent) {
  server().run("CREATE TABLE picky (id int, n smallint)");
  Session session(server().uri(), writing(), silence());
  CopyIn copy(session, "COPY picky FROM STDIN", "fill picky");
  const std::string more(std::size_t{1} << 20, '\n');
  EXPECT_THAT(
      [&] {
        copy.write("1\t1\n2\tx\n");
        for (int i = 0; i < 1000; ++i) copy.write(more);
      },
      ThrowsMessage<Error>(AllOf(HasSubstr("fill picky: invalid input syntax"), HasSubstr("line 2, column n"))));
}

TEST(CopyIn, TakesNoticesForWhatTheyAre) {
  server().run("CREATE TABLE loud (id int)");
  server().run(
      "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN RAISE WARNING 'row %', new.id; RETURN new; END $$");
  server().run("CREATE TRIGGER shouting BEFORE INSERT ON loud FOR EACH ROW EXECUTE FUNCTION shout()");
  Session session(server().uri(), writing(), silence());
  CopyIn copy(session, "COPY loud FROM STDIN", "fill loud");
  for (int i = 0; i < 2000; ++i) copy.write(std::to_string(i) + "\n");
  EXPECT_EQ(copy.finish(), 2000U);
}

TEST(CopyIn, HeedsAStop) {
  server().run("CREATE TABLE stopped (id int)");
  std::stop_source stop;
  SessionOptions options = writing();
  options.stop = stop.get_token();
  Session session(server().uri(), options, silence());
  CopyIn copy(session, "COPY stopped FROM STDIN", "fill stopped");
  copy.write("1\n");
  stop.request_stop();
  EXPECT_THAT([&] { copy.write("2\n"); }, Throws<Error>(Property(&Error::kind, ErrorKind::cancelled)));
}

TEST(Commit, OfASessionThatWasEndedIsKnownToHaveWrittenNothing) {
  server().run("CREATE TABLE ended (id int)");
  Session session(server().uri(), writing(), silence());
  session.execute("INSERT INTO ended VALUES (1)", "insert");
  const auto pid = session.execute("SELECT pg_backend_pid()", "ask").front().front().value_or("");
  const auto transaction = session.execute("SELECT txid_current()", "ask").front().front().value_or("");
  server().run("SELECT pg_terminate_backend(" + pid + ", 10000)");
  EXPECT_FALSE(session.commit("commit"));
  EXPECT_EQ(server().run("SELECT txid_status(" + transaction + ")"), "aborted");
  EXPECT_EQ(count("ended"), "0");
}

TEST(Commit, SaysThatTheServerRolledBack) {
  Session session(server().uri(), writing(), silence());
  EXPECT_THROW(session.execute("SELECT 1 / 0", "divide"), Error);
  EXPECT_THAT([&] { session.commit("commit it"); }, ThrowsMessage<Error>(HasSubstr("says ROLLBACK")));
}

TEST(Commit, SaysWhatADeferredConstraintFinds) {
  server().run("CREATE TABLE parent_of (id int PRIMARY KEY)");
  server().run("CREATE TABLE child_of (id int REFERENCES parent_of DEFERRABLE INITIALLY DEFERRED)");
  Session session(server().uri(), writing(), silence());
  session.execute("INSERT INTO child_of VALUES (1)", "insert");
  EXPECT_THAT([&] { commit(session, server().uri(), writing(), silence(), "commit it"); },
              ThrowsMessage<Error>(HasSubstr("foreign key")));
}

TEST(Session, ThatWritesWaitsForALockUntilItsTime) {
  server().run("CREATE TABLE locked (id int)");
  Session holder(server().uri(), writing(), silence());
  holder.execute("LOCK TABLE locked", "lock");
  Session session(server().uri(), writing(), silence());
  EXPECT_THAT([&] { session.execute("DELETE FROM locked", "empty it"); },
              Throws<Error>(Property(&Error::kind, ErrorKind::busy)));
}

TEST(Destination, SaysOfItsColumnsWhatAWriterMustKnow) {
  server().run("CREATE DOMAIN short AS varchar(5)");
  server().run(
      "CREATE TABLE \"De.st\" (id int GENERATED ALWAYS AS IDENTITY, \"Na\"\"me\" short NOT NULL, "
      "n numeric(5,2) DEFAULT 0, dropped int, twice int GENERATED ALWAYS AS (2) STORED, "
      "k int GENERATED BY DEFAULT AS IDENTITY)");
  server().run("ALTER TABLE \"De.st\" DROP COLUMN dropped");
  server().run("CREATE VIEW only_seen AS SELECT 1 AS a");
  Session session(server().uri(), writing(), silence());
  const auto found = find_destination(session, {"", "De.st"});
  ASSERT_TRUE(found);
  std::vector<std::string> columns;
  for (const DestinationColumn& column : found->columns) {
    columns.push_back(column.name + " " + column.type + (column.is_not_null ? " not null" : "") +
                      (column.has_default ? " default" : "") + (column.is_made ? " made" : ""));
  }
  EXPECT_THAT(columns,
              ElementsAre("id integer not null made", "Na\"me character varying(5) not null", "n numeric(5,2) default",
                          "twice integer default made", "k integer not null default"));
  EXPECT_FALSE(find_destination(session, {"", "nowhere"}));
  EXPECT_FALSE(find_destination(session, {"nowhere", "t"}));
  EXPECT_THAT([&] { find_destination(session, {"", "only_seen"}); }, ThrowsMessage<Error>(HasSubstr("it is no table")));
}

}  // namespace
}  // namespace penstock::postgres
