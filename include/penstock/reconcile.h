// penstock reconcile: which objects of a bucket has Redshift committed, which not, which changed since.
//
// Committed means: a COPY read the object, and its transaction committed. Which object that was is known by its ETag,
// from the ledger or from SYS_LOAD_DETAIL; where the cluster remembers a name only, the key is committed as far as its
// last modification says, and is never deleted.
//
// Threads:  one, each of these; `stop` may be requested from any.
// Lifetime: what a context refers to outlives what is made of it.
// Errors:   Error: invalid (options), not_found, denied, refused (what the cluster says of a query; a listing out of
//           order), unavailable, cancelled.
#pragma once

#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/connection.h"
#include "penstock/environment.h"
#include "penstock/log.h"
#include "penstock/store.h"

namespace penstock {

using Microseconds = std::chrono::sys_time<std::chrono::microseconds>;  // UTC

// What a key belongs to. Each key of the bucket is in exactly one of `pending`, `already_committed`,
// `committed_outside`, `in_progress` and `ambiguous`; the others come beside these.
enum class KeySet {
  committed,              // by a load of the window, whether or not the key is in the bucket still
  in_bucket,              // listed
  pending,                // no load committed the object that is there now
  already_committed,      // a load of the window committed the object that is there now
  committed_outside,      // a load committed it, but before the window or after it
  overwritten,            // committed, but as another version than the one that is there now: pending, too
  rolled_back,            // the window's last load of the object that is there now was rolled back; pending, too
  failed,                 // the window's last load of the object that is there now failed; pending, too
  in_progress,            // being loaded by a transaction that is still open, whenever it began
  gone,                   // committed, but no longer in the bucket
  loaded_more_than_once,  // the same version into the same table, at least once in the window
  ambiguous,              // it can't be told whether the object that is there now was committed; KeyFinding::why
};
inline constexpr std::size_t kKeySets = 12;
using KeySets = std::bitset<kKeySets>;  // by the enumerators' values

// "committed_keys", "keys_in_bucket", "bucket_keys_to_be_committed", "bucket_keys_already_committed",
// "committed_outside_window", "overwritten", "rolled_back", "failed", "in_progress", "gone", "loaded_more_than_once",
// "ambiguous".
std::string_view name_of(KeySet set) noexcept;
// Of that name, or of its short one: committed, bucket, pending, already-committed, outside … (- or _).
std::optional<KeySet> key_set(std::string_view name);

enum class LoadState {
  committed,
  superseded,  // committed, and a later load of penstock's replaced its rows
  rolled_back,
  failed,
  in_progress,
  unknown,  // it can't be told whether its transaction committed: neither loaded nor not loaded may be built on it
};

// One load of one key, as far as the cluster knows.
struct KeyLoad {
  LoadState state = LoadState::committed;
  Microseconds at{};                    // when COPY began; of a load that only the ledger knows, when it was committed
  std::optional<Microseconds> ended{};  // when COPY had read all; nullopt: not known
  // Of the object that was read; empty, nullopt: not known.
  std::string etag{};
  std::optional<std::uint64_t> size{};  // bytes
  std::optional<std::chrono::sys_seconds> last_modified{};
  std::string table{};     // schema.table, as far as it is known
  std::string load_id{};   // of the ledger; empty: not penstock's, or no longer there
  std::int64_t query = 0;  // of the COPY; 0: not known
  // Of a failed one: the first that is known, with line and column. Of a committed one: COPY passed over bad rows
  // (MAXERROR), which are in the object alone.
  std::string error{};
  bool in_ledger = false;
  bool in_sys = false;  // SYS_LOAD_HISTORY, SYS_LOAD_DETAIL
  bool in_stl = false;  // STL_LOAD_COMMITS, STL_LOAD_ERRORS
  // The system tables keep 256 bytes of "s3://bucket/key": this name may be the beginning of a longer one.
  bool name_may_be_cut = false;
};

// What is known of one key.
struct KeyFinding {
  std::string key;                     // whole; of a cut name of a gone key, what is left of it
  std::optional<ObjectInfo> object{};  // nullopt: not in the bucket
  std::vector<KeyLoad> loads{};        // in the order of their times
  KeySets sets{};
  // The object that is there now was committed by a load of the window, its ETag says so, the key's whole name is
  // known, its rows were not replaced, and nobody loads it now: it may be deleted.
  bool deletable = false;
  std::string why{};  // of what is ambiguous, or committed and not deletable; for people

  [[nodiscard]] bool is_in(KeySet set) const { return sets.test(static_cast<std::size_t>(set)); }
};

struct ReconcileOptions {
  // s3://bucket/folder is the folder's keys; s3://bucket/prefix* those that begin so.
  std::string source{};
  // Loads that began at or after `from` and before `to`; unset: all that are known.
  std::optional<Microseconds> from{};
  std::optional<Microseconds> to{};
  std::string table{};      // schema.table: only loads into it; empty: any
  std::string inventory{};  // s3://bucket/…/manifest.json of an S3 Inventory, in place of the listing
  // Keys and ledger are joined by the cluster, in temporary tables: for more keys than are worth being sent. The keys
  // are staged as a load's data are (PENSTOCK_S3_BASE_PATH), and gone from S3 when they were copied.
  bool in_redshift = false;
  // With in_redshift: keys that nobody knows a load of, and those that one load of the ledger's has committed as they
  // are, may else be counted by the cluster; next() leaves them out, and summary() has them.
  bool gives_pending = true;
  bool gives_committed = true;
};

struct ReconcileContext {
  const ConnectionConfig& connection;
  Buckets& buckets;
  Environment environment;
  Log& log;
  std::stop_token stop{};
};

struct ReconcileSummary {
  struct Count {
    std::uint64_t keys = 0;
    std::uint64_t bytes = 0;  // of those in the bucket
  };
  std::array<Count, kKeySets> sets{};
  // What was asked, and how far back it remembers; what could not be read, and why: for people, a line each.
  std::vector<std::string> notes{};

  [[nodiscard]] const Count& of(KeySet set) const { return sets.at(static_cast<std::size_t>(set)); }
};

// All keys of the bucket below the source, and all that were loaded from below it, in bytewise order of keys.
class KeyFindings {
 public:
  virtual ~KeyFindings() = default;
  virtual std::optional<KeyFinding> next() = 0;  // nullopt at the end
  // Of all that next() gave so far, and of those that are counted and not given.
  [[nodiscard]] virtual const ReconcileSummary& summary() const noexcept = 0;
};

// What is wrong with the options, all of it, known without touching data.
std::vector<std::string> problems_of(const ReconcileOptions& options);

// Memory: a page of the listing and one of the cursor, however many keys there are.
std::unique_ptr<KeyFindings> reconcile_keys(const ReconcileOptions& options, const ReconcileContext& context);

}  // namespace penstock
