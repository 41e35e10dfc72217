#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "penstock/error.h"
#include "penstock/query.h"
#include "redshift/testing/postgres.h"
#include "redshift/testing/scripted_server.h"

namespace penstock {
namespace {

using servers::ScriptedReply;
using servers::ScriptedServer;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const servers::Postgres& postgres() {
  static const servers::Postgres server;
  return server;
}

std::pair<ErrorKind, std::string> failure_of(auto act) {
  try {
    act();
  } catch (const Error& e) {
    return {e.kind(), e.what()};
  }
  return {ErrorKind::internal, "nothing failed"};
}

// "1|x" a row; NULL as ~.
std::vector<std::string> rows_of(QuerySession& session) {
  std::vector<std::string> rows;
  while (session.next()) {
    std::string row;
    for (std::size_t c = 0; c < session.columns().size(); ++c) {
      if (c > 0) row += '|';
      row += session.value(c).value_or("~");
    }
    rows.push_back(row);
  }
  return rows;
}

QueryValue text(std::string value) { return {.kind = QueryValue::Kind::text, .text = std::move(value)}; }

class QuerySessionTest : public testing::TestWithParam<bool> {
 protected:
  static QueryServer server() {
    if (GetParam()) return postgres().config();
    return postgres().uri();
  }
};
INSTANTIATE_TEST_SUITE_P(AsRedshiftAndAsPostgres, QuerySessionTest, testing::Bool());

TEST_P(QuerySessionTest, GivesTheRowsOfAQuery) {
  QuerySession session(server(), silence());
  session.query("SELECT 1 AS id, 'x' AS name UNION ALL SELECT 2, NULL");
  EXPECT_THAT(rows_of(session), ElementsAre("1|x", "2|~"));
  EXPECT_EQ(session.columns().front().name, "id");
  EXPECT_EQ(session.columns().front().type, 23U);
  session.query("SELECT 1 AS id WHERE false");
  EXPECT_THAT(rows_of(session), ElementsAre());
  EXPECT_EQ(session.columns().size(), 1U) << "also of no rows";
}

TEST_P(QuerySessionTest, ValuesAreReadAsTheyWereGiven) {
  for (const bool escapes : {false, true}) {
    QuerySession session(server(), silence());
    session.execute(escapes ? "SET standard_conforming_strings TO off; SET escape_string_warning TO off" : "SELECT 1");
    for (const std::string nasty : {"it's", R"(a\b)", R"(\)", R"(\';DROP TABLE x --)", "a\nb", "%s", "ünï"}) {
      session.query("SELECT %s::text", QueryValues{.by_place = {text(nasty)}});
      ASSERT_TRUE(session.next());
      EXPECT_EQ(session.value(0), nasty) << escapes;
    }
  }
}

TEST_P(QuerySessionTest, StatementsOfOneTextAreOneTransaction) {
  postgres().run("DROP TABLE IF EXISTS one; CREATE TABLE one (id int)");
  QuerySession session(server(), silence());
  EXPECT_EQ(failure_of([&] { session.execute("INSERT INTO one VALUES (1); SELECT 1/0"); }).first, ErrorKind::refused);
  EXPECT_EQ(postgres().run("SELECT count(*) FROM one"), "0");
  EXPECT_EQ(session.execute("INSERT INTO one VALUES (1), (2)"), "INSERT 0 2") << "and the session goes on";
  session.query("INSERT INTO one VALUES (3); SELECT count(*) FROM one; SELECT 7");
  EXPECT_THAT(rows_of(session), ElementsAre("3", "7"));
  EXPECT_EQ(session.results(), 2U);
}

TEST_P(QuerySessionTest, StatementsTogetherHoldTogether) {
  postgres().run("DROP TABLE IF EXISTS two; CREATE TABLE two (id int)");
  const auto together = [](const char* last) {
    QuerySession session(server(), silence());
    session.execute_together({{"INSERT INTO two VALUES (%s)", QueryValues{.by_place = {text("1")}}}, {last}});
  };
  const auto [kind, message] = failure_of([&] { together("SELECT 1/0"); });
  EXPECT_EQ(kind, ErrorKind::refused);
  EXPECT_THAT(message, AllOf(HasSubstr("division by zero"), HasSubstr("nothing of it holds")));
  EXPECT_EQ(postgres().run("SELECT count(*) FROM two"), "0");
  together("INSERT INTO two VALUES (2)");
  EXPECT_EQ(postgres().run("SELECT count(*) FROM two"), "2");
}

TEST_P(QuerySessionTest, RowsThatAreLeftEndWithTheNextText) {
  QuerySession session(server(), silence());
  session.query("SELECT generate_series(1, 100000000)");
  ASSERT_TRUE(session.next());
  session.query("SELECT 'next'");
  EXPECT_THAT(rows_of(session), ElementsAre("next"));
}

TEST_P(QuerySessionTest, AStopCancelsTheStatement) {
  std::stop_source stop;
  QuerySession session(server(), silence(), stop.get_token());
  const std::jthread stopper([&] {
    while (postgres().run("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(%'") != "1")
      continue;
    stop.request_stop();
  });
  EXPECT_EQ(failure_of([&] { session.execute("SELECT pg_sleep(600)"); }).first, ErrorKind::cancelled);
}

TEST_P(QuerySessionTest, TheClientsEndOfACopyIsRefused) {
  QuerySession session(server(), silence());
  const auto [kind, message] = failure_of([&] { session.execute("COPY pg_class TO STDOUT"); });
  EXPECT_EQ(kind, ErrorKind::refused);
  EXPECT_THAT(message, HasSubstr("not taken here"));
}

TEST(QuerySession, AWrongPasswordIsDeniedAndNotShown) {
  auto config = postgres().config();
  config.password = Secret("hush-hush");
  const auto [kind, message] = failure_of([&] { const QuerySession session(config, silence()); });
  EXPECT_EQ(kind, ErrorKind::denied);
  EXPECT_THAT(message, Not(HasSubstr("hush")));
}

TEST(QuerySession, AnAnswerThatWasLostIsInDoubt) {
  const ScriptedServer server([](const std::string& query) {
    if (query.starts_with("DELETE") || query == "COMMIT") return ScriptedReply::hang_up();
    return ScriptedReply::done(query);
  });
  const auto [kind, message] = failure_of([&] { QuerySession(server.config(), silence()).execute("DELETE FROM t"); });
  EXPECT_EQ(kind, ErrorKind::in_doubt);
  EXPECT_THAT(message, HasSubstr("whether it was done is not known"));
  EXPECT_EQ(failure_of([&] { QuerySession(server.config(), silence()).execute_together({{"DELETE FROM t"}}); }).first,
            ErrorKind::unavailable)
      << "a transaction without its COMMIT holds nothing";
  EXPECT_EQ(failure_of([&] { QuerySession(server.config(), silence()).execute_together({{"UPDATE t"}}); }).first,
            ErrorKind::in_doubt);
}

}  // namespace
}  // namespace penstock
