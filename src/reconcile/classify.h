// What a key belongs to, by the object that is there and the loads that the cluster knows of. Pure: the cases in
// classify_test.cc are the specification.
//
// Threads: any. Errors: none.
#pragma once

#include "penstock/reconcile.h"

namespace penstock::reconcile {

struct Window {
  std::optional<Microseconds> from{};  // included
  std::optional<Microseconds> to{};    // not
  [[nodiscard]] bool has(Microseconds at) const { return (!from || at >= *from) && (!to || at < *to); }
};

enum class Match { same, other, unknown };
// Whether the object is the one that was read. By the ETag where it is known. Else by the times: what was modified a
// second before COPY began is the one, what was modified after COPY had ended is another, and what lies between, nobody
// knows. Of an upload in parts (its ETag has a '-') S3 gives the time when it was begun: it may have been there later.
//
// A name that may be cut asks for more, as it may be another key's: only with its ETag and its last modification it is
// the one.
Match match(const ObjectInfo& object, const KeyLoad& load);

// Fills sets, deletable and why, from key, object and loads.
void classify(KeyFinding& finding, const Window& window);

}  // namespace penstock::reconcile
