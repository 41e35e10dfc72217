// Where a call works: the environment that it is given, the cluster, the buckets; and what it is to say meanwhile.
//
// Threads: made by a thread that has the GIL; what it holds is then of the work. Errors: Error invalid, with all that
// is wrong; those of open_buckets().
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/grace.h"
#include "call.h"
#include "options.h"
#include "penstock/connection.h"
#include "penstock/environment.h"
#include "penstock/load.h"
#include "penstock/move.h"
#include "penstock/store.h"

namespace penstock::python {

// The process's own (None), or a dict's; with a connection, that says where redshift:// is, and as whom.
class Place {
 public:
  // connection: None, a redshift:// URI, or a Connection. environment: None, or a dict.
  Place(nb::handle connection, nb::handle environment, Problems& problems);

  [[nodiscard]] const Environment& environment() const noexcept { return environment_; }
  // What is missing of it is a problem.
  [[nodiscard]] ConnectionConfig connection(Problems& problems) const;

 private:
  Environment given_;        // without the connection
  Environment environment_;  // with it
  std::optional<ConnectionConfig> connection_;
};

// One Error of all of them, where there are any.
void require_none(const Problems& problems);
// What it throws is a problem.
void collect(Problems& problems, const std::function<void()>& check);

// The buckets, open for as long as a stop takes to tidy up.
class OpenBuckets {
 public:
  OpenBuckets(const Environment& environment, Call& call);
  [[nodiscard]] Buckets& operator*() const noexcept { return *buckets_; }

 private:
  const Grace grace_;
  const std::unique_ptr<Buckets> buckets_;
};

// As upsert(), move() and the like report it; empty where `callback` is None.
template <typename Progress>
std::function<void(const Progress&)> progress_to(nb::handle callback, Call& call) {
  if (callback.is_none()) return {};
  return [callback, &call](const Progress& now) { call.in_python([&] { callback(nb::cast(now)); }); };
}

}  // namespace penstock::python
