#include "load/data_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

#include "base/guarded.h"
#include "base/text.h"
#include "format/manifest.h"
#include "load/fingerprint.h"
#include "penstock/error.h"
#include "penstock/uri.h"

namespace penstock {
namespace {

using redshift::CopyCompression;

constexpr std::size_t kHeadsInFlight = 16;
constexpr std::size_t kNamed = 10;  // objects named in one message

// Runs work(0) … work(count - 1), several at a time. The first failure ends it and is thrown.
void for_each_of(std::size_t count, const std::stop_token& stop, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  Guarded<std::exception_ptr> failure;
  const auto run = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped while looking at the data's objects");
        work(i);
      } catch (...) {
        next = count;
        failure.with([](std::exception_ptr& first) {
          if (!first) first = std::current_exception();
        });
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < std::min(count, kHeadsInFlight); ++i) helpers.emplace_back(run);
    run();
  }
  failure.with([](std::exception_ptr& first) {
    if (first) std::rethrow_exception(first);
  });
}

// Each bucket opened once, by whichever thread needs it.
class OpenBuckets {
 public:
  explicit OpenBuckets(Buckets& buckets) : buckets_(buckets) {}
  ObjectStore& operator[](const std::string& name) {
    return *stores_.with([&](auto& stores) {
      auto& store = stores[name];
      if (!store) store = buckets_.open(name);
      return store.get();
    });
  }

 private:
  Buckets& buckets_;
  Guarded<std::map<std::string, std::unique_ptr<ObjectStore>>> stores_;
};

// The present versions of these; nullopt for what is not there.
std::vector<std::optional<ObjectInfo>> heads(Buckets& buckets, const std::vector<S3Uri>& uris,
                                             const std::stop_token& stop) {
  OpenBuckets stores(buckets);
  std::vector<std::optional<ObjectInfo>> found(uris.size());
  for_each_of(uris.size(), stop, [&](std::size_t i) { found[i] = stores[uris[i].bucket].head(uris[i].key); });
  return found;
}

std::string some_of(const std::vector<std::string>& names) {
  const auto shown = static_cast<std::ptrdiff_t>(std::min(names.size(), kNamed));
  std::string text = fmt::format("{}", fmt::join(names.begin(), names.begin() + shown, ", "));
  if (names.size() > kNamed) text += fmt::format(" and {} more", names.size() - kNamed);
  return text;
}

std::vector<SourceObject> fixed(Buckets& buckets, const std::vector<S3Uri>& uris, ErrorKind when_missing,
                                std::string_view missing_words, const std::stop_token& stop) {
  auto found = heads(buckets, uris, stop);
  std::vector<std::string> missing;
  std::vector<SourceObject> objects;
  for (std::size_t i = 0; i < uris.size(); ++i) {
    if (found[i]) {
      objects.push_back({uris[i].bucket, *std::move(found[i])});
    } else {
      missing.push_back(printable(to_string(uris[i])));
    }
  }
  if (!missing.empty()) throw Error(when_missing, fmt::format("{}{}", missing_words, some_of(missing)));
  return objects;
}

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
  std::vector<S3Uri> uris;
  for (const format::ManifestEntry& entry : entries) uris.push_back(parse_s3_uri(entry.url));
  data.objects = fixed(buckets, uris, ErrorKind::not_found,
                       fmt::format("{} names objects that are not there: ", printable(manifest.uri())), stop);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::uint64_t size = data.objects[i].info.size;
    if (entries[i].content_length.value_or(size) == size) continue;
    throw Error(ErrorKind::refused,
                fmt::format("{} says that {} has {} bytes, and it has {}", printable(manifest.uri()),
                            printable(entries[i].url), *entries[i].content_length, size));
  }
}

}  // namespace

std::string SourceObject::uri() const { return to_string(S3Uri{bucket, info.key}); }
std::string SourceObject::file_id() const { return file_id_of(bucket, info); }
std::string SourceObject::key_id() const { return key_id_of(bucket, info.key); }

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
  data.objects = fixed(buckets, uris, ErrorKind::conflict, "gone since it was listed: ", stop);
  if (file.suffix == Suffix::manifest) {
    data.manifest = std::move(data.objects.front());
    data.objects.clear();
    read_manifest(buckets, data, stop);
  }
  set_kind(data);
  return data;
}

std::optional<std::string> changed_since(Buckets& buckets, const DataSet& data, const std::stop_token& stop) {
  const auto objects = data.all();
  std::vector<S3Uri> uris;
  for (const SourceObject* object : objects) uris.push_back({object->bucket, object->info.key});
  const auto found = heads(buckets, uris, stop);
  std::vector<std::string> changed;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const auto& then = objects[i]->info;
    if (!found[i] || found[i]->etag != then.etag || found[i]->size != then.size) {
      changed.push_back(printable(to_string(uris[i])));
    }
  }
  if (changed.empty()) return std::nullopt;
  return fmt::format("{} was overwritten or removed", some_of(changed));
}

std::string manifest_of(const DataSet& data) {
  std::vector<format::ManifestEntry> entries;
  for (const SourceObject& object : data.objects) entries.push_back({object.uri(), true, object.info.size});
  return format::manifest_text(entries);
}

}  // namespace penstock
