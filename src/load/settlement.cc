#include "load/settlement.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "load/ledger.h"
#include "penstock/error.h"

namespace penstock {
namespace {

using namespace std::chrono_literals;
using redshift::Connection;
using redshift::ServerError;
using redshift::Sql;
using redshift::Transaction;
using std::chrono::steady_clock;

constexpr int kAttempts = 8;                       // over all reasons to try again
constexpr int kSessionsToLose = 3;                 // how often the cluster may hang up
constexpr std::chrono::seconds kSettleOnStop{10};  // what a user who pressed Ctrl-C is asked to wait for an answer

// What became of a commit whose answer was lost.
class Question {
 public:
  Question(const TargetSession& session, const std::string& attempt_id, int old_pid, std::chrono::seconds patience,
           const LoadContext& context)
      : session_(session), attempt_id_(attempt_id), old_pid_(old_pid), context_(context) {
    const bool stopping = context.stop.stop_requested();
    deadline_ = steady_clock::now() + (stopping ? std::min(patience, kSettleOnStop) : patience);
    if (!stopping) stop_ = context.stop;
  }

  // true: committed; false: certainly rolled back; nullopt: not known by the deadline.
  std::optional<bool> ask() {
    Backoff backoff(200ms, 5s);
    for (;;) {
      try {
        Connection connection = session_.another(stop_);
        end_old_session(connection);
        Transaction transaction(connection);
        // Only who holds the lock may ask: without it the old transaction may still be committing.
        transaction.execute(lock_statement(session_.target()), "locking the target", deadline_);
        return has_attempt(transaction, attempt_id_);
      } catch (const Error& e) {
        context_.log.warning(fmt::format("the outcome of the commit is not known yet: {}", e.what()));
        if (e.kind() == ErrorKind::busy || e.kind() == ErrorKind::cancelled) return std::nullopt;
      }
      if (steady_clock::now() >= deadline_ || !backoff.sleep(stop_)) return std::nullopt;
    }
  }

 private:
  // Only if it holds the target's lock: then it is a session of ours, and to end one is never wrong, as its transaction
  // is rolled back whole or was committed whole.
  void end_old_session(Connection& connection) {
    try {
      const auto holders = lock_holders(connection, session_.target());
      if (std::ranges::find(holders, old_pid_, &LockHolder::pid) == holders.end()) return;
      connection.execute(Sql("SELECT pg_terminate_backend(") << std::int64_t{old_pid_} << Sql(")"),
                         "ending the session that was lost");
    } catch (const ServerError& e) {
      if (!connection.alive()) throw;
      context_.log.debug(e.what());  // then its lock is waited for
    }
  }

  const TargetSession& session_;
  const std::string& attempt_id_;
  const int old_pid_;
  const LoadContext& context_;
  steady_clock::time_point deadline_;
  std::stop_token stop_;
};

}  // namespace

Settlement::Settlement(TargetSession& session, std::chrono::seconds patience, const LoadContext& context,
                       std::string_view doing)
    : session_(session), patience_(patience), context_(context), doing_(doing), backoff_(100ms, 5s) {}

bool Settlement::was_committed(const Error& e, const std::string& attempt_id, int pid) {
  if (e.kind() != ErrorKind::in_doubt) return false;
  const auto committed = Question(session_, attempt_id, pid, patience_, context_).ask();
  if (!committed) throw;
  return *committed;
}

void Settlement::wait_to_retry(const Error& e) {
  if (!may_retry(e)) {
    if (e.kind() != ErrorKind::in_doubt) throw;
    throw Error(ErrorKind::unavailable, fmt::format("{} (it was rolled back)", e.what()));
  }
  context_.log.warning(fmt::format("{} {}: trying again: {}", doing_, printable(session_.target().text()), e.what()));
  if (!backoff_.sleep(context_.stop)) throw Error(ErrorKind::cancelled, "stopped before the next try");
}

bool Settlement::may_retry(const Error& e) {
  if (++attempts_ >= kAttempts) return false;
  if (e.kind() == ErrorKind::in_doubt) return true;  // it was settled: rolled back
  if (const auto* server = dynamic_cast<const ServerError*>(&e)) {
    // Two sessions that make one schema at once: the second finds it there.
    const bool made_by_another =
        server->sqlstate() == "42P06" || server->sqlstate() == "42P07" || server->sqlstate() == "23505";
    if (server->serialization_failure() || made_by_another) return true;
  }
  return e.kind() == ErrorKind::unavailable && !session_.lives() && ++lost_ <= kSessionsToLose;
}

}  // namespace penstock
