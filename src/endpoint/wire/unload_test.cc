// UNLOAD to S3, as its client sees it; what becomes of the rows is run_unload's own business.
#include <gmock/gmock.h>

#include "endpoint/wire/testing/endpoint.h"

namespace penstock::endpoint {
namespace {

using endpoint::testing::Client;
using endpoint::testing::Endpoint;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

std::string unload(const std::string& query, const std::string& where, const std::string& options = "PARALLEL OFF") {
  return "UNLOAD ($$" + query + "$$) TO 's3://bucket/" + where + "' IAM_ROLE default " + options;
}

class UnloadTest : public ::testing::Test {
 protected:
  Endpoint endpoint_;
  Client client_{endpoint_.conninfo()};
};

TEST_F(UnloadTest, WritesRowsAndSaysSo) {
  const auto result = client_.query(unload("SELECT 1 AS a, 'x' AS b, NULL::int UNION ALL SELECT 2, 'y', 3", "p"));
  EXPECT_EQ(result.tag, "UNLOAD") << result.message;
  EXPECT_THAT(client_.notices, ElementsAre("INFO: UNLOAD completed, 2 record(s) unloaded successfully."));
  EXPECT_THAT(endpoint_.objects(), ElementsAre(Pair("p000", "1|x|\n2|y|3\n")));
  EXPECT_EQ(client_.value("SELECT 1"), "1");
}

TEST_F(UnloadTest, RunsByEitherProtocol) {
  EXPECT_EQ(client_.extended(unload("SELECT 1", "a")).tag, "UNLOAD");
  const auto again = unload("SELECT 2", "b", "ALLOWOVERWRITE");
  ASSERT_EQ(endpoint::testing::read_result(PQprepare(client_.get(), "again", again.c_str(), 0, nullptr)).status,
            PGRES_COMMAND_OK);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(
        endpoint::testing::read_result(PQexecPrepared(client_.get(), "again", 0, nullptr, nullptr, nullptr, 0)).tag,
        "UNLOAD");
  }
  EXPECT_EQ(client_.query("SELECT 1; " + unload("SELECT 3", "c") + "; SELECT 2").value(), "2");
  EXPECT_THAT(endpoint_.objects(), ElementsAre(Pair("a000", "1\n"), Pair("b0000_part_00", "2\n"), Pair("c000", "3\n")));
}

TEST_F(UnloadTest, ReadsWhatItsTransactionSees) {
  client_.query("CREATE TEMP TABLE t (a int)");
  client_.query("BEGIN; INSERT INTO t VALUES (1), (2)");
  EXPECT_EQ(client_.query(unload("SELECT * FROM t ORDER BY a", "p")).tag, "UNLOAD");
  client_.query("ROLLBACK");
  EXPECT_EQ(endpoint_.objects()["p000"], "1\n2\n") << "what is written stays";
  EXPECT_EQ(client_.value("SELECT count(*) FROM t"), "0");
}

TEST_F(UnloadTest, WritesMoreThanFitsIntoAnyBuffer) {
  const auto query = "SELECT i, repeat('x', 20) FROM generate_series(1, 400000) i";
  EXPECT_EQ(client_.query(unload(query, "p")).tag, "UNLOAD");
  const auto text = endpoint_.objects()["p000"];
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 400'000);
  EXPECT_TRUE(text.ends_with("400000|xxxxxxxxxxxxxxxxxxxx\n"));
}

TEST_F(UnloadTest, PartitionsInTheOrderOfTheQuery) {
  EXPECT_EQ(client_
                .query(unload("SELECT i % 2 AS k, i FROM generate_series(1, 6) i ORDER BY i DESC", "p",
                              "PARALLEL OFF PARTITION BY (k)"))
                .message,
            "");
  EXPECT_THAT(endpoint_.objects(), ElementsAre(Pair("p/k=0/000", "6\n4\n2\n"), Pair("p/k=1/000", "5\n3\n1\n")));
}

TEST_F(UnloadTest, LeavesNothingHalfWhenItsQueryFails) {
  for (const bool extended : {false, true}) {
    const auto fails = unload("SELECT 10 / (5000 - i) FROM generate_series(1, 9000) i", "p");
    const auto result = extended ? client_.extended(fails) : client_.query(fails);
    EXPECT_EQ(result.sqlstate, "22012");
    EXPECT_THAT(endpoint_.objects(), IsEmpty());
    EXPECT_EQ(client_.value("SELECT 1"), "1");
  }
  client_.query("BEGIN");
  EXPECT_EQ(client_.query(unload("SELECT * FROM nowhere", "p")).sqlstate, "42P01");
  EXPECT_EQ(client_.query(unload("SELECT 1", "p")).sqlstate, "25P02");
  EXPECT_EQ(client_.query("COMMIT").tag, "ROLLBACK");
}

// What is left of the query's rows must not be taken for the next statement's.
TEST_F(UnloadTest, GivesUpAQueryInItsMiddle) {
  const auto wide = unload("SELECT i, repeat('x', i) FROM generate_series(1, 3000) i", "p", "FIXEDWIDTH '0:9,1:2500'");
  EXPECT_EQ(client_.query(wide).message,
            "A value of the column \"repeat\" has 2501 characters, and FIXEDWIDTH gives it "
            "2500");
  EXPECT_THAT(endpoint_.objects(), IsEmpty());
  EXPECT_EQ(client_.value("SELECT 'next'"), "next");
  EXPECT_EQ(client_.extended(wide).sqlstate, "XX000");
  EXPECT_EQ(client_.extended("SELECT 'next'").value(), "next");
}

TEST_F(UnloadTest, RefusesWhatIsThereAndWhatIsNot) {
  client_.query(unload("SELECT 1", "p"));
  const auto again = client_.query(unload("SELECT 2", "p"));
  EXPECT_EQ(again.sqlstate, "XX000");
  EXPECT_EQ(again.message,
            "Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, manually "
            "removing the target files in S3, or using the ALLOWOVERWRITE option.");
  EXPECT_EQ(endpoint_.objects()["p000"], "1\n");
  EXPECT_EQ(client_.query("UNLOAD ('SELECT 1') TO 's3://no-such-bucket/p' IAM_ROLE default").sqlstate, "XX000");
  EXPECT_EQ(client_.query(unload("SELECT 1 INTO TEMP t", "q")).sqlstate, "42601");
  EXPECT_EQ(client_.query(unload("SELECT 1", "q", "MASTER_SYMMETRIC_KEY 'k'")).sqlstate, "0A000");
  EXPECT_EQ(client_.extended("UNLOAD ('SELECT $1') TO 's3://bucket/q' IAM_ROLE default", {"x"}).sqlstate, "08P01");
}

TEST_F(UnloadTest, CanBeCancelled) {
  PQsendQuery(client_.get(), unload("SELECT pg_sleep(1000)", "p").c_str());
  while (endpoint_.as_superuser("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") != "1") {
  }
  auto* handle = PQgetCancel(client_.get());
  char error[256];
  EXPECT_EQ(PQcancel(handle, error, sizeof error), 1) << error;
  PQfreeCancel(handle);
  EXPECT_EQ(endpoint::testing::read_result(PQgetResult(client_.get())).sqlstate, "57014");
  EXPECT_EQ(PQgetResult(client_.get()), nullptr);
  EXPECT_EQ(client_.value("SELECT 1"), "1");
  EXPECT_THAT(endpoint_.objects(), IsEmpty());
}

TEST_F(UnloadTest, IsTheLastOne) {
  const auto last = [&] { return client_.value("SELECT pg_last_unload_id() || ' ' || pg_last_unload_count()"); };
  EXPECT_EQ(last(), "-1 0");
  client_.query(unload("SELECT 1 UNION ALL SELECT 2", "p"));
  const auto id = std::to_string(endpoint_.history.all().unloads.back().statement.query);
  EXPECT_EQ(last(), id + " 2");
  EXPECT_EQ(client_.value("SELECT pg_last_query_id()"), id);
  client_.query(unload("SELECT 1", "p"));
  EXPECT_EQ(last(), id + " 2") << "refused before it began";
  client_.query(unload("SELECT 1 WHERE false", "q"));
  EXPECT_EQ(last(), std::to_string(endpoint_.history.all().unloads.back().statement.query) + " 0");
  client_.query(unload("SELECT 1 / (1 - i) FROM generate_series(0, 1) i", "q"));
  EXPECT_EQ(last(), std::to_string(endpoint_.history.all().unloads.back().statement.query) + " 0");
  EXPECT_EQ(client_.value("SELECT pg_last_copy_id()"), "-1");
}

TEST_F(UnloadTest, IsRemembered) {
  client_.query("SELECT 1");
  endpoint_.history.forget();
  client_.query(unload("SELECT 1", "p", ""));
  client_.query(unload("SELECT 1", "p", ""));
  const auto all = endpoint_.history.all();
  ASSERT_EQ(all.unloads.size(), 2U);
  EXPECT_EQ(all.unloads[0].report.rows, 1U);
  ASSERT_EQ(all.unloads[0].report.files.size(), 1U);
  EXPECT_EQ(all.unloads[0].report.files[0].object, "s3://bucket/p0000_part_00");
  EXPECT_FALSE(all.unloads[0].statement.aborted);
  EXPECT_TRUE(all.unloads[1].statement.aborted);
  EXPECT_THAT(all.unloads[1].statement.error, ::testing::StartsWith("Specified unload destination"));
  ASSERT_EQ(all.statements.size(), 2U) << "no COMMIT of its own: it wrote no table";
  EXPECT_EQ(all.statements[0].query, all.unloads[0].statement.query);
}

}  // namespace
}  // namespace penstock::endpoint
