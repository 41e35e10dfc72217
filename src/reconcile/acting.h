// What copy and delete share: results are counted and handed on, and some failures stop what has not begun.
//
// Threads: any. Errors: those of on_key.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>

#include "penstock/error.h"
#include "penstock/reconcile_acts.h"

namespace penstock::reconcile {

inline constexpr std::size_t kKeysAtOnce = 1000;  // that are held, and a journal is written for

class Acting {
 public:
  explicit Acting(const ActsContext& context) : context_(context) {}

  // The next finding; nullopt: there is none, or all stops.
  std::optional<KeyFinding> next(KeyFindings& findings);
  // False: nothing more may be begun. A request to stop is noted here.
  bool goes_on();
  void stop(const Error& why);
  // Runs perform(act), which sets its result. What it throws is the key's result, or stops all.
  template <typename Perform>
  void attempt(KeyAct& act, const Perform& perform) {
    try {
      perform(act);
    } catch (const Error& e) {
      act.result = ActResult::failed;
      act.reason = e.what();
      note_failure(e);
    }
  }
  void tell(const KeyAct& act);
  [[nodiscard]] ActsSummary summary();

 private:
  void note_failure(const Error& failure);

  const ActsContext& context_;
  std::mutex mutex_;  // also held while on_key runs
  ActsSummary summary_;
  std::size_t failures_ = 0;
};

}  // namespace penstock::reconcile
