// What the cluster knows of loads from below a prefix, one record a load of a key.
//
// Threads: one.
// Memory:  two batches of rows a session, the loads of one key, some 50 bytes for each COPY below the prefix that the
//          system tables remember, and what OwnLoads may hold.
// Errors:  Error, of the cluster; denied where nothing may be read that tells of loads (what is denied beside something
//          that is not, is a note); refused where the cluster gives keys out of order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/reconcile.h"
#include "reconcile/own_loads.h"
#include "reconcile/rows.h"
#include "redshift/sql.h"

namespace penstock::reconcile {

// Bytes that the system tables keep of "s3://bucket/key": a char(256).
inline constexpr std::size_t kSystemName = 256;

// Of a key of the bucket, as much as they surely keep, whatever is cut from the end of the name: a character that would
// not fit whole is left out.
std::size_t surely_kept_of(std::string_view bucket);

struct LoadOfKey {
  std::string key;  // of the bucket; without "s3://bucket/"
  KeyLoad load;
};

// A COPY that runs: the objects that it has yet to read, nobody knows.
struct RunningCopy {
  std::int64_t query = 0;
  std::string from{};  // s3://bucket/prefix, or a manifest's URI
  std::string table{};
};

// In bytewise order of keys; those of one key in the order of their times. A load that several witnesses tell of (the
// ledger, SYS, STL) comes once, with what all of them say.
class LoadStream {
 public:
  virtual ~LoadStream() = default;
  virtual std::optional<LoadOfKey> next() = 0;
  // A line each, for people: which witnesses were asked, since when they remember, which could not be read and why.
  [[nodiscard]] virtual std::vector<std::string> notes() const = 0;
  // Of any bucket.
  [[nodiscard]] virtual std::vector<RunningCopy> running() const { return {}; }
};

// Where the ledger is joined with the keys of the bucket, if not here.
class LedgerJoin {
 public:
  virtual ~LedgerJoin() = default;
  // The ledger's rows, as ledger_files.sql gives them, by some queries. The ledger is what it is now.
  virtual void hold(std::span<const redshift::Statement> queries) = 0;
  // The key, whole or cut, of a load that another witness tells of.
  virtual void add_name(std::string_view name) = 0;
  // Where rows of other witnesses wait meanwhile.
  [[nodiscard]] virtual const std::string& folder() const = 0;
  // After all of these: the rows that were held, but for those of keys that are counted and not given. In byte order.
  virtual std::unique_ptr<Rows> held() = 0;
};

// Loads of all times, of keys of this bucket that begin with the prefix. Each witness is read over a session of its own
// (Redshift has one cursor a session), `options.table` restricts them. Not found in any: an empty stream.
// most_held: of penstock's own loads. With a join, the sessions have been read and closed when this returns.
std::unique_ptr<LoadStream> loads_of(const std::string& bucket, const std::string& prefix,
                                     const ReconcileOptions& options, const ReconcileContext& context,
                                     std::size_t most_held = OwnLoads::kMost, LedgerJoin* join = nullptr);

}  // namespace penstock::reconcile
