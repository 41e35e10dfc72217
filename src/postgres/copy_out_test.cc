#include "postgres/copy_out.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <thread>

#include "penstock/error.h"
#include "redshift/testing/postgres.h"

namespace penstock::postgres {
namespace {

const servers::Postgres& server() {
  static const servers::Postgres postgres({.tls = true});
  return postgres;
}

ServerUri uri(const std::string& sslmode) {
  const ConnectionConfig config = server().config();
  return {.scheme = "postgresql",
          .user = config.user,
          .password = config.password,
          .host = "localhost",
          .port = config.port,
          .database = config.database,
          .options = {{"sslmode", sslmode}, {"sslrootcert", server().root_certificate().string()}}};
}

std::string all_of(ObjectReader& reader, unsigned seed = 0) {
  std::mt19937 random(seed);
  std::string all;
  std::vector<std::byte> buffer(1 << 16);
  while (true) {
    const std::size_t room = seed == 0 ? buffer.size() : 1 + random() % 200;
    const std::size_t count = reader.read(std::span(buffer).first(room));
    if (count == 0) return all;
    all.append(reinterpret_cast<const char*>(buffer.data()), count);
  }
}

std::string copied(const std::string& query, const std::string& sslmode = "disable", unsigned seed = 0) {
  Session session(uri(sslmode), {}, silence());
  session.describe(query);
  CopyOut rows({{.session = &session, .query = query}}, "it");
  return all_of(rows, seed);
}

class CopyOutTest : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Encrypted, CopyOutTest, testing::Values("disable", "verify-full"));

TEST_P(CopyOutTest, GivesTheRowsWholeWhateverTheBuffer) {
  std::string expected;
  for (int i = 1; i <= 5000; ++i) expected += std::to_string(i) + "\t" + std::string(i % 97, 'x') + "\t\\N\n";
  const std::string query = "SELECT i, repeat('x', i % 97), NULL FROM generate_series(1, 5000) i ORDER BY i ; \n";
  for (const unsigned seed : {0U, 1U, 2U}) EXPECT_EQ(copied(query, GetParam(), seed), expected);
}

TEST_P(CopyOutTest, GivesCsvWholeWhateverTheBuffer) {
  Session session(uri(GetParam()), {}, silence());
  for (const unsigned seed : {0U, 1U, 2U}) {
    CopyOut rows({{.session = &session, .query = "SELECT NULL, '', E'a\\nb;' || i FROM generate_series(1, 300) i ;"}},
                 "it", {.is_csv = true, .delimiter = ';'});
    std::string expected;
    for (int i = 1; i <= 300; ++i) expected += ";\"\";\"a\nb;" + std::to_string(i) + "\"\n";
    EXPECT_EQ(all_of(rows, seed), expected);
    EXPECT_EQ(rows.rows(), 300U);
  }
}

TEST_P(CopyOutTest, CutsNoRowOfSeveralSessionsCsv) {
  Session first(uri(GetParam()), {}, silence());
  Session second(uri(GetParam()), {}, silence());
  const std::string query = "SELECT E'<\\n\\n>' || repeat('x', i % 7) FROM generate_series(1, 3000) i";
  CopyOut rows({{.session = &first, .query = query}, {.session = &second, .query = query}}, "it", {.is_csv = true});
  const std::string all = all_of(rows, 7);
  std::size_t count = 0;
  for (std::size_t at = all.find("\"<\n\n>"); at != std::string::npos; at = all.find("\"<\n\n>", at + 1)) ++count;
  EXPECT_EQ(count, 6000U);
  EXPECT_EQ(rows.rows(), 6000U);
}

TEST_P(CopyOutTest, EndsTheQueryWhereItsCommentDoes) {
  EXPECT_EQ(copied("SELECT 1 -- ) and so on", GetParam()), "1\n");
  EXPECT_EQ(copied("VALUES (1), (2)", GetParam()), "1\n2\n");
  EXPECT_EQ(copied("SELECT 'a;\\', $$;--$$; -- all\n/* of; it */ ;", GetParam()), "a;\\\\\t;--\n");
}

TEST_P(CopyOutTest, GivesRowsLargerThanAnyBuffer) {
  EXPECT_EQ(copied("SELECT repeat('y', 3000000) FROM generate_series(1, 3)", GetParam()).size(), 3 * 3'000'001U);
}

TEST_P(CopyOutTest, ReadsSeveralSessionsSideBySide) {
  Session first(uri(GetParam()), {}, silence());
  Session second(uri(GetParam()), {}, silence());
  for (const unsigned seed : {0U, 7U}) {
    CopyOut rows({{.session = &first, .query = "SELECT 'a', repeat('a', i % 300) FROM generate_series(1, 20000) i"},
                  {.session = &second, .query = "SELECT 'b', repeat('b', i % 300) FROM generate_series(1, 30000) i"}},
                 "both");
    const std::string all = all_of(rows, seed);
    EXPECT_EQ(rows.rows(), 50'000U);
    std::size_t as = 0;
    std::size_t bs = 0;
    for (std::size_t at = 0; at < all.size();) {
      const std::string_view row = std::string_view(all).substr(at, all.find('\n', at) - at);
      (row.front() == 'a' ? as : bs) += 1;
      ASSERT_EQ(row[1], '\t');
      ASSERT_EQ(row.find_first_not_of(row.front(), 2), std::string_view::npos) << "rows are not mixed: " << row;
      at += row.size() + 1;
    }
    EXPECT_EQ(as, 20'000U);
    EXPECT_EQ(bs, 30'000U);
  }
}

TEST(CopyOutFailures, SayWhatTheServerSays) {
  for (const char* sslmode : {"disable", "require"}) {
    try {
      copied("SELECT 1 / (5000 - i) FROM generate_series(1, 10000) i", sslmode);
      FAIL() << "nothing failed";
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::refused);
      EXPECT_STREQ(e.what(), "read it: division by zero");
    }
  }
}

TEST(CopyOutFailures, TellALostConnection) {
  Session session(uri("disable"), {}, silence());
  const std::string pid = session.execute("SELECT pg_backend_pid()", "ask").front()[0].value();
  CopyOut rows({{.session = &session, .query = "SELECT repeat('x', 1000) FROM generate_series(1, 1000000)"}}, "it");
  std::vector<std::byte> buffer(1 << 12);
  EXPECT_GT(rows.read(buffer), 0U);
  server().run("SELECT pg_terminate_backend(" + pid + ")");
  try {
    all_of(rows);
    FAIL() << "nothing failed";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::unavailable) << e.what();
  }
}

std::string running(const std::string& mark) {
  return server().run(
      "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND "
      "query LIKE '%" +
      mark + "%'");
}

void wait_until_over(const std::string& mark) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (running(mark) != "0") {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the server still runs it";
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

TEST(CopyOutStops, AtOnceAndAtTheServerToo) {
  std::stop_source stop;
  Session session(uri("require"), {.stop = stop.get_token()}, silence());
  CopyOut rows({{.session = &session, .query = "SELECT 'stopped', pg_sleep(600)"}}, "it");
  const std::jthread stopping([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stop.request_stop();
  });
  try {
    all_of(rows);
    FAIL() << "nothing failed";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::cancelled);
  }
  wait_until_over("stopped");
}

TEST(CopyOutStops, WhenItIsGoneBeforeItsEnd) {
  {
    Session session(uri("disable"), {}, silence());
    const CopyOut rows({{.session = &session, .query = "SELECT 'left', pg_sleep(600)"}}, "it");
  }
  wait_until_over("left");
}

}  // namespace
}  // namespace penstock::postgres
