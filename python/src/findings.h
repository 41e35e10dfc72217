// The keys that reconcile_keys() finds, one after the other, for Python.
//
// They are fetched some at a time, so that a thread is begun for many of them; what is held is bounded.
//
// Threads:  one at a time, with the GIL; a second one meanwhile is refused. Errors: those of reconcile_keys(); after
// one of them, or a stop, there is no more.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "call.h"
#include "penstock/reconcile.h"
#include "session.h"

namespace penstock::python {

const Options<ReconcileOptions>& reconcile_options();

class Findings {
 public:
  Findings(ReconcileOptions options, ConnectionConfig cluster, Environment environment);
  ~Findings();
  Findings(const Findings&) = delete;
  Findings& operator=(const Findings&) = delete;

  std::optional<KeyFinding> next();
  // Of all that was fetched so far; of all there are once next() gave nullopt.
  [[nodiscard]] ReconcileSummary summary() const;
  void close();

  // For who takes all of them at once, in the call's work.
  Call& call() noexcept { return call_; }
  template <typename Take>
  auto take_all(Take take) {
    return call_.run([&] {
      open();
      return take(*findings_, **buckets_);
    });
  }

 private:
  void open();
  void fetch();

  const ReconcileOptions options_;
  const ConnectionConfig cluster_;
  const Environment environment_;
  Call call_;
  std::optional<OpenBuckets> buckets_;
  std::unique_ptr<KeyFindings> findings_;
  std::deque<KeyFinding> fetched_;
  bool is_open_ = false;
  bool is_ended_ = false;
  bool is_fetching_ = false;
};

}  // namespace penstock::python
