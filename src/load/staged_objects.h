// What one load put into S3 for COPY to read: <base>staged/<load id>/, with a manifest of it.
//
// Gone when this goes, unless it is to stay.
//
// Threads: one. Errors: what the store throws.
#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "load/staging.h"
#include "penstock/load.h"
#include "penstock/store.h"
#include "redshift/copy.h"
#include "staging/pipeline.h"

namespace penstock {

// What COPY is told of how parts are compressed: docs/decisions/gzip-for-staging.md.
inline constexpr redshift::CopyCompression kPartCompression = redshift::CopyCompression::gzip;

// Stages below a folder, compressed as COPY will be told. unavailable: an upload was taken away by somebody.
staging::Staged stage_parts(std::span<const staging::Input> inputs, ObjectStore& store, const std::string& folder,
                            const std::string& id, staging::StageOptions how, const std::stop_token& stop);

class StagedObjects {
 public:
  // base: where it is, see staging.h. Nothing is written yet.
  StagedObjects(const LoadContext& context, const StagingBase& base, const std::string& load_id);
  ~StagedObjects();
  StagedObjects(const StagedObjects&) = delete;
  StagedObjects& operator=(const StagedObjects&) = delete;

  [[nodiscard]] ObjectStore& store() const noexcept { return *store_; }
  [[nodiscard]] const std::string& prefix() const noexcept { return prefix_; }  // of keys; ends in /
  [[nodiscard]] std::string manifest_uri() const;
  // Stages below the prefix, as stage_parts() does, and takes the parts.
  staging::Staged stage(std::span<const staging::Input> inputs, staging::StageOptions how, const std::stop_token& stop);
  // These stand below the prefix now: they are to be removed, and a manifest names them. Of none there is no manifest.
  void take(std::span<const ObjectInfo> objects);
  // A manifest alone, of what is not ours and stays.
  void write_manifest(std::string_view text);
  // Somebody else writes below the prefix for us from now on: whatever is there at the end is to be removed.
  void own_prefix() noexcept { owns_prefix_ = true; }
  // The outcome is not known: a COPY may still read them.
  void leave() noexcept;

 private:
  [[nodiscard]] std::string manifest_key() const { return prefix_ + "manifest.json"; }

  const std::unique_ptr<ObjectStore> store_;
  const std::string load_id_;
  const std::string prefix_;
  Log& log_;
  std::vector<std::string> keys_;
  bool owns_prefix_ = false;
};

}  // namespace penstock
