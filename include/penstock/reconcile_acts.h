// penstock reconcile copy, delete: what is done with the objects that Redshift has committed.
//
// Both take keys as reconcile_keys() finds them, some at a time. What happens to one key stops no other; what would
// happen to all of them (S3 can't be reached, a hundred keys failed) stops the rest. Run again, they finish: what was
// done is found done.
//
// An object is the copy of another if it has the same size and ETag; or the same size, and the metadata
// penstock-copied-etag, which only the copy itself writes, names the other's ETag: of objects uploaded in parts or
// encrypted by KMS a copy has another ETag. Nothing else is taken for a proof.
//
// Threads:  one calls; `stop` may be requested from any. `on_key` is called from any thread, one at a time.
// Memory:   a thousand keys.
// Errors:   before anything is done, Error: invalid (options), not_found, denied, refused (delete: the S3 server
//           ignores If-Match), unavailable. Afterwards an error is a key's result, or ActsSummary::stopped.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/environment.h"
#include "penstock/error.h"
#include "penstock/log.h"
#include "penstock/reconcile.h"
#include "penstock/store.h"

namespace penstock {

enum class ActResult {
  planned,        // a dry run: would be copied, deleted
  copied,         // and what is at the target is proved to be the copy
  there_already,  // what is at the target is proved to be the copy of this very version
  deleted,
  taken,         // kept: at the target is another object
  changed,       // kept: overwritten since it was found
  gone,          // removed by somebody else since it was found
  overwritten,   // kept: loaded as another version than the one that is there
  not_provable,  // kept: it can't be proved that the object that is there is the one that was loaded
  not_copied,    // kept: there is no proved copy of this version
  not_agreed,    // kept: it was not among those that were shown
  failed,
};
inline constexpr std::size_t kActResults = 12;
std::string_view name_of(ActResult result) noexcept;  // "there_already"

struct KeyAct {
  std::string key;
  std::string target{};  // s3://bucket/key of the copy, where there is one to make or to look for
  std::uint64_t size = 0;
  std::string etag{};
  ActResult result = ActResult::failed;
  std::string reason{};  // of what was not done; for people
};

struct ActsSummary {
  std::array<ReconcileSummary::Count, kActResults> results{};
  std::optional<Error> stopped{};  // why the rest was left as it is

  [[nodiscard]] const ReconcileSummary::Count& of(ActResult result) const {
    return results.at(static_cast<std::size_t>(result));
  }
};

struct ActsContext {
  Buckets& buckets;
  std::stop_token stop{};
  std::function<void(const KeyAct&)> on_key{};
};

struct CopyOptions {
  std::string source{};         // as of ReconcileOptions
  std::string target{};         // s3://bucket/folder; keys keep their path below the source's last slash
  std::string storage_class{};  // by S3's names, for S3 to judge; empty: the bucket's own
  bool dry_run = false;         // looks at the targets, and copies nothing
};

// Keys and ETags that somebody was shown, and agreed to. In TMPDIR, and gone with this object.
class AgreedKeys {
 public:
  explicit AgreedKeys(const Environment& environment);
  ~AgreedKeys();
  AgreedKeys(const AgreedKeys&) = delete;
  AgreedKeys& operator=(const AgreedKeys&) = delete;
  void add(const KeyAct& act);  // in order of keys
  // Whether this version was added. Asked in order of keys, and after the last add().
  bool has(std::string_view key, std::string_view etag);

 private:
  struct File;
  std::unique_ptr<File> file_;
};

struct DeleteOptions {
  std::string source{};          // as of ReconcileOptions
  std::string only_copied_to{};  // as CopyOptions::target: only what has a proved copy there; empty: all
  // A local file, appended to: a line of JSON for each key before its removal is asked for, and one of what became of
  // it. Needed, unless it is a dry run.
  std::string journal{};
  bool dry_run = false;
  AgreedKeys* agreed = nullptr;  // only these; nullptr: all
};

// What is wrong with the options, all of it, known without touching data.
std::vector<std::string> problems_of(const CopyOptions& options);
std::vector<std::string> problems_of(const DeleteOptions& options);

// Every key that is already committed. Nothing that is at a target is overwritten.
ActsSummary copy_committed(KeyFindings& findings, const CopyOptions& options, const ActsContext& context);

// Every key that is deletable, each by a request that names its version, so that one that was overwritten meanwhile
// stays. on_key: in order of keys.
ActsSummary delete_committed(KeyFindings& findings, const DeleteOptions& options, const ActsContext& context);

}  // namespace penstock
