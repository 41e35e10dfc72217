// What the cluster knows of loads from below a prefix, one record a load of a key.
//
// Threads: one.
// Memory:  two batches of rows a session, the loads of one key, some 50 bytes for each COPY below the prefix that the
//          system tables remember, and what OwnLoads may hold.
// Errors:  Error, of the cluster; denied where nothing may be read that tells of loads (what is denied beside something
//          that is not, is a note); refused where the cluster gives keys out of order.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "penstock/reconcile.h"
#include "reconcile/own_loads.h"

namespace penstock::reconcile {

// Bytes that the system tables keep of "s3://bucket/key": a char(256).
inline constexpr std::size_t kSystemName = 256;

struct LoadOfKey {
  std::string key;  // of the bucket; without "s3://bucket/"
  KeyLoad load;
};

// In bytewise order of keys; those of one key in the order of their times. A load that several witnesses tell of (the
// ledger, SYS, STL) comes once, with what all of them say.
class LoadStream {
 public:
  virtual ~LoadStream() = default;
  virtual std::optional<LoadOfKey> next() = 0;
  // A line each, for people: which witnesses were asked, since when they remember, which could not be read and why.
  [[nodiscard]] virtual std::vector<std::string> notes() const = 0;
};

// Loads of all times, of keys of this bucket that begin with the prefix. Each witness is read over a session of its own
// (Redshift has one cursor a session), `options.table` restricts them. Not found in any: an empty stream.
// most_held: of penstock's own loads.
std::unique_ptr<LoadStream> loads_of(const std::string& bucket, const std::string& prefix,
                                     const ReconcileOptions& options, const ReconcileContext& context,
                                     std::size_t most_held = OwnLoads::kMost);

}  // namespace penstock::reconcile
