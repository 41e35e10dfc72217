#include "redshift/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "base/guarded.h"
#include "redshift/testing/postgres.h"
#include "redshift/testing/scripted_server.h"

namespace penstock::redshift {
namespace {

using servers::Postgres;
using servers::ScriptedReply;
using servers::ScriptedServer;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

// One PostgreSQL for all of them; each test leaves it as it was.
class ConnectionTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { postgres_ = std::make_unique<Postgres>(); }
  static void TearDownTestSuite() { postgres_.reset(); }
  static Postgres& postgres() { return *postgres_; }
  static Connection connect(SessionOptions options = {}) {
    return {postgres().config(), std::move(options), silence()};
  }

 private:
  static inline std::unique_ptr<Postgres> postgres_;
};

// What was thrown, as a ServerError where it is one.
struct Thrown {
  std::optional<ErrorKind> kind;
  std::string message;
  std::string sqlstate;
};

Thrown thrown_by(auto act) {
  try {
    act();
  } catch (const ServerError& e) {
    return {e.kind(), e.what(), e.sqlstate()};
  } catch (const Error& e) {
    return {e.kind(), e.what(), ""};
  }
  return {};
}

class CapturedLog final : public Log {
 public:
  void write(Severity, std::string_view message) noexcept override {
    lines_.with([&](auto& lines) { lines.emplace_back(message); });
  }
  std::vector<std::string> lines() {
    return lines_.with([](auto& lines) { return lines; });
  }

 private:
  Guarded<std::vector<std::string>> lines_;
};

TEST_F(ConnectionTest, PreparesTheSession) {
  Connection connection = connect({.application_name = "penstock-test"});
  const auto setting = [&](auto statement) { return connection.execute(statement, "ask").scalar().value_or("NULL"); };
  EXPECT_EQ(setting(Sql("SHOW timezone")), "UTC");
  EXPECT_EQ(setting(Sql("SHOW datestyle")), "ISO, MDY");
  EXPECT_EQ(setting(Sql("SHOW standard_conforming_strings")), "off");
  EXPECT_EQ(setting(Sql("SHOW application_name")), "penstock-test");
  EXPECT_EQ(setting(Sql("SELECT pg_backend_pid()")), std::to_string(connection.backend_pid()));
  EXPECT_TRUE(connection.alive());
  EXPECT_THAT(connection.server(), HasSubstr("penstock@127.0.0.1:"));
}

TEST_F(ConnectionTest, GivesRowsAsTextAndNullAsNothing) {
  Connection connection = connect();
  const Result result = connection.execute(
      Sql("SELECT 1 AS one, NULL AS none, '' AS empty, true AS yes UNION ALL SELECT 2, 'x', 'y', false"), "ask");
  EXPECT_THAT(result.columns, testing::ElementsAre("one", "none", "empty", "yes"));
  ASSERT_EQ(result.rows.size(), 2U);
  EXPECT_EQ(result.rows[0], (std::vector<std::optional<std::string>>{"1", std::nullopt, "", "t"}));
  EXPECT_EQ(result.tag, "SELECT 2");
  EXPECT_EQ(result.affected, 2U);
  EXPECT_EQ(connection.execute(Sql("CREATE TEMP TABLE t AS SELECT 1 AS a"), "create").affected, 1U);
  EXPECT_EQ(connection.execute(Sql("DELETE FROM t"), "delete").tag, "DELETE 1");
  EXPECT_EQ(connection.execute(Sql("SET timezone TO 'UTC'"), "set").affected, 0U);
  EXPECT_THROW(static_cast<void>(connection.execute(Sql("SELECT 1 WHERE false"), "ask").scalar()), Error);
}

TEST_F(ConnectionTest, TakesLargeStatementsAndLargeResults) {
  Connection connection = connect();
  std::string text;
  text.resize(9'000'000, 'x');
  EXPECT_EQ(connection.execute(Sql("SELECT ") << Literal(text), "ask").scalar(), text);
}

TEST_F(ConnectionTest, SaysWhatItWasDoingAndTheServersOwnWords) {
  Connection connection = connect();
  const Thrown thrown = thrown_by([&] { connection.execute(Sql("SELECT * FROM nothing_here"), "count the rows"); });
  EXPECT_EQ(thrown.kind, ErrorKind::not_found);
  EXPECT_EQ(thrown.message, "count the rows: relation \"nothing_here\" does not exist");
  EXPECT_EQ(thrown.sqlstate, "42P01");
  EXPECT_TRUE(connection.alive());
}

TEST_F(ConnectionTest, CollectsNoticesOfTheLastStatement) {
  Connection connection = connect();
  connection.execute(Sql("DROP TABLE IF EXISTS nothing_here"), "drop");
  EXPECT_THAT(connection.notices(), testing::ElementsAre(HasSubstr("does not exist, skipping")));
  connection.execute(Sql("SELECT 1"), "ask");
  EXPECT_THAT(connection.notices(), testing::IsEmpty());
}

TEST_F(ConnectionTest, NeverShowsASecret) {
  CapturedLog log;
  Connection connection(postgres().config(), {}, log);
  const Statement statement = Sql("DO $$ BEGIN RAISE NOTICE 'note canary77'; RAISE 'got %', 'canary77'; END $$ /*")
                              << SecretLiteral(Secret("canary77")) << "*/";
  const Thrown thrown = thrown_by([&] { connection.execute(statement, "tell"); });
  EXPECT_EQ(thrown.message, "tell: got ***");
  EXPECT_THAT(connection.notices(), Contains("note ***"));
  // the text of the statement is not secret, only its parameter: shown() keeps the text
  for (const std::string& line : log.lines()) {
    EXPECT_THAT(line, Not(HasSubstr("/*'canary77'*/")));
    EXPECT_THAT(line, Not(HasSubstr(postgres().config().password.reveal())));
  }
  EXPECT_THAT(log.lines(), Contains(HasSubstr("/*'***'*/")));
}

TEST_F(ConnectionTest, TellsWhyALoginFails) {
  ConnectionConfig config = postgres().config();
  config.password = Secret("canary77");
  Thrown thrown = thrown_by([&] { Connection(config, {}, silence()); });
  EXPECT_EQ(thrown.kind, ErrorKind::denied);
  EXPECT_THAT(thrown.message, AllOf(HasSubstr("connect to penstock@"), HasSubstr("password authentication failed"),
                                    Not(HasSubstr("canary77")), Not(HasSubstr("LOCATION"))));
  config = postgres().config();
  config.database = "nowhere";
  thrown = thrown_by([&] { Connection(config, {}, silence()); });
  EXPECT_EQ(thrown.kind, ErrorKind::not_found);
  config = postgres().config();
  config.port = 1;
  thrown = thrown_by([&] { Connection(config, {}, silence()); });
  EXPECT_EQ(thrown.kind, ErrorKind::unavailable);
  EXPECT_THAT(thrown.message, HasSubstr("Connection refused"));
}

TEST_F(ConnectionTest, GivesUpOnAServerThatAcceptsAndSaysNothing) {
  ScriptedServer server([](const std::string&) { return ScriptedReply::stall(); });
  const Thrown thrown = thrown_by([&] {
    Connection(server.config(), {.connect_timeout = milliseconds(50), .grace = milliseconds(50)}, silence());
  });
  // the login is answered; what stalls is the first statement of the session
  EXPECT_EQ(thrown.kind, ErrorKind::unavailable);
}

TEST_F(ConnectionTest, TakesNothingFromLibpqsEnvironment) {
  const std::vector<std::pair<const char*, const char*>> variables = {{"PGHOST", "nowhere.invalid"},
                                                                      {"PGHOSTADDR", "192.0.2.1"},
                                                                      {"PGPORT", "1"},
                                                                      {"PGDATABASE", "x"},
                                                                      {"PGUSER", "x"},
                                                                      {"PGPASSWORD", "x"},
                                                                      {"PGPASSFILE", "/x"},
                                                                      {"PGOPTIONS", "-c no=1"},
                                                                      {"PGSSLMODE", "verify-full"},
                                                                      {"PGSSLCERT", "/x"},
                                                                      {"PGSSLKEY", "/x"},
                                                                      {"PGSSLROOTCERT", "/x"},
                                                                      {"PGREQUIREPEER", "x"},
                                                                      {"PGGSSENCMODE", "require"},
                                                                      {"PGAPPNAME", "x"},
                                                                      {"PGCLIENTENCODING", "LATIN1"},
                                                                      {"PGCONNECT_TIMEOUT", "1"},
                                                                      {"PGTARGETSESSIONATTRS", "standby"},
                                                                      {"PGCHANNELBINDING", "require"},
                                                                      {"PGSSLMINPROTOCOLVERSION", "TLSv1.3"},
                                                                      {"PGTZ", "Asia/Tokyo"},
                                                                      {"PGDATESTYLE", "German"}};
  for (const auto& [name, value] : variables) ::setenv(name, value, 1);
  {
    Connection connection = connect();
    EXPECT_EQ(connection.execute(Sql("SHOW timezone"), "ask").scalar(), "UTC");
    EXPECT_EQ(connection.execute(Sql("SHOW datestyle"), "ask").scalar(), "ISO, MDY");
    EXPECT_EQ(connection.execute(Sql("SHOW client_encoding"), "ask").scalar(), "UTF8");
    ConnectionConfig wrong = postgres().config();
    wrong.password = Secret();
    EXPECT_EQ(thrown_by([&] { Connection(wrong, {}, silence()); }).kind, ErrorKind::unavailable) << "no PGPASSWORD";
  }
  for (const auto& [name, value] : variables) ::unsetenv(name);
}

TEST_F(ConnectionTest, CancelsTheRunningStatementWhenAskedToStop) {
  std::stop_source stop;
  Connection connection = connect({.stop = stop.get_token()});
  std::jthread stopper([&] {
    while (postgres().run("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'") == "0") continue;
    stop.request_stop();
  });
  const Thrown thrown = thrown_by([&] { connection.execute(Sql("SELECT pg_sleep(600)"), "sleep"); });
  EXPECT_EQ(thrown.kind, ErrorKind::cancelled);
  EXPECT_EQ(postgres().run("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%sleep(6%'"
                           " AND pid <> pg_backend_pid()"),
            "0");
  EXPECT_EQ(thrown_by([&] { connection.execute(Sql("SELECT 1"), "ask"); }).kind, ErrorKind::cancelled)
      << "nor any other";
}

TEST_F(ConnectionTest, CancelsFromAnotherThread) {
  Connection connection = connect();
  std::jthread canceller([&] {
    while (postgres().run("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(601%'") == "0")
      continue;
    connection.cancel();
  });
  const Thrown thrown = thrown_by([&] { connection.execute(Sql("SELECT pg_sleep(601)"), "sleep"); });
  EXPECT_EQ(thrown.kind, ErrorKind::refused);
  EXPECT_EQ(thrown.sqlstate, "57014");
  EXPECT_TRUE(connection.alive());
}

TEST_F(ConnectionTest, IsBusyAtTheDeadlineOfALock) {
  postgres().run("CREATE TABLE lk ()");
  Connection holder = connect();
  Transaction held(holder);
  held.execute(Sql("LOCK lk"), "lock");
  Connection waiter = connect();
  {
    Transaction waiting(waiter);
    const Thrown thrown =
        thrown_by([&] { waiting.execute(Sql("LOCK lk"), "lock lk", steady_clock::now() + milliseconds(50)); });
    EXPECT_EQ(thrown.kind, ErrorKind::busy);
    EXPECT_THAT(thrown.message, HasSubstr("lock lk: not done by its deadline"));
  }
  EXPECT_EQ(waiter.execute(Sql("SELECT 1"), "ask").scalar(), "1") << "and the session lives on";
  held.rollback();
  postgres().run("DROP TABLE lk");
}

TEST_F(ConnectionTest, TellsALostConnection) {
  Connection connection = connect();
  postgres().run("SELECT pg_terminate_backend(" + std::to_string(connection.backend_pid()) + ")");
  const Thrown thrown = thrown_by([&] { connection.execute(Sql("SELECT 1"), "ask"); });
  EXPECT_EQ(thrown.kind, ErrorKind::unavailable);
  EXPECT_THAT(thrown.message, HasSubstr("ask: terminating connection due to administrator command"));
  EXPECT_FALSE(connection.alive());
  EXPECT_EQ(thrown_by([&] { connection.execute(Sql("SELECT 1"), "ask"); }).kind, ErrorKind::unavailable);
  EXPECT_EQ(connect().execute(Sql("SELECT 1"), "ask").scalar(), "1");
}

TEST_F(ConnectionTest, CanBeMoved) {
  Connection first = connect();
  Connection second = std::move(first);
  second = connect();
  EXPECT_EQ(second.execute(Sql("SELECT 1"), "ask").scalar(), "1");
}

TEST_F(ConnectionTest, DoesNotSpeakCopysData) {
  Connection connection = connect();
  connection.execute(Sql("CREATE TEMP TABLE t (a int)"), "create");
  const Thrown thrown = thrown_by([&] { connection.execute(Sql("COPY t FROM STDIN"), "copy"); });
  EXPECT_EQ(thrown.kind, ErrorKind::unavailable);
  EXPECT_FALSE(connection.alive());
}

TEST(ConnectionTls, VerifiesTheServersCertificate) {
  const Postgres postgres({.tls = true});
  const auto attempt = [&](const std::string& host, const std::string& sslmode, const std::string& roots) {
    ConnectionConfig config = postgres.config();
    config.host = host;
    config.sslmode = sslmode;
    config.sslrootcert = roots;
    return thrown_by([&] {
      Connection connection(config, {}, silence());
      EXPECT_EQ(connection.execute(Sql("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"), "ask").scalar(),
                "t");
      const std::string text(300'000, 'x');
      EXPECT_EQ(connection.execute(Sql("SELECT ") << Literal(text), "ask").scalar(), text);
    });
  };
  const std::string authority = postgres.root_certificate();
  EXPECT_EQ(attempt("localhost", "verify-full", authority).kind, std::nullopt);
  EXPECT_EQ(attempt("127.0.0.1", "verify-ca", authority).kind, std::nullopt);
  EXPECT_EQ(attempt("127.0.0.1", "require", "").kind, std::nullopt);
  EXPECT_EQ(attempt("127.0.0.1", "", "").kind, std::nullopt) << "prefer takes TLS where it is offered";
  const Thrown other_name = attempt("127.0.0.1", "verify-full", authority);
  EXPECT_EQ(other_name.kind, ErrorKind::refused);
  EXPECT_THAT(other_name.message, HasSubstr("does not match host name"));
  const Thrown unknown_authority = attempt("localhost", "verify-full", "");
  EXPECT_EQ(unknown_authority.kind, ErrorKind::refused);
  EXPECT_THAT(unknown_authority.message, HasSubstr("certificate verify failed"));
}

TEST_F(ConnectionTest, DoesWithoutTlsOnlyWhereNotAskedForIt) {
  ConnectionConfig config = postgres().config();
  config.sslmode = "verify-full";
  const Thrown thrown = thrown_by([&] { Connection(config, {}, silence()); });
  EXPECT_EQ(thrown.kind, ErrorKind::refused);
  EXPECT_THAT(thrown.message, HasSubstr("server does not support SSL"));
}

}  // namespace
}  // namespace penstock::redshift
