#include "redshift/cursor.h"

#include <gmock/gmock.h>

#include <stop_token>
#include <string>

#include "redshift/testing/postgres.h"

namespace penstock::redshift {
namespace {

const servers::Postgres& postgres() {
  static const servers::Postgres server;
  return server;
}

Cursor cursor(Sql query, std::stop_token stop = {}) {
  return {postgres().config(), {.stop = std::move(stop)}, silence(), query, "counting"};
}

TEST(Cursor, GivesEachRowOnceWhateverTheBatches) {
  for (const int rows : {0, 1, Cursor::kBatch - 1, Cursor::kBatch, Cursor::kBatch + 1, 3 * Cursor::kBatch}) {
    const Statement query = Sql("SELECT i, CASE i % 2 WHEN 0 THEN 'x' END FROM generate_series(1, ")
                            << std::int64_t{rows} << Sql(") i ORDER BY i");
    Cursor all(postgres().config(), {}, silence(), query, "counting");
    int count = 0;
    while (all.next()) {
      ++count;
      ASSERT_EQ(all.text(0), std::to_string(count));
      ASSERT_EQ(all.is_null(1), count % 2 == 1);
      ASSERT_EQ(all.text(1), count % 2 == 1 ? "" : "x");
    }
    EXPECT_EQ(count, rows);
    EXPECT_FALSE(all.next()) << "and stays at its end";
  }
}

TEST(Cursor, SaysWhatTheServerSaysInTheMiddle) {
  auto rows = cursor("SELECT 1 / (1500 - i) FROM generate_series(1, 3000) i");
  for (int i = 0; i < Cursor::kBatch; ++i) ASSERT_TRUE(rows.next());
  try {
    rows.next();
    ADD_FAILURE() << "it divided by zero";
  } catch (const ServerError& e) {
    EXPECT_THAT(e.what(), testing::StartsWith("counting: division by zero"));
  }
}

// FETCHs that the server is at work on. A request to cancel that comes before its statement cancels nothing.
void wait_until_running(const std::string& count) {
  const std::string running = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'FETCH%'";
  for (int tries = 0; tries < 600 && postgres().run(running) != count; ++tries) {
    postgres().run("SELECT pg_sleep(0.1)");
  }
  EXPECT_EQ(postgres().run(running), count);
}

TEST(Cursor, EndsWhereItIsAskedToStop) {
  std::stop_source stop;
  auto rows = cursor("SELECT i, pg_sleep(CASE WHEN i > 1000 THEN 600 ELSE 0 END) FROM generate_series(1, 3000) i",
                     stop.get_token());
  for (int i = 0; i < Cursor::kBatch; ++i) ASSERT_TRUE(rows.next());
  wait_until_running("1");
  stop.request_stop();
  try {
    rows.next();
    ADD_FAILURE() << "it went on";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::cancelled);
  }
}

TEST(Cursor, LeavesNothingRunningThatNobodyWaitsFor) {
  {
    const auto rows = cursor("SELECT pg_sleep(600) FROM generate_series(1, 3000)");
    wait_until_running("1");
  }
  wait_until_running("0");
}

}  // namespace
}  // namespace penstock::redshift
