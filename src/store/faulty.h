// A store that fails by plan, for the tests of everything that is built on stores.
//
//     FaultPlan plan;
//     const auto buckets = make_faulty(open_memory(), plan);
//     plan.add({.call = StoreCall::commit, .nth = 2, .when = Fault::When::after});  // written, but the answer is lost
//
// To fail at every call in turn, count the calls of a clean run (plan.calls()), then fail at the n-th for n = 1, 2, ...
//
// Threads: all of it, from any. Lifetime: the plan outlives the buckets.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "penstock/error.h"
#include "penstock/store.h"

namespace penstock {

enum class StoreCall {
  any,  // in a Fault: whichever comes
  create_bucket,
  head,
  list,
  list_next,
  open,
  read,
  create,
  write,
  commit,
  copy,
  remove,
  remove_if_unchanged,
  removes_in_one_step,
  open_uploads,
  abort_upload,
};

struct Fault {
  enum class When { before, after };  // before: nothing was done; after: it was done, and nobody was told
  StoreCall call = StoreCall::any;
  int nth = 1;                 // of the calls that fit; 0: each of them
  std::string key_contains{};  // only calls on such keys (of a listing: prefixes)
  When when = When::before;
  ErrorKind kind = ErrorKind::unavailable;
  std::string message = "injected fault";
  std::function<void()> act{};  // done in place of throwing: to change an object meanwhile, to end the process
};

class FaultPlan {
 public:
  void add(Fault fault);
  struct Call {
    StoreCall call;
    std::string key;
  };
  [[nodiscard]] std::vector<Call> calls() const;  // all so far, in order
  void clear();                                   // faults and calls

  // Asked in place of each listing whether it is ready, as one that waits for a server is not. Unset: the listing is.
  void set_ready(std::function<bool()> ready);
  [[nodiscard]] bool is_ready(ObjectListing& listing) const;

  // For the faulty store: runs the faults that are due before a call, or after it.
  void before(StoreCall call, std::string_view key);
  void after(StoreCall call, std::string_view key);

 private:
  struct Planned {
    Fault fault;
    int seen = 0;
    bool due = false;  // its call has begun and its moment is after it
  };
  struct State {
    std::vector<Planned> faults;
    std::vector<Call> calls;
    std::function<bool()> ready;
  };
  mutable Guarded<State> state_;
};

std::unique_ptr<Buckets> make_faulty(std::unique_ptr<Buckets> inner, FaultPlan& plan);

}  // namespace penstock
