#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "redshift/connection.h"
#include "redshift/testing/postgres.h"
#include "redshift/testing/scripted_server.h"

namespace penstock::redshift {
namespace {

using servers::Postgres;
using servers::ScriptedReply;
using servers::ScriptedServer;
using testing::HasSubstr;

ErrorKind kind_thrown_by(auto act) {
  try {
    act();
  } catch (const Error& e) {
    return e.kind();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorKind::internal;
}

struct Committed {
  std::optional<ErrorKind> kind;
  std::string message;
  bool serialization_failure = false;
  bool alive = false;
};

Committed commit_answered_by(const ScriptedReply& reply) {
  ScriptedServer server(
      [&](const std::string& query) { return query == "COMMIT" ? reply : ScriptedReply::done(query); });
  Connection connection(server.config(), {}, silence());
  Committed out;
  try {
    Transaction transaction(connection);
    transaction.execute(Sql("DELETE FROM t"), "delete");
    transaction.commit();
  } catch (const ServerError& e) {
    out.kind = e.kind();
    out.message = e.what();
    out.serialization_failure = e.serialization_failure();
  } catch (const Error& e) {
    out.kind = e.kind();
    out.message = e.what();
  }
  out.alive = connection.alive();
  return out;
}

TEST(Commit, HoldsOnlyIfTheTagSaysSo) {
  EXPECT_EQ(commit_answered_by(ScriptedReply::done("COMMIT")).kind, std::nullopt);
  const Committed rolled_back = commit_answered_by(ScriptedReply::done("ROLLBACK"));
  EXPECT_EQ(rolled_back.kind, ErrorKind::refused);
  EXPECT_THAT(rolled_back.message, HasSubstr("rolled the transaction back"));
  EXPECT_EQ(commit_answered_by(ScriptedReply::done("WHATEVER")).kind, ErrorKind::in_doubt);
}

TEST(Commit, IsInDoubtWhenTheConnectionIsLostBeforeItsAnswer) {
  const Committed lost = commit_answered_by(ScriptedReply::hang_up());
  EXPECT_EQ(lost.kind, ErrorKind::in_doubt);
  EXPECT_THAT(lost.message, HasSubstr("unknown"));
  EXPECT_FALSE(lost.alive);
  EXPECT_EQ(commit_answered_by(ScriptedReply::fatal("57P01", "terminating connection")).kind, ErrorKind::in_doubt);
}

TEST(Commit, HoldsWhenTheConnectionIsLostAfterItsAnswer) {
  const Committed committed = commit_answered_by(ScriptedReply::done_and_hang_up("COMMIT"));
  EXPECT_EQ(committed.kind, std::nullopt) << committed.message;
  EXPECT_FALSE(committed.alive);
}

TEST(Commit, RefusedByTheServerIsNotInDoubt) {
  const Committed lost_race = commit_answered_by(
      ScriptedReply::error("XX000", "1023", "Serializable isolation violation on table - 1, transactions ..."));
  EXPECT_EQ(lost_race.kind, ErrorKind::unavailable);
  EXPECT_TRUE(lost_race.serialization_failure);
  EXPECT_TRUE(lost_race.alive);
}

TEST(Commit, IsNotSentOnceAskedToStop) {
  std::stop_source stop;
  ScriptedServer server([](const std::string& query) { return ScriptedReply::done(query); });
  Connection connection(server.config(), {.stop = stop.get_token()}, silence());
  Transaction transaction(connection);
  stop.request_stop();
  EXPECT_EQ(kind_thrown_by([&] { transaction.commit(); }), ErrorKind::cancelled);
  transaction.rollback();
  EXPECT_EQ(server.queries().back(), "ROLLBACK") << "which goes out nonetheless";
}

TEST(Commit, IsNotCancelledWhenAskedToStopWhileItRuns) {
  std::stop_source stop;
  ScriptedServer server([&](const std::string& query) {
    if (query == "COMMIT") stop.request_stop();
    return ScriptedReply::done(query);
  });
  Connection connection(server.config(), {.stop = stop.get_token()}, silence());
  Transaction transaction(connection);
  EXPECT_NO_THROW(transaction.commit());
  EXPECT_EQ(server.cancel_requests(), 0);
}

TEST(Commit, IsAFaultOfOursWhenAStatementHasEndedTheTransaction) {
  Postgres postgres;
  Connection connection(postgres.config(), {}, silence());
  Transaction transaction(connection);
  transaction.execute(Sql("COMMIT"), "what TRUNCATE does on Redshift");
  EXPECT_EQ(kind_thrown_by([&] { transaction.commit(); }), ErrorKind::internal);
}

TEST(TransactionLoss, IsUnavailableOutsideOfCommit) {
  ScriptedServer server([](const std::string& query) {
    return query.starts_with("DELETE") ? ScriptedReply::hang_up() : ScriptedReply::done(query);
  });
  Connection connection(server.config(), {}, silence());
  EXPECT_EQ(kind_thrown_by([&] {
              Transaction transaction(connection);
              transaction.execute(Sql("DELETE FROM t"), "delete");
            }),
            ErrorKind::unavailable);
  EXPECT_FALSE(connection.alive());
}

TEST(TransactionLoss, ByAStallThatCancellingDoesNotEndIsBounded) {
  ScriptedServer server([](const std::string& query) {
    return query.starts_with("DELETE") ? ScriptedReply::stall() : ScriptedReply::done(query);
  });
  Connection connection(server.config(), {.grace = std::chrono::milliseconds(50)}, silence());
  EXPECT_EQ(kind_thrown_by([&] {
              Transaction transaction(connection);
              transaction.execute(Sql("DELETE FROM t"), "delete", std::chrono::steady_clock::now());
            }),
            ErrorKind::unavailable);
  EXPECT_EQ(server.cancel_requests(), 1);
}

TEST(TransactionLoss, ToAServerThatFreezesIsBoundedWhenAskedToStop) {
  std::stop_source stop;
  ScriptedServer* frozen = nullptr;
  ScriptedServer server([&](const std::string& query) {
    if (!query.starts_with("DELETE")) return ScriptedReply::done(query);
    frozen->freeze();
    stop.request_stop();
    return ScriptedReply::stall();
  });
  frozen = &server;
  Connection connection(server.config(), {.grace = std::chrono::milliseconds(50), .stop = stop.get_token()}, silence());
  EXPECT_EQ(kind_thrown_by([&] {
              Transaction transaction(connection);
              transaction.execute(Sql("DELETE FROM t"), "delete");
            }),
            ErrorKind::cancelled);
  EXPECT_FALSE(connection.alive());
}

TEST(Commit, IsInDoubtWhenAskedToStopAndNoAnswerComes) {
  std::stop_source stop;
  ScriptedServer server([&](const std::string& query) {
    if (query != "COMMIT") return ScriptedReply::done(query);
    stop.request_stop();
    return ScriptedReply::stall();
  });
  Connection connection(server.config(), {.grace = std::chrono::milliseconds(50), .stop = stop.get_token()}, silence());
  Transaction transaction(connection);
  EXPECT_EQ(kind_thrown_by([&] { transaction.commit(); }), ErrorKind::in_doubt);
  EXPECT_EQ(server.cancel_requests(), 0);
}

class TransactionTest : public testing::Test {
 protected:
  Postgres postgres_;
  Connection connection_{postgres_.config(), {}, silence()};
};

TEST_F(TransactionTest, HoldsAllOrNothing) {
  postgres_.run("CREATE TABLE t (a int)");
  {
    Transaction transaction(connection_);
    transaction.execute(Sql("INSERT INTO t VALUES (1)"), "insert");
  }
  EXPECT_EQ(postgres_.run("SELECT count(*) FROM t"), "0") << "not committed: rolled back";
  Transaction transaction(connection_);
  transaction.execute(Sql("INSERT INTO t VALUES (1)"), "insert");
  transaction.commit();
  EXPECT_EQ(postgres_.run("SELECT count(*) FROM t"), "1");
  EXPECT_EQ(kind_thrown_by([&] { transaction.execute(Sql("SELECT 1"), "ask"); }), ErrorKind::internal) << "it is over";
}

TEST_F(TransactionTest, CommitAfterAFailedStatementIsRefused) {
  Transaction transaction(connection_);
  EXPECT_EQ(kind_thrown_by([&] { transaction.execute(Sql("SELECT 1/0"), "divide"); }), ErrorKind::refused);
  EXPECT_EQ(kind_thrown_by([&] { transaction.execute(Sql("SELECT 1"), "ask"); }), ErrorKind::refused) << "25P02";
  EXPECT_EQ(kind_thrown_by([&] { transaction.commit(); }), ErrorKind::refused);
  EXPECT_EQ(connection_.execute(Sql("SELECT 1"), "ask").scalar(), "1");
}

TEST_F(TransactionTest, IsOverBeforeTheLockIsGrantedToTheNext) {
  postgres_.run("CREATE TABLE lk ()");
  std::stop_source stop;
  Connection first(postgres_.config(), {.stop = stop.get_token()}, silence());
  {
    Transaction transaction(first);
    transaction.execute(Sql("LOCK lk"), "lock");
    stop.request_stop();
    EXPECT_EQ(kind_thrown_by([&] { transaction.execute(Sql("SELECT 1"), "ask"); }), ErrorKind::cancelled);
  }
  Transaction next(connection_);
  EXPECT_NO_THROW(next.execute(Sql("LOCK lk"), "lock", std::chrono::steady_clock::now() + std::chrono::seconds(60)));
}

}  // namespace
}  // namespace penstock::redshift
