// The exact objects of one load, fixed before anything moves: each with the ETag and size that it had then.
//
// Threads: one calls; many HEADs are in flight. Errors: what the store throws; and those named below.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "load/data_file.h"
#include "load/source_objects.h"
#include "penstock/store.h"
#include "redshift/copy.h"

namespace penstock {

enum class RecordFormat { json, csv, text, parquet };  // text: as UNLOAD writes it

struct DataSet {
  DataFile file;
  std::vector<SourceObject> objects;     // what COPY reads, in order, none twice
  std::optional<SourceObject> manifest;  // the user's own, which named them
  RecordFormat format = RecordFormat::json;
  redshift::CopyCompression compression = redshift::CopyCompression::none;

  [[nodiscard]] std::uint64_t bytes() const noexcept;
  // Everything whose change changes the load: the objects, and the manifest.
  [[nodiscard]] std::vector<const SourceObject*> all() const;
};

// HEADs every object; reads a user's manifest. conflict: an object is gone since it was listed. refused: a manifest
// that is malformed, names an object twice or with another length than it has, mixes formats; objects of formats that
// COPY would have to mix. not_found: the manifest names objects that are not there, all of them named.
DataSet fix_data_set(Buckets& buckets, const std::string& bucket, const DataFile& file, const std::stop_token& stop);

// HEADs all again: which of them are not what they were, in a sentence; nullopt when all are.
std::optional<std::string> changed_since(Buckets& buckets, const DataSet& data, const std::stop_token& stop);

// The manifest that COPY is given: exactly these objects, all mandatory, each with its length.
std::string manifest_of(const DataSet& data);

}  // namespace penstock
