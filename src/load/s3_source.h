// What an upsert reads where it lies: objects of S3, found, fixed by their ETags and looked at before anything is
// written.
//
//     s3://bucket/a.csv.gz       that object
//     s3://bucket/folder/        all below it, but for names that begin with _ or . (markers, and what is staged)
//     s3://bucket/2024*.jsonl    all keys like it; * is any text, / too. A key that really holds a * comes first
//     s3://bucket/a.manifest     what a COPY manifest names, each of it mandatory; a.manifest, a local file: the same
//
// Threads: one. Errors: not_found (objects, buckets: all that are missing named), invalid (names that say nothing or
// different things, options that mean nothing for the format), refused (headers that differ or are none, a manifest
// with something wrong, an object named twice), conflict (an object changed while it was looked at), the store's.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "codec/decompress.h"
#include "load/source_objects.h"
#include "penstock/log.h"
#include "penstock/upsert.h"
#include "redshift/copy.h"

namespace penstock {

struct S3Source {
  std::string name{};  // for people: the URI; of several the first, and how many more
  SourceFormat format = SourceFormat::csv;
  char delimiter = ',';
  redshift::CopyCompression compression = redshift::CopyCompression::none;
  bool has_header = false;
  std::vector<std::string> columns{};  // of CSV: the header's, or those given; of Parquet: the footer's; of JSON none
  std::vector<SourceObject> objects{};
  std::vector<SourceObject> manifests{};  // the user's own that lie in S3

  [[nodiscard]] std::uint64_t bytes() const noexcept;  // of the objects
};

S3Source open_s3_source(const UpsertOptions& options, Buckets& buckets, Log& log, const std::stop_token& stop);

redshift::CopyCompression copy_compression(Codec codec) noexcept;

// Whether a key is like a pattern in which * is any text.
bool is_like(std::string_view key, std::string_view pattern) noexcept;

}  // namespace penstock
