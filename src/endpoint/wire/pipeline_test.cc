// The extended protocol: prepared statements, portals, pipelines, and the endpoint's own statements between them.
#include <gmock/gmock.h>

#include "endpoint/wire/testing/endpoint.h"

namespace penstock::endpoint {
namespace {

using endpoint::testing::Client;
using endpoint::testing::Endpoint;
using endpoint::testing::read_result;
using endpoint::testing::Result;
using ::testing::ElementsAre;

class PipelineTest : public ::testing::Test {
 protected:
  // Everything up to the next Sync, in order.
  std::vector<Result> until_sync() {
    std::vector<Result> all;
    while (true) {
      PGresult* result = PQgetResult(client_.get());
      if (result == nullptr) continue;
      const auto read = read_result(result);
      if (read.status == PGRES_PIPELINE_SYNC || read.message.find("connection") != std::string::npos) return all;
      all.push_back(read);
    }
  }
  void send(const std::string& sql) {
    EXPECT_EQ(PQsendQueryParams(client_.get(), sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0), 1)
        << client_.error();
  }

  Endpoint endpoint_;
  Client client_{endpoint_.conninfo()};
};

std::vector<std::string> tags(const std::vector<Result>& results) {
  std::vector<std::string> all;
  for (const auto& result : results) {
    if (result.status == PGRES_PIPELINE_ABORTED) {
      all.emplace_back("skipped");
    } else {
      all.push_back(result.sqlstate.empty() ? result.tag : result.sqlstate);
    }
  }
  return all;
}

TEST_F(PipelineTest, PassesParametersAndResults) {
  EXPECT_EQ(client_.extended("SELECT $1::int + $2::int", {"2", "3"}).value(), "5");
  EXPECT_EQ(client_.extended("").status, PGRES_EMPTY_QUERY);
  EXPECT_EQ(client_.extended("SELECT 1; SELECT 2").sqlstate, "42601");
  EXPECT_EQ(client_.extended("SELECT * FROM nothing_here").sqlstate, "42P01");
  EXPECT_EQ(client_.extended("SELECT 1").value(), "1");
}

TEST_F(PipelineTest, PreparedStatementsAreKept) {
  EXPECT_EQ(read_result(PQprepare(client_.get(), "s", "SELECT $1::int * 2", 0, nullptr)).sqlstate, "");
  const auto run = [&](const char* value) {
    return read_result(PQexecPrepared(client_.get(), "s", 1, &value, nullptr, nullptr, 0)).value();
  };
  EXPECT_EQ(run("4"), "8");
  client_.query("SELECT 1");
  EXPECT_EQ(run("5"), "10");
  EXPECT_EQ(read_result(PQprepare(client_.get(), "s", "SELECT 1", 0, nullptr)).sqlstate, "42P05");
  EXPECT_EQ(run("6"), "12");
  PGresult* described = PQdescribePrepared(client_.get(), "s");
  EXPECT_EQ(PQnparams(described), 1);
  EXPECT_EQ(PQnfields(described), 1);
  PQclear(described);
  client_.query("DEALLOCATE s");
  EXPECT_EQ(read_result(PQprepare(client_.get(), "s", "SELECT 1", 0, nullptr)).sqlstate, "");
}

TEST_F(PipelineTest, StatementsPreparedInSqlCanBeBound) {
  client_.query("PREPARE of_sql AS SELECT 42");
  EXPECT_EQ(read_result(PQexecPrepared(client_.get(), "of_sql", 0, nullptr, nullptr, nullptr, 0)).value(), "42");
}

TEST_F(PipelineTest, TheEndpointsStatementsCanBePrepared) {
  EXPECT_EQ(read_result(PQprepare(client_.get(), "m", "MAKE prepared_script", 0, nullptr)).sqlstate, "");
  PGresult* described = PQdescribePrepared(client_.get(), "m");
  EXPECT_EQ(PQresultStatus(described), PGRES_COMMAND_OK);
  EXPECT_EQ(PQnparams(described), 0);
  EXPECT_EQ(PQnfields(described), 0);
  PQclear(described);
  const auto run = [&] { return read_result(PQexecPrepared(client_.get(), "m", 0, nullptr, nullptr, nullptr, 0)); };
  EXPECT_EQ(run().tag, "MAKE");
  EXPECT_EQ(run().sqlstate, "42P07");
  EXPECT_EQ(read_result(PQprepare(client_.get(), "m", "SELECT 1", 0, nullptr)).sqlstate, "42P05");
  const char* value = "1";
  EXPECT_EQ(read_result(PQexecPrepared(client_.get(), "m", 1, &value, nullptr, nullptr, 0)).sqlstate, "08P01");
  EXPECT_EQ(client_.value("SELECT 1"), "1");
}

TEST_F(PipelineTest, AnswersInOrder) {
  PQenterPipelineMode(client_.get());
  send("MAKE piped");
  send("INSERT INTO piped VALUES (1), (2)");
  send("SELECT * FROM piped");
  send("LABEL piped");
  send("SELECT current_setting('penstock.query_group')");
  PQpipelineSync(client_.get());
  const auto results = until_sync();
  EXPECT_THAT(tags(results), ElementsAre("MAKE", "INSERT 0 2", "SELECT 2", "SET", "SELECT 1"));
  EXPECT_EQ(results[4].value(), "piped");
}

TEST_F(PipelineTest, AnErrorSkipsToTheSyncAndUndoesWhatWasBeforeIt) {
  PQenterPipelineMode(client_.get());
  send("MAKE skipped_one");
  send("SELECT 1 / 0");
  send("MAKE skipped_two");
  send("SELECT 2");
  PQpipelineSync(client_.get());
  send("SELECT count(*) FROM made WHERE name LIKE 'skipped_%'");
  PQpipelineSync(client_.get());
  EXPECT_THAT(tags(until_sync()), ElementsAre("MAKE", "22012", "skipped", "skipped"));
  EXPECT_EQ(until_sync().at(0).value(), "0");
}

TEST_F(PipelineTest, AnErrorOfTheEndpointsOwnDoesTheSame) {
  client_.query("CREATE TEMP TABLE t (a int)");
  PQenterPipelineMode(client_.get());
  send("INSERT INTO t VALUES (1)");
  send("SAVEPOINT refused");
  send("INSERT INTO t VALUES (2)");
  PQpipelineSync(client_.get());
  EXPECT_THAT(tags(until_sync()), ElementsAre("INSERT 0 1", "0A000", "skipped"));
  send("SELECT count(*) FROM t");
  PQpipelineSync(client_.get());
  EXPECT_EQ(until_sync().at(0).value(), "0");
}

TEST_F(PipelineTest, AnErrorInsideABlockFailsTheBlock) {
  PQenterPipelineMode(client_.get());
  send("BEGIN");
  send("SAVEPOINT refused");
  PQpipelineSync(client_.get());
  EXPECT_THAT(tags(until_sync()), ElementsAre("BEGIN", "0A000"));
  send("LABEL x");
  PQpipelineSync(client_.get());
  EXPECT_THAT(tags(until_sync()), ElementsAre("25P02"));
  send("COMMIT");
  PQpipelineSync(client_.get());
  EXPECT_THAT(tags(until_sync()), ElementsAre("ROLLBACK"));
}

TEST_F(PipelineTest, ManyStatementsBeforeOneSync) {
  client_.query("CREATE TEMP TABLE t (a int)");
  PQenterPipelineMode(client_.get());
  for (int i = 0; i < 5000; ++i) send("INSERT INTO t VALUES (1)");
  PQpipelineSync(client_.get());
  EXPECT_EQ(until_sync().size(), 5000U);
  send("SELECT count(*) FROM t");
  PQpipelineSync(client_.get());
  EXPECT_EQ(until_sync().at(0).value(), "5000");
}

TEST_F(PipelineTest, OneSweepBeforeASync) {
  client_.query("MAKE swept_in_pipeline");
  PQenterPipelineMode(client_.get());
  send("SWEEP swept_in_pipeline");
  PQpipelineSync(client_.get());
  EXPECT_THAT(tags(until_sync()), ElementsAre("SWEEP"));
  send("SELECT 1");
  send("SWEEP swept_in_pipeline");
  PQpipelineSync(client_.get());
  EXPECT_THAT(tags(until_sync()), ElementsAre("SELECT 1", "25001"));
}

}  // namespace
}  // namespace penstock::endpoint
