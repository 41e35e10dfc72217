#include "load/data_set.h"

#include <fmt/format.h>

#include <span>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "format/manifest.h"
#include "penstock/error.h"
#include "penstock/uri.h"

namespace penstock {
namespace {

using redshift::CopyCompression;

struct Kind {
  RecordFormat format = RecordFormat::json;
  CopyCompression compression = CopyCompression::none;
  bool operator==(const Kind&) const = default;
};

// By the end of the key. Beyond the suffixes of data files: UNLOAD's parts, which end in a number, .gz or .zst.
Kind kind_of(const std::string& key, const std::string& uri) {
  switch (suffix_of(key)) {
    case Suffix::json_gz:
      return {RecordFormat::json, CopyCompression::gzip};
    case Suffix::json_zst:
      return {RecordFormat::json, CopyCompression::zstd};
    case Suffix::json:
      return {RecordFormat::json, CopyCompression::none};
    case Suffix::csv_gz:
      return {RecordFormat::csv, CopyCompression::gzip};
    case Suffix::csv_zst:
      return {RecordFormat::csv, CopyCompression::zstd};
    case Suffix::csv:
      return {RecordFormat::csv, CopyCompression::none};
    case Suffix::parquet:
      return {RecordFormat::parquet, CopyCompression::none};
    case Suffix::gz:
      return {RecordFormat::text, CopyCompression::gzip};
    case Suffix::manifest:
      throw Error(ErrorKind::refused,
                  fmt::format("{} is a manifest, and a manifest can't name another", printable(uri)));
    case Suffix::none:
      break;
  }
  if (key.ends_with(".zst")) return {RecordFormat::text, CopyCompression::zstd};
  for (const std::string_view unknown : {".bz2", ".lzo", ".orc", ".avro", ".snappy", ".zip", ".xz"}) {
    if (key.ends_with(unknown)) {
      throw Error(ErrorKind::refused, fmt::format("{}: {} is not a format that load reads", printable(uri), unknown));
    }
  }
  return {RecordFormat::text, CopyCompression::none};
}

void set_kind(DataSet& data) {
  const SourceObject& first = data.objects.front();
  const Kind kind = kind_of(first.info.key, first.uri());
  for (const SourceObject& object : data.objects) {
    if (kind_of(object.info.key, object.uri()) != kind) {
      throw Error(ErrorKind::refused, fmt::format("{} and {} are of different formats, and one COPY reads one",
                                                  printable(first.uri()), printable(object.uri())));
    }
  }
  data.format = kind.format;
  data.compression = kind.compression;
}

void read_manifest(Buckets& buckets, DataSet& data, const std::stop_token& stop) {
  const SourceObject& manifest = *data.manifest;
  const auto store = buckets.open(manifest.bucket);
  const auto entries =
      format::parse_manifest(read_all(*store, manifest.info, format::kMaxManifestBytes), manifest.uri());
  data.objects = fix_entries(buckets, entries, manifest.uri(), stop);
}

}  // namespace

std::uint64_t DataSet::bytes() const noexcept {
  std::uint64_t sum = 0;
  for (const SourceObject& object : objects) sum += object.info.size;
  return sum;
}

std::vector<const SourceObject*> DataSet::all() const {
  std::vector<const SourceObject*> objects_and_manifest;
  for (const SourceObject& object : objects) objects_and_manifest.push_back(&object);
  if (manifest) objects_and_manifest.push_back(&*manifest);
  return objects_and_manifest;
}

DataSet fix_data_set(Buckets& buckets, const std::string& bucket, const DataFile& file, const std::stop_token& stop) {
  DataSet data;
  data.file = file;
  std::vector<S3Uri> uris;
  for (const std::string& key : file.keys) uris.push_back({bucket, key});
  data.objects = fix_objects(buckets, uris, ErrorKind::conflict, "gone since it was listed: ", stop);
  if (file.suffix == Suffix::manifest) {
    data.manifest = std::move(data.objects.front());
    data.objects.clear();
    read_manifest(buckets, data, stop);
  }
  set_kind(data);
  return data;
}

std::optional<std::string> changed_since(Buckets& buckets, const DataSet& data, const std::stop_token& stop) {
  return changed_since(buckets, data.all(), stop);
}

std::string manifest_of(const DataSet& data) { return manifest_of(std::span(data.objects)); }

}  // namespace penstock
