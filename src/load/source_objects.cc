#include "load/source_objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "base/guarded.h"
#include "base/in_parallel.h"
#include "base/text.h"
#include "load/fingerprint.h"

namespace penstock {
namespace {

constexpr std::size_t kHeadsInFlight = 16;
constexpr std::size_t kNamed = 10;  // objects named in one message

void for_each_of(std::size_t count, const std::stop_token& stop, const std::function<void(std::size_t)>& work) {
  in_parallel(count, kHeadsInFlight, [&](std::size_t i) {
    if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped while looking at the data's objects");
    work(i);
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

}  // namespace

std::string SourceObject::uri() const { return to_string(S3Uri{bucket, info.key}); }
std::string SourceObject::file_id() const { return file_id_of(bucket, info); }
std::string SourceObject::key_id() const { return key_id_of(bucket, info.key); }

std::vector<SourceObject> fix_objects(Buckets& buckets, const std::vector<S3Uri>& uris, ErrorKind when_missing,
                                      std::string_view missing_words, const std::stop_token& stop) {
  auto found = heads(buckets, uris, stop);
  std::vector<std::string> missing;
  std::vector<SourceObject> objects;
  for (std::size_t i = 0; i < uris.size(); ++i) {
    if (found[i]) {
      objects.push_back({uris[i].bucket, *std::move(found[i])});
    } else {
      if (missing.empty()) check_bucket(buckets, uris[i]);
      missing.push_back(printable(to_string(uris[i])));
    }
  }
  if (!missing.empty()) throw Error(when_missing, fmt::format("{}{}", missing_words, some_of(missing)));
  return objects;
}

std::vector<SourceObject> fix_entries(Buckets& buckets, const std::vector<format::ManifestEntry>& entries,
                                      std::string_view origin, const std::stop_token& stop) {
  std::vector<S3Uri> uris;
  for (const format::ManifestEntry& entry : entries) uris.push_back(parse_s3_uri(entry.url));
  auto objects = fix_objects(buckets, uris, ErrorKind::not_found,
                             fmt::format("{} names objects that are not there: ", printable(origin)), stop);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::uint64_t size = objects[i].info.size;
    if (entries[i].content_length.value_or(size) == size) continue;
    throw Error(ErrorKind::refused, fmt::format("{} says that {} has {} bytes, and it has {}", printable(origin),
                                                printable(entries[i].url), *entries[i].content_length, size));
  }
  return objects;
}

std::optional<std::string> changed_since(Buckets& buckets, const std::vector<const SourceObject*>& objects,
                                         const std::stop_token& stop) {
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

void check_bucket(Buckets& buckets, const S3Uri& absent) {
  try {
    buckets.open(absent.bucket)->list(absent.key)->next();
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::not_found) throw;
  }
}

std::string manifest_of(std::span<const SourceObject> objects) {
  std::vector<format::ManifestEntry> entries;
  for (const SourceObject& object : objects) entries.push_back({object.uri(), true, object.info.size});
  return format::manifest_text(entries);
}

}  // namespace penstock
