#include <gmock/gmock.h>

#include <latch>

#include "endpoint/wire/testing/endpoint.h"

namespace penstock::endpoint {
namespace {

using endpoint::testing::Client;
using endpoint::testing::Endpoint;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SessionTest : public ::testing::Test {
 protected:
  Client client() { return Client(endpoint_.conninfo()); }
  Endpoint endpoint_;
};

// ---- Coming in

TEST_F(SessionTest, LetsInWhoKnowsThePassword) {
  Client client(endpoint_.conninfo());
  ASSERT_TRUE(client.connected()) << client.error();
  EXPECT_EQ(client.value("SELECT current_user || '@' || current_database()"), "awsuser@dev");
}

TEST_F(SessionTest, RefusesAWrongPasswordAnUnknownUserAndAnUnknownDatabase) {
  const auto error = [&](const std::string& more) { return Client(endpoint_.conninfo(more)).error(); };
  EXPECT_THAT(error("password=wrong"), HasSubstr("password authentication failed for user \"awsuser\""));
  EXPECT_THAT(error("user=postgres"), HasSubstr("password authentication failed for user \"postgres\""));
  EXPECT_THAT(error("dbname=other"), HasSubstr("database \"other\" does not exist"));
}

TEST_F(SessionTest, SaysThatItIsRedshift) {
  Client client(endpoint_.conninfo());
  EXPECT_STREQ(PQparameterStatus(client.get(), "server_version"), "8.0.2");
  EXPECT_STREQ(PQparameterStatus(client.get(), "client_encoding"), "UTF8");
  EXPECT_NE(PQparameterStatus(client.get(), "standard_conforming_strings"), nullptr);
  EXPECT_EQ(PQparameterStatus(client.get(), "server_protocol_version"), nullptr);
}

TEST_F(SessionTest, GivesThePidOfTheBackend) {
  Client client(endpoint_.conninfo());
  EXPECT_EQ(client.value("SELECT pg_backend_pid()"), std::to_string(PQbackendPID(client.get())));
}

TEST_F(SessionTest, KeepsTheSettingsThatPostgresKnows) {
  Client client(endpoint_.conninfo("application_name=me options='-c statement_timeout=12345'"));
  ASSERT_TRUE(client.connected()) << client.error();
  EXPECT_EQ(client.value("SHOW application_name"), "me");
  EXPECT_EQ(client.value("SHOW statement_timeout"), "12345ms");
}

TEST_F(SessionTest, RefusesMoreClientsThanItMayHave) {
  Endpoint small(2);
  Client first(small.conninfo());
  auto second = std::make_unique<Client>(small.conninfo());
  ASSERT_TRUE(second->connected());
  EXPECT_THAT(Client(small.conninfo()).error(), HasSubstr("too many connections"));
  second.reset();
  while (!Client(small.conninfo()).connected()) {  // the place is free once its session has ended
  }
}

TEST_F(SessionTest, ServesTwoHundredAtOnce) {
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(std::make_unique<Client>(endpoint_.conninfo()));
  for (auto& client : clients) ASSERT_TRUE(client->connected()) << client->error();
  for (auto& client : clients) PQsendQuery(client->get(), "SELECT 1");
  for (auto& client : clients) EXPECT_EQ(endpoint::testing::read_result(PQgetResult(client->get())).value(), "1");
}

// ---- Simple queries

TEST_F(SessionTest, PassesQueriesThrough) {
  Client client(endpoint_.conninfo());
  const auto result = client.query("SELECT i, i * 2 FROM generate_series(1, 2) i");
  EXPECT_THAT(result.rows, ElementsAre(ElementsAre("1", "2"), ElementsAre("2", "4")));
  EXPECT_EQ(client.query("").status, PGRES_EMPTY_QUERY);
  EXPECT_EQ(client.query(" ; -- nothing").status, PGRES_EMPTY_QUERY);
  EXPECT_EQ(client.query("SELEC 1").sqlstate, "42601");
  EXPECT_EQ(client.query("SELECT * FROM nothing_here").sqlstate, "42P01");
}

TEST_F(SessionTest, PassesMoreThanFitsIntoAnyBuffer) {
  Client client(endpoint_.conninfo());
  EXPECT_EQ(client.query("SELECT repeat('x', 1000) FROM generate_series(1, 20000)").rows.size(), 20'000U);
  const std::string large(5'000'000, 'y');
  EXPECT_EQ(client.value("SELECT length('" + large + "')"), "5000000");
  EXPECT_EQ(client.query("SELECT '" + std::string(17 << 20, 'z') + "'").message,
            "Statement is too large. Statement Size: 17825801 bytes. Maximum Allowed: 16777216 bytes");
  EXPECT_EQ(client.value("SELECT 1"), "1");
}

TEST_F(SessionTest, AStringOfStatementsIsOneTransaction) {
  Client client(endpoint_.conninfo());
  client.query("CREATE TEMP TABLE t (a int)");
  EXPECT_EQ(client.query("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); SELECT 1 / 0").sqlstate, "22012");
  EXPECT_EQ(client.value("SELECT count(*) FROM t"), "0");
  EXPECT_EQ(client.queries("INSERT INTO t VALUES (1); SELECT count(*) FROM t").size(), 2U);
  EXPECT_EQ(client.value("SELECT count(*) FROM t"), "1");
}

TEST_F(SessionTest, AFailedBlockRefusesUntilItsEnd) {
  Client client(endpoint_.conninfo());
  client.query("BEGIN");
  EXPECT_EQ(client.query("SELECT 1 / 0").sqlstate, "22012");
  EXPECT_EQ(client.query("SELECT 1").sqlstate, "25P02");
  EXPECT_EQ(client.query("LABEL x").sqlstate, "25P02");
  EXPECT_EQ(client.query("COMMIT").tag, "ROLLBACK");
  EXPECT_EQ(client.value("SELECT 1"), "1");
}

// ---- What the endpoint runs by itself

TEST_F(SessionTest, RunsAScriptAsOneStatement) {
  Client client(endpoint_.conninfo());
  EXPECT_EQ(client.query("MAKE script_one").tag, "MAKE");
  EXPECT_EQ(client.value("SELECT count(*) FROM made WHERE name = 'script_one'"), "1");
  EXPECT_EQ(client.query("MAKE script_one").sqlstate, "42P07");
  EXPECT_EQ(client.value("SELECT count(*) FROM made WHERE name = 'script_one'"), "1") << "undone with its CREATE TABLE";
  EXPECT_EQ(client.extended("MAKE script_two").tag, "MAKE");
}

TEST_F(SessionTest, AScriptBelongsToTheClientsTransaction) {
  Client client(endpoint_.conninfo());
  client.query("BEGIN");
  client.query("MAKE script_rolled_back");
  client.query("ROLLBACK");
  EXPECT_EQ(client.value("SELECT count(*) FROM made WHERE name = 'script_rolled_back'"), "0");
}

TEST_F(SessionTest, AStringWithAScriptInItIsOneTransaction) {
  Client client(endpoint_.conninfo());
  const auto results = client.queries("MAKE mixed_a; INSERT INTO mixed_a VALUES (1), (2); SELECT a FROM mixed_a");
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].tag, "MAKE");
  EXPECT_EQ(results[1].tag, "INSERT 0 2");
  EXPECT_EQ(results[2].rows.size(), 2U);

  EXPECT_EQ(client.query("MAKE mixed_b; SELECT 1 / 0; MAKE mixed_c").sqlstate, "22012");
  EXPECT_EQ(client.value("SELECT count(*) FROM made WHERE name IN ('mixed_b', 'mixed_c')"), "0");

  EXPECT_EQ(client.query("MAKE mixed_d; COMMIT; SELECT 1 / 0").sqlstate, "22012");
  EXPECT_EQ(client.value("SELECT count(*) FROM made WHERE name = 'mixed_d'"), "1") << "its COMMIT came before";
}

TEST_F(SessionTest, SomeScriptsRunOnlyOutsideOfBlocks) {
  Client client(endpoint_.conninfo());
  client.query("MAKE sweepable");
  EXPECT_EQ(client.query("SWEEP sweepable").tag, "SWEEP");
  EXPECT_EQ(client.extended("SWEEP sweepable").tag, "SWEEP");
  client.query("BEGIN");
  const auto refused = client.query("SWEEP sweepable");
  EXPECT_EQ(refused.sqlstate, "25001");
  EXPECT_EQ(refused.message, "SWEEP cannot run inside a transaction block");
  EXPECT_EQ(client.query("SELECT 1").sqlstate, "25P02");
  client.query("ROLLBACK");
  EXPECT_EQ(client.query("SELECT 1; SWEEP sweepable").sqlstate, "25001");
}

TEST_F(SessionTest, SomeScriptsCommitWhatCameBefore) {
  Client client(endpoint_.conninfo());
  client.query("MAKE emptied; MAKE emptied_too");
  client.query("BEGIN");
  client.query("INSERT INTO emptied_too VALUES (1)");
  EXPECT_EQ(client.query("EMPTY emptied").tag, "EMPTY");
  EXPECT_EQ(PQtransactionStatus(client.get()), PQTRANS_IDLE);
  EXPECT_EQ(client.query("ROLLBACK").tag, "ROLLBACK");
  EXPECT_EQ(client.value("SELECT count(*) FROM emptied_too"), "1");
}

TEST_F(SessionTest, ASettingIsSeenByPostgresAndUndoneByARollback) {
  Client client(endpoint_.conninfo());
  EXPECT_EQ(client.query("LABEL nightly").tag, "SET");
  EXPECT_EQ(client.value("SELECT current_setting('penstock.query_group')"), "nightly");
  client.query("BEGIN");
  client.query("LABEL other");
  client.query("ROLLBACK");
  client.query("SELECT 1");
  EXPECT_EQ(endpoint_.history.all().statements.back().label, "nightly");
}

TEST_F(SessionTest, NothingOfItsOwnTakesTheSnapshotOfABlock) {
  Client client(endpoint_.conninfo());
  client.query("MAKE snapshot_kept");
  client.query("COPY snapshot_kept FROM 's3://b/rows/1' IAM_ROLE default");  // there are ids to tell from here on
  client.query("BEGIN");
  client.query("LABEL x");
  client.query("LOCK made");
  endpoint_.as_superuser("INSERT INTO snapshot_kept VALUES (7)");
  EXPECT_EQ(client.value("SELECT count(*) FROM snapshot_kept"), "2") << "the snapshot comes with the first query";
  client.query("ROLLBACK");
}

// ---- Errors and notices

TEST_F(SessionTest, SpeaksOfConflictsAsRedshiftDoes) {
  Client one(endpoint_.conninfo());
  Client two(endpoint_.conninfo());
  one.query("MAKE contended; INSERT INTO contended VALUES (1)");
  for (auto* client : {&one, &two}) {
    client->query("BEGIN");
    client->query("SELECT * FROM contended");
  }
  one.query("UPDATE contended SET a = 2; COMMIT");
  const auto lost = two.query("UPDATE contended SET a = 3");
  EXPECT_EQ(lost.sqlstate, "XX000");
  EXPECT_EQ(lost.message, "1023");
  EXPECT_THAT(lost.detail, HasSubstr("Serializable isolation violation on table"));
}

TEST_F(SessionTest, SpeaksOfNullsAsRedshiftDoes) {
  Client client(endpoint_.conninfo());
  client.query("CREATE TEMP TABLE t (c int NOT NULL)");
  for (const auto& result :
       {client.query("INSERT INTO t VALUES (NULL)"), client.extended("INSERT INTO t VALUES ($1::int)", {}),
        client.extended("INSERT INTO t SELECT nullif($1, '1')::int", {"1"})}) {
    if (result.sqlstate == "08P01") continue;  // no parameter was given
    EXPECT_EQ(result.sqlstate, "XX000");
    EXPECT_EQ(result.message, "Cannot insert a NULL value into column c");
  }
}

// ---- Cancelling and leaving

TEST_F(SessionTest, CancelsWhatRunsInPostgres) {
  Client client(endpoint_.conninfo());
  PQsendQuery(client.get(), "SELECT pg_sleep(600)");
  while (endpoint_.as_superuser("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid = " +
                                std::to_string(PQbackendPID(client.get())) + " AND state = 'active'") != "1") {
  }
  auto* cancel = PQgetCancel(client.get());
  char error[256];
  EXPECT_EQ(PQcancel(cancel, error, sizeof error), 1) << error;
  PQfreeCancel(cancel);
  EXPECT_EQ(endpoint::testing::read_result(PQgetResult(client.get())).sqlstate, "57014");
  EXPECT_EQ(PQgetResult(client.get()), nullptr);
  EXPECT_EQ(client.value("SELECT 1"), "1");
}

TEST_F(SessionTest, AClientThatGoesLeavesNoOpenTransaction) {
  {
    Client client(endpoint_.conninfo());
    client.query("MAKE left_behind");
    client.query("BEGIN; LOCK TABLE left_behind");
  }
  EXPECT_EQ(endpoint_.as_superuser("SET lock_timeout = '60s'; LOCK TABLE left_behind; SELECT 'free'"), "free");
}

TEST_F(SessionTest, OneSessionsEndIsNotAnothers) {
  Client one(endpoint_.conninfo());
  Client two(endpoint_.conninfo());
  endpoint_.as_superuser("SELECT pg_terminate_backend(" + std::to_string(PQbackendPID(one.get())) + ")");
  EXPECT_EQ(one.query("SELECT 1").status, PGRES_FATAL_ERROR);
  EXPECT_EQ(PQstatus(one.get()), CONNECTION_BAD);
  EXPECT_EQ(two.value("SELECT 1"), "1");
}

TEST_F(SessionTest, StoppingEndsWhatRuns) {
  Client idle(endpoint_.conninfo());
  Client busy(endpoint_.conninfo());
  PQsendQuery(busy.get(), "SELECT pg_sleep(600)");
  endpoint_.stop();
  EXPECT_EQ(endpoint::testing::read_result(PQgetResult(busy.get())).sqlstate, "57P01");
  EXPECT_EQ(idle.query("SELECT 1").status, PGRES_FATAL_ERROR);
}

// ---- What is remembered

TEST_F(SessionTest, RemembersStatementsWithTheirTransactions) {
  Client client(endpoint_.conninfo());
  client.query("MAKE remembered");
  endpoint_.history.forget();
  client.query("BEGIN");
  client.query("INSERT INTO remembered VALUES (1)");
  client.query("SELECT 1 / 0");
  client.query("END");
  client.extended("SELECT $1::int", {"5"});
  const auto all = endpoint_.history.all().statements;
  ASSERT_EQ(all.size(), 5U);
  EXPECT_THAT(all[1].text, "INSERT INTO remembered VALUES (1)");
  EXPECT_EQ(all[1].transaction, all[0].transaction);
  EXPECT_EQ(all[3].transaction, all[0].transaction);
  EXPECT_NE(all[4].transaction, all[0].transaction);
  EXPECT_EQ(all[0].query, 0) << "BEGIN is no query";
  EXPECT_NE(all[1].query, 0);
  EXPECT_FALSE(all[1].aborted);
  EXPECT_TRUE(all[2].aborted);
  EXPECT_EQ(all[2].error, "division by zero");
  EXPECT_EQ(all[3].text, "ROLLBACK") << "what happened, not what was asked";
  EXPECT_EQ(all[1].session, PQbackendPID(client.get()));
  EXPECT_EQ(all[1].user, "awsuser");
  EXPECT_EQ(all[1].database, "dev");
  EXPECT_EQ(all[1].label, "default");
}

TEST_F(SessionTest, RemembersTheCommitOfWhatWroteByItself) {
  Client client(endpoint_.conninfo());
  client.query("MAKE committed_alone");
  endpoint_.history.forget();
  client.query("INSERT INTO committed_alone VALUES (1)");
  client.query("SELECT * FROM committed_alone");
  const auto all = endpoint_.history.all().statements;
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[1].text, "COMMIT");
  EXPECT_EQ(all[1].transaction, all[0].transaction);
}

TEST_F(SessionTest, FlushesTheHistoryBeforeItIsRead) {
  Client client(endpoint_.conninfo());
  endpoint_.history.forget();
  client.query("SELECT 1");
  EXPECT_EQ(endpoint_.history.all().flushes, 0);
  client.query("SELECT * FROM stl_query");
  EXPECT_GE(endpoint_.history.all().flushes, 1);
}

}  // namespace
}  // namespace penstock::endpoint
