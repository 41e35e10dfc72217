// What `penstock reconcile diff` prints, key after key.
//
// Threads:  one.
// Lifetime: stream, options and log outlive it.
// Memory:   fixed, however many keys there are; the document is kept in files without a name (in TMPDIR, else /tmp).
// Errors:   Error unavailable: such a file can't be written or read.
#pragma once

#include <cstddef>
#include <memory>
#include <ostream>
#include <string>

#include "penstock/environment.h"
#include "penstock/reconcile.h"

namespace penstock::cli {

class FindingsOutput {
 public:
  virtual ~FindingsOutput() = default;
  virtual void add(const KeyFinding& finding) = 0;
  virtual void finish(const ReconcileSummary& summary) = 0;  // once, at the end
};

// Of each set how many keys and bytes, examples of what somebody should look at, the notes.
std::unique_ptr<FindingsOutput> findings_in_words(const ReconcileOptions& options, std::ostream& out);
// An object a key, and a last one with the summary.
std::unique_ptr<FindingsOutput> findings_as_json_lines(const ReconcileOptions& options, std::ostream& out);
// One object, with the keys of each set.
std::unique_ptr<FindingsOutput> findings_as_document(const ReconcileOptions& options, std::ostream& out,
                                                     const Environment& environment);
// A line for each key of the set. One with control characters in it is in JSON's quotes; with `end` '\0' none is.
std::unique_ptr<FindingsOutput> keys_of_set(const ReconcileOptions& options, KeySet set, char end, std::ostream& out);

// "1,234 keys, 5.6 GB": what the summary says of the set.
std::string count_in_words(const ReconcileSummary::Count& count);
// "to be committed": for people.
std::string in_words(KeySet set);

}  // namespace penstock::cli
