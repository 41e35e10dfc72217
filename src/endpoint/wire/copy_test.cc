// COPY from S3, as its client sees it; what it does with objects is run_copy's own business.
#include <gmock/gmock.h>

#include "endpoint/wire/testing/endpoint.h"

namespace penstock::endpoint {
namespace {

using endpoint::testing::Client;
using endpoint::testing::Endpoint;
using ::testing::ElementsAre;

std::string copy(const std::string& table, const std::string& what) {
  return "COPY " + table + " FROM 's3://b/" + what + "' IAM_ROLE default";
}

class CopyTest : public ::testing::Test {
 protected:
  void wait_until_copy_runs(const std::string& table) {
    // It holds the table against writers while it runs.
    while (endpoint_.as_superuser("SELECT count(*) FROM pg_locks WHERE relation = to_regclass('" + table +
                                  "') AND mode = 'ShareRowExclusiveLock'") != "1") {
    }
  }
  void cancel() {
    auto* handle = PQgetCancel(client_.get());
    char error[256];
    EXPECT_EQ(PQcancel(handle, error, sizeof error), 1) << error;
    PQfreeCancel(handle);
  }

  Endpoint endpoint_;
  Client client_{endpoint_.conninfo()};
};

TEST_F(CopyTest, LoadsRowsAndSaysSo) {
  client_.query("CREATE TEMP TABLE t (a int)");
  const auto result = client_.query(copy("t", "rows/25000"));
  EXPECT_EQ(result.tag, "COPY") << "without a count";
  EXPECT_THAT(client_.notices,
              ElementsAre("INFO: Load into table 't' completed, 25000 record(s) loaded successfully."));
  EXPECT_EQ(client_.value("SELECT count(*) || ' ' || sum(a) FROM t"), "25000 312512500");
  EXPECT_EQ(client_.extended(copy("t", "rows/5")).tag, "COPY");
  EXPECT_EQ(client_.value("SELECT count(*) FROM t"), "25005");
}

TEST_F(CopyTest, LoadsMoreThanFitsIntoAnyBuffer) {
  client_.query("CREATE TEMP TABLE t (a int)");
  EXPECT_EQ(client_.query(copy("t", "rows/2000000")).tag, "COPY");
  EXPECT_EQ(client_.value("SELECT count(*) FROM t"), "2000000");
}

TEST_F(CopyTest, IsPartOfTheClientsTransaction) {
  client_.query("CREATE TEMP TABLE t (a int)");
  client_.query("BEGIN");
  client_.query(copy("t", "rows/3"));
  EXPECT_EQ(client_.value("SELECT count(*) FROM t"), "3");
  client_.query("ROLLBACK");
  EXPECT_EQ(client_.value("SELECT count(*) FROM t"), "0");
  client_.query("BEGIN; INSERT INTO t VALUES (1); " + copy("t", "rows/3") + "; COMMIT");
  EXPECT_EQ(client_.value("SELECT count(*) FROM t"), "4");
  EXPECT_EQ(client_.query("INSERT INTO t VALUES (1); " + copy("t", "rows/3") + "; SELECT 1 / 0").sqlstate, "22012");
  EXPECT_EQ(client_.value("SELECT count(*) FROM t"), "4");
}

TEST_F(CopyTest, KeepsNothingOfALoadThatFailed) {
  client_.query("CREATE TEMP TABLE t (a int)");
  for (const std::string what : {"bad", "broken", "missing"}) {
    EXPECT_EQ(client_.query(copy("t", what)).sqlstate, "XX000") << what;
    EXPECT_EQ(client_.value("SELECT count(*) FROM t"), "0") << what;
    EXPECT_EQ(client_.extended(copy("t", what)).sqlstate, "XX000") << what;
    EXPECT_EQ(client_.value("SELECT count(*) FROM t"), "0") << what;
    client_.query("BEGIN");
    EXPECT_EQ(client_.query(copy("t", what)).sqlstate, "XX000") << what;
    EXPECT_EQ(client_.query("SELECT 1").sqlstate, "25P02") << what;
    EXPECT_EQ(client_.query("COMMIT").tag, "ROLLBACK") << what;
  }
  EXPECT_EQ(client_.query(copy("t", "bad")).message,
            "Load into table 't' failed.  Check 'stl_load_errors' system table for details.");
}

TEST_F(CopyTest, RefusesWhatItCannotLoadInto) {
  EXPECT_EQ(client_.query(copy("nowhere", "rows/1")).message, "Cannot COPY into nonexistent table nowhere");
  EXPECT_EQ(client_.query(copy("no_schema.t", "rows/1")).sqlstate, "XX000");
  client_.query("CREATE TEMP VIEW v AS SELECT 1 AS a");
  EXPECT_EQ(client_.query(copy("v", "rows/1")).sqlstate, "42809");
  endpoint_.as_superuser("CREATE TABLE IF NOT EXISTS not_yours (a int)");
  const auto denied = client_.query(copy("not_yours", "rows/1"));
  EXPECT_EQ(denied.sqlstate, "42501");
  EXPECT_EQ(denied.message, "permission denied for relation not_yours");
  endpoint_.as_superuser("GRANT INSERT ON not_yours TO awsuser");
  EXPECT_EQ(client_.query(copy("not_yours", "rows/1")).tag, "COPY") << "INSERT is all that it takes";
}

TEST_F(CopyTest, GoesIntoTheTableThatTheNameMeans) {
  client_.query(R"(CREATE SCHEMA other; CREATE TABLE other.named (a int); CREATE TABLE "it's ""odd" (a int))");
  EXPECT_EQ(client_.query(copy("other.named", "rows/2")).tag, "COPY");
  EXPECT_EQ(client_.query(copy("\"it's \"\"odd\"", "rows/1")).tag, "COPY");
  client_.query("SET search_path TO other");
  EXPECT_EQ(client_.query(copy("named", "rows/2")).tag, "COPY");
  EXPECT_EQ(client_.value("SELECT count(*) FROM other.named"), "4");
}

TEST_F(CopyTest, WaitsForOtherWriters) {
  client_.query("CREATE TABLE one_writer (a int)");
  Client other(endpoint_.conninfo());
  other.query("BEGIN; INSERT INTO one_writer VALUES (1)");
  PQsendQuery(client_.get(), copy("one_writer", "rows/1").c_str());
  while (endpoint_.as_superuser(
             "SELECT count(*) FROM pg_locks WHERE relation = 'one_writer'::regclass AND NOT granted") != "1") {
  }
  EXPECT_EQ(Client(endpoint_.conninfo()).value("SELECT count(*) FROM one_writer"), "0") << "readers don't wait";
  other.query("COMMIT");
  EXPECT_EQ(endpoint::testing::read_result(PQgetResult(client_.get())).tag, "COPY");
}

TEST_F(CopyTest, CanBeCancelled) {
  client_.query("CREATE TABLE cancelled (a int)");
  PQsendQuery(client_.get(), copy("cancelled", "wait").c_str());
  wait_until_copy_runs("cancelled");
  cancel();
  EXPECT_EQ(endpoint::testing::read_result(PQgetResult(client_.get())).sqlstate, "57014");
  EXPECT_EQ(PQgetResult(client_.get()), nullptr);
  EXPECT_EQ(client_.value("SELECT 1"), "1");
}

TEST_F(CopyTest, StoppingTheEndpointCancelsIt) {
  client_.query("CREATE TABLE stopped (a int)");
  PQsendQuery(client_.get(), copy("stopped", "wait").c_str());
  wait_until_copy_runs("stopped");
  endpoint_.stop();
  EXPECT_EQ(endpoint::testing::read_result(PQgetResult(client_.get())).status, PGRES_FATAL_ERROR);
}

TEST_F(CopyTest, GoesOnWithoutItsClient) {
  client_.query("CREATE TABLE goes_on (a int)");
  {
    Client leaving(endpoint_.conninfo());
    PQsendQuery(leaving.get(), copy("goes_on", "gate").c_str());
    wait_until_copy_runs("goes_on");
  }
  endpoint_.open_gate();
  while (client_.value("SELECT count(*) FROM goes_on") != "5") {
  }
}

TEST_F(CopyTest, IsRolledBackWithTheBlockOfAClientThatLeaves) {
  client_.query("CREATE TABLE given_up (a int)");
  {
    Client leaving(endpoint_.conninfo());
    leaving.query("BEGIN");
    PQsendQuery(leaving.get(), copy("given_up", "gate").c_str());
    wait_until_copy_runs("given_up");
  }
  endpoint_.open_gate();
  client_.query("BEGIN; LOCK given_up");  // waits for its end
  EXPECT_EQ(client_.value("SELECT count(*) FROM given_up"), "0");
}

TEST_F(CopyTest, IsTheLastOne) {
  client_.query("CREATE TEMP TABLE t (a int)");
  const auto last = [&] { return client_.value("SELECT pg_last_copy_id() || ' ' || pg_last_copy_count()"); };
  EXPECT_EQ(last(), "-1 0");
  client_.query(copy("t", "rows/7"));
  const auto id = std::to_string(endpoint_.history.all().copies.back().statement.query);
  EXPECT_EQ(last(), id + " 7");
  EXPECT_EQ(client_.extended("SELECT pg_last_copy_id()").value(), id);
  EXPECT_EQ(client_.value("SELECT pg_last_query_id()"), id);

  client_.query(copy("t", "missing"));
  EXPECT_EQ(last(), id + " 7") << "refused before it began";

  client_.query("BEGIN");
  client_.query(copy("t", "rows/3"));
  EXPECT_NE(last(), id + " 7");
  client_.query("ROLLBACK");
  EXPECT_EQ(last(), id + " 7") << "rolled back, it never was";

  client_.query("BEGIN");
  client_.query(copy("t", "bad"));
  client_.query("ROLLBACK");
  EXPECT_EQ(last(), std::to_string(endpoint_.history.all().copies.back().statement.query) + " 0")
      << "a load that failed on its data is the last one, rollback or not";
  client_.query("RESET ALL");
  EXPECT_NE(last(), "-1 0");
}

TEST_F(CopyTest, IsRemembered) {
  client_.query("CREATE TEMP TABLE t (a int, b varchar(5) NOT NULL DEFAULT 'x')");
  endpoint_.history.forget();
  client_.query(copy("t", "rows/7"));
  client_.query(copy("t", "bad"));
  const auto all = endpoint_.history.all();
  ASSERT_EQ(all.copies.size(), 2U);
  const auto& done = all.copies[0];
  EXPECT_EQ(done.report.loaded_rows, 7U);
  EXPECT_EQ(done.target.name, "t");
  ASSERT_EQ(done.target.columns.size(), 2U);
  EXPECT_EQ(done.target.columns[1].type_modifier, 9);
  EXPECT_TRUE(done.target.columns[1].not_null);
  EXPECT_TRUE(done.target.columns[1].default_expression);
  EXPECT_TRUE(all.copies[1].report.failed);
  EXPECT_EQ(all.copies[1].report.errors.size(), 1U);
  ASSERT_EQ(all.statements.size(), 3U);
  EXPECT_EQ(all.statements[0].query, done.statement.query);
  EXPECT_EQ(all.statements[1].text, "COMMIT");
  EXPECT_EQ(all.statements[1].transaction, done.statement.transaction);
  EXPECT_TRUE(all.statements[2].aborted);
}

TEST_F(CopyTest, TakesNoParametersAndNoDataFromTheClient) {
  EXPECT_EQ(client_.extended("COPY t FROM $1 IAM_ROLE default", {"s3://b/rows/1"}).sqlstate, "42601");
  client_.query("CREATE TEMP TABLE t (a int)");
  EXPECT_NE(client_.query("COPY t FROM STDIN").sqlstate, "");
  EXPECT_EQ(client_.value("SELECT 1"), "1");
}

}  // namespace
}  // namespace penstock::endpoint
