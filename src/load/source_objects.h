// Exact objects of S3, fixed before anything moves: each with the ETag and size that it had then.
//
// Threads: one calls; many HEADs are in flight. Errors: what the store throws; cancelled; and those named below.
#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "format/manifest.h"
#include "penstock/error.h"
#include "penstock/store.h"
#include "penstock/uri.h"

namespace penstock {

struct SourceObject {
  std::string bucket;
  ObjectInfo info;

  [[nodiscard]] std::string uri() const;
  [[nodiscard]] std::string file_id() const;
  [[nodiscard]] std::string key_id() const;
};

// HEADs every object. What is not there: an Error of this kind, which begins with these words and names them.
std::vector<SourceObject> fix_objects(Buckets& buckets, const std::vector<S3Uri>& uris, ErrorKind when_missing,
                                      std::string_view missing_words, const std::stop_token& stop);

// The same of what a user's manifest names; `origin` is the manifest, for messages. not_found: objects that are not
// there. refused: an object has another length than the manifest says.
std::vector<SourceObject> fix_entries(Buckets& buckets, const std::vector<format::ManifestEntry>& entries,
                                      std::string_view origin, const std::stop_token& stop);

// HEADs all again: which of them are not what they were, in a sentence; nullopt when all are.
std::optional<std::string> changed_since(Buckets& buckets, const std::vector<const SourceObject*>& objects,
                                         const std::stop_token& stop);

// Of an object that was not found: throws not_found where its bucket is not there either, as a HEAD can't tell. Who may
// not list the bucket learns nothing here.
void check_bucket(Buckets& buckets, const S3Uri& absent);

// The manifest that COPY is given: exactly these, all mandatory, each with its length.
std::string manifest_of(std::span<const SourceObject> objects);

}  // namespace penstock
