// Clients that go without a word, in the middle of something: what they had begun ends, too.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>
#include <functional>
#include <thread>

#include "endpoint/wire/testing/endpoint.h"
#include "endpoint/wire/testing/raw_client.h"

namespace penstock::endpoint {
namespace {

using endpoint::testing::Client;
using endpoint::testing::Endpoint;
using endpoint::testing::RawClient;
using ::testing::HasSubstr;
using namespace std::string_literals;

// False: a minute has gone by without it.
bool comes_true(const std::function<bool()>& condition) {
  for (int i = 0; i < 1200; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

struct Case {
  const char* name;
  std::string sent;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"query", query_message("SELECT pg_sleep(600)")},
      {"extended_query",
       parse_message("", "SELECT pg_sleep(600)") + bind_message("", "") + execute_message("") + bare_message('S')},
      {"transaction_with_a_lock", query_message("BEGIN; LOCK TABLE made; SELECT pg_sleep(600)")},
      {"result_that_nobody_reads", query_message("SELECT repeat('x', 1000) FROM generate_series(1, 100000000)")},
      {"copy", query_message("COPY made FROM 's3://b/wait' ACCESS_KEY_ID 'a' SECRET_ACCESS_KEY 'b'")},
      {"unload", query_message("UNLOAD ('SELECT pg_sleep(600)') TO 's3://bucket/slow' ACCESS_KEY_ID 'a' "
                               "SECRET_ACCESS_KEY 'b'")},
      {"unload_of_many_rows",
       query_message("UNLOAD ('SELECT generate_series(1, 2000000000) AS n') TO 's3://bucket/many' ACCESS_KEY_ID 'a' "
                     "SECRET_ACCESS_KEY 'b' MAXFILESIZE 5 MB GZIP")},
      {"what_else_was_sent", query_message("SELECT pg_sleep(600)") + query_message("SELECT pg_sleep(601)") +
                                 query_message("SELECT pg_sleep(602)")},
  };
  return all;
}

class VanishingTest : public ::testing::TestWithParam<std::tuple<Case, RawClient::Leave>> {
 protected:
  [[nodiscard]] int of_backend(int process, const std::string& condition) const {
    return std::stoi(endpoint_.as_superuser(
        fmt::format("SELECT count(*) FROM pg_stat_activity WHERE pid = {} AND {}", process, condition)));
  }

  Endpoint endpoint_;
};

TEST_P(VanishingTest, LeavesNothingBehind) {
  const auto& [sent, how] = GetParam();
  RawClient raw(endpoint_.port());
  raw.log_in();
  const int process = raw.key.process;
  raw.send(sent.sent);
  ASSERT_TRUE(comes_true([&] { return of_backend(process, "state <> 'idle'") == 1; }));
  raw.vanish(how);
  EXPECT_TRUE(comes_true([&] { return of_backend(process, "true") == 0; })) << "its backend is still there";
  EXPECT_EQ(endpoint_.as_superuser(fmt::format("SELECT count(*) FROM pg_locks WHERE pid = {}", process)), "0");
  EXPECT_EQ(Client(endpoint_.conninfo()).value("SELECT 'others go on'"), "others go on");
}

INSTANTIATE_TEST_SUITE_P(Clients, VanishingTest,
                         ::testing::Combine(::testing::ValuesIn(cases()),
                                            ::testing::Values(RawClient::Leave::closed, RawClient::Leave::reset)),
                         [](const auto& info) {
                           const bool reset = std::get<1>(info.param) == RawClient::Leave::reset;
                           return std::string(std::get<0>(info.param).name) + (reset ? "_reset" : "_closed");
                         });

TEST_F(VanishingTest, ABackendThatIsKilledIsItsOwnClientsLossOnly) {
  Client one(endpoint_.conninfo());
  Client other(endpoint_.conninfo());
  PQsendQuery(one.get(), "SELECT pg_sleep(600)");
  ASSERT_TRUE(comes_true([&] { return of_backend(PQbackendPID(one.get()), "state = 'active'") == 1; }));
  endpoint_.as_superuser(fmt::format("SELECT pg_terminate_backend({})", PQbackendPID(one.get())));
  const auto result = endpoint::testing::read_result(PQgetResult(one.get()));
  EXPECT_EQ(result.sqlstate, "57P01");
  EXPECT_THAT(result.message, HasSubstr("terminating connection"));
  while (PGresult* rest = PQgetResult(one.get())) PQclear(rest);
  EXPECT_EQ(PQstatus(one.get()), CONNECTION_BAD);
  EXPECT_EQ(other.value("SELECT 1"), "1");
}

TEST_F(VanishingTest, ABackendThatIsKilledBetweenStatementsIsSaidAtTheNext) {
  Client one(endpoint_.conninfo());
  endpoint_.as_superuser(fmt::format("SELECT pg_terminate_backend({})", PQbackendPID(one.get())));
  ASSERT_TRUE(comes_true([&] { return of_backend(PQbackendPID(one.get()), "true") == 0; }));
  const auto result = one.query("SELECT 1");
  EXPECT_THAT(result.message + one.error(), HasSubstr("terminating connection"));
  EXPECT_FALSE(one.connected());
}

}  // namespace
}  // namespace penstock::endpoint
