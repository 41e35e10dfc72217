// A transaction on a target, run until its outcome is known.
//
// What fails before COMMIT is sent is rolled back by the server, and the whole transaction may be run again: after a
// lost connection, or when it lost against another one. What fails after it is in doubt: recovery takes the target's
// lock, which is granted only once the old transaction is over, and then asks whether its row of `loads` is there.
//
// Threads: one. Errors: what an attempt throws and may not be tried again; in_doubt: the outcome is not known by the
// deadline, and nothing of the attempt's was tidied.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/backoff.h"
#include "load/target_session.h"
#include "penstock/load.h"

namespace penstock {

// After each attempt that threw: what is to be done.
class Settlement {
 public:
  // patience: how long the target's lock is waited for. doing: load, upsert; for the log.
  Settlement(TargetSession& session, std::chrono::seconds patience, const LoadContext& context, std::string_view doing);

  // True: the attempt was committed all the same. False: it certainly was not. Throws `e` when that is not known.
  bool was_committed(const Error& e, const std::string& attempt_id, int pid);
  // Waits before the next attempt; throws when there must be none: `e`, or cancelled.
  void wait_to_retry(const Error& e);

 private:
  bool may_retry(const Error& e);

  TargetSession& session_;
  const std::chrono::seconds patience_;
  const LoadContext& context_;
  const std::string_view doing_;
  Backoff backoff_;
  int attempts_ = 0;
  int lost_ = 0;  // sessions
};

// begin() makes an attempt, which has run(), id(), tidy() and result(): run() is called once; tidy(), which never
// throws, once its outcome is known; result() after a commit.
template <typename Begin>
auto run_settled(TargetSession& session, std::chrono::seconds patience, const LoadContext& context,
                 std::string_view doing, Begin begin) {
  Settlement settlement(session, patience, context, doing);
  for (;;) {
    std::optional<decltype(begin())> attempt;
    int pid = 0;
    try {
      pid = session.connection().backend_pid();
      attempt.emplace(begin());
      attempt->run();
      attempt->tidy();
      return attempt->result();
    } catch (const Error& e) {
      const bool committed = attempt && settlement.was_committed(e, attempt->id(), pid);
      if (attempt) attempt->tidy();
      if (committed) return attempt->result();
      settlement.wait_to_retry(e);
    }
  }
}

}  // namespace penstock
