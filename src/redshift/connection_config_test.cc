#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "penstock/connection.h"
#include "penstock/error.h"
#include "redshift/conninfo.h"

namespace penstock {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Environment environment_of(std::map<std::string, std::string, std::less<>> variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end() || found->second.empty()) return std::nullopt;
    return found->second;
  };
}

std::string refusal_of(auto make) {
  try {
    make();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::invalid);
    return e.what();
  }
  return "(taken)";
}

const std::map<std::string, std::string, std::less<>> kWhole = {
    {"REDSHIFT_HOST", "h"}, {"REDSHIFT_DB", "d"}, {"REDSHIFT_USER", "u"}, {"REDSHIFT_PASSWORD", "hunter2"}};

TEST(ConnectionConfig, ComesFromTheEnvironment) {
  auto variables = kWhole;
  EXPECT_EQ(connection_config(environment_of(variables)).port, 5439);
  variables["REDSHIFT_PORT"] = "1234";
  variables["PGSSLMODE"] = "require";
  variables["PGSSLROOTCERT"] = "/ca.pem";
  const ConnectionConfig config = connection_config(environment_of(variables));
  EXPECT_EQ(config.host, "h");
  EXPECT_EQ(config.port, 1234);
  EXPECT_EQ(config.database, "d");
  EXPECT_EQ(config.user, "u");
  EXPECT_EQ(config.password.reveal(), "hunter2");
  EXPECT_EQ(config.sslmode, "require");
  EXPECT_EQ(config.sslrootcert, "/ca.pem");
}

TEST(ConnectionConfig, NamesAllThatIsMissingOrMalformedAtOnce) {
  const std::string refusal = refusal_of([] {
    connection_config(environment_of({{"REDSHIFT_HOST", "a,b"},
                                      {"REDSHIFT_PORT", "54390x"},
                                      {"REDSHIFT_PASSWORD", "hunter2"},
                                      {"PGSSLMODE", "verify"}}));
  });
  EXPECT_THAT(refusal, AllOf(HasSubstr("REDSHIFT_DB, REDSHIFT_USER"), HasSubstr("REDSHIFT_PORT is no"),
                             Not(HasSubstr("54390x")), HasSubstr("'verify'"), HasSubstr("'a,b'"),
                             Not(HasSubstr("hunter2")), Not(HasSubstr("REDSHIFT_HOST"))));
}

TEST(ConnectionConfig, TakesFromTheEnvironmentWhatTheUriLeavesOut) {
  const ConnectionConfig config =
      connection_config("redshift://me@cluster/web?sslmode=verify-ca", environment_of(kWhole));
  EXPECT_EQ(config.host, "cluster");
  EXPECT_EQ(config.port, 5439);
  EXPECT_EQ(config.user, "me");
  EXPECT_EQ(config.password.reveal(), "hunter2");
  EXPECT_EQ(config.sslmode, "verify-ca");
}

TEST(ConnectionConfig, RefusesOtherServersAndUnknownOptions) {
  EXPECT_THAT(refusal_of([] { connection_config("postgresql://a@b/c?sslmod=x", environment_of(kWhole)); }),
              AllOf(HasSubstr("postgresql"), HasSubstr("'sslmod'")));
}

TEST(Conninfo, VerifiesFullyButOnLoopback) {
  const auto mode = [](const std::string& host, const std::string& given) {
    const ConnectionConfig config{.host = host,
                                  .port = 1,
                                  .database = "d",
                                  .user = "u",
                                  .password = Secret("p"),
                                  .sslmode = given,
                                  .sslrootcert = {}};
    const std::string info = redshift::conninfo(config, "x", std::chrono::seconds(1)).reveal();
    const auto at = info.find("sslmode='") + 9;
    return info.substr(at, info.find('\'', at) - at);
  };
  EXPECT_EQ(mode("cluster.example.com", ""), "verify-full");
  EXPECT_EQ(mode("10.0.0.1", ""), "verify-full");
  EXPECT_EQ(mode("127.evil.example.com", ""), "verify-full");
  EXPECT_EQ(mode("localhost.example.com", ""), "verify-full");
  for (const char* loopback : {"localhost", "127.0.0.1", "127.1.2.3", "::1", "/run/socket"}) {
    EXPECT_EQ(mode(loopback, ""), "prefer") << loopback;
    EXPECT_EQ(mode(loopback, "verify-full"), "verify-full");
  }
}

}  // namespace
}  // namespace penstock
