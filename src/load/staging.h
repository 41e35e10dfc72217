// Where penstock's own objects go: the manifests that COPY is given.
//
//     <base>/<target on this database>/<attempt id>/manifest.json
//
// The base is PENSTOCK_S3_BASE_PATH, else _penstock/ in the data's bucket. A manifest is written only while its attempt
// holds the target's lock. So whoever holds the lock may remove what stands under any other attempt's id: that
// attempt's transaction is over, and nothing will read its manifest again. The database's own identity is in the name,
// as two databases that load from one bucket don't share their locks.
//
// Threads: one. Errors: what the store throws; leftovers() and remove() only log.
#pragma once

#include <string>
#include <vector>

#include "load/target.h"
#include "penstock/environment.h"
#include "penstock/log.h"
#include "penstock/store.h"

namespace penstock {

struct StagingBase {
  std::string bucket;
  std::string prefix;  // ends in /, or is empty
};

// Errors: invalid, when PENSTOCK_S3_BASE_PATH is no s3:// URI.
StagingBase staging_base(const Environment& environment, const std::string& data_bucket);

class Staging {
 public:
  // database: its identity, see ledger.h
  Staging(Buckets& buckets, const StagingBase& base, const Target& target, std::string_view database, Log& log);

  [[nodiscard]] std::string manifest_uri(const std::string& attempt_id) const;
  // If it is there already it must be this one, written by a try whose answer was lost; else conflict.
  void write_manifest(const std::string& attempt_id, const std::string& text);
  // What other attempts on this target left. Only while the target's lock is held. Looks once: what dies later is for
  // the next to find.
  std::vector<std::string> leftovers(const std::string& own_attempt_id);
  // The attempt's manifest, and these leftovers. Best effort: the next load of the target does what this one could not.
  void remove(const std::string& attempt_id, std::vector<std::string> leftovers) noexcept;
  void remove(std::vector<std::string> keys) noexcept;

 private:
  [[nodiscard]] std::string manifest_key(const std::string& attempt_id) const;

  std::unique_ptr<ObjectStore> store_;
  std::string prefix_;  // of this target on this database
  bool looked_ = false;
  Log& log_;
};

}  // namespace penstock
