#include "endpoint/copy/copy_sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>

#include "base/guarded.h"
#include "endpoint/copy/manifest.h"
#include "endpoint/copy/s3_refusal.h"
#include "penstock/error.h"
#include "penstock/uri.h"

namespace penstock::endpoint {
namespace {

constexpr int kCopyError = 8001;
constexpr std::uint64_t kMaxDocument = 64 << 20;
constexpr std::size_t kHeadsAtOnce = 8;

S3Uri parse_source(const std::string& uri) {
  try {
    return parse_s3_uri(uri);
  } catch (const Error& error) {
    throw SqlError("42601", error.what());
  }
}

// Runs act(0) … act(count - 1) on a few threads; the first failure is thrown when all have ended.
template <typename Act>
void for_each_at_once(std::size_t count, Act act) {
  std::atomic<std::size_t> next{0};
  Guarded<std::exception_ptr> failure;
  const auto work = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        act(i);
      } catch (...) {
        failure.with([](auto& first) {
          if (!first) first = std::current_exception();
        });
        next = count;
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < std::min(count, kHeadsAtOnce); ++i) threads.emplace_back(work);
    work();
  }
  failure.with([](auto& first) {
    if (first) std::rethrow_exception(first);
  });
}

}  // namespace

Sources::Sources(const CopyStatement& statement, const CopyEnvironment& environment)
    : statement_(statement), environment_(environment) {
  try {
    buckets_ = environment.connect(statement);
  } catch (const Error& error) {
    throw_s3_refusal(error, statement.source, false, environment.query_id);
  }
}

ObjectStore& Sources::store(const std::string& bucket) {
  auto& store = stores_[bucket];
  if (!store) store = buckets_->open(bucket);
  return *store;
}

std::vector<SourceObject> Sources::objects() { return statement_.manifest ? in_manifest() : under_prefix(); }

std::vector<SourceObject> Sources::under_prefix() {
  const S3Uri source = parse_source(statement_.source);
  std::vector<SourceObject> objects;
  try {
    ObjectStore& store = this->store(source.bucket);
    const auto listing = store.list(source.key);
    while (auto info = listing->next()) {
      std::string uri = to_string(S3Uri{source.bucket, info->key});
      objects.push_back({&store, std::move(*info), std::move(uri)});
    }
  } catch (const Error& error) {
    throw_s3_refusal(error, statement_.source, false, environment_.query_id);
  }
  if (objects.empty() && !is_columnar(statement_.format)) {
    throw redshift_error(fmt::format("The specified S3 prefix '{}' does not exist", source.key), kCopyError, "",
                         environment_.query_id, "s3_utility.cpp");
  }
  return objects;
}

std::string Sources::document(const std::string& uri) {
  const S3Uri at = parse_source(uri);
  return read_all(store(at.bucket), at.key, kMaxDocument);
}

std::string Sources::read_manifest() {
  const S3Uri at = parse_source(statement_.source);
  if (at.key.empty() || at.key.ends_with('/')) {
    throw redshift_error("COPY with MANIFEST parameter requires full path of an S3 object", kCopyError, "",
                         environment_.query_id, "s3_utility.cpp");
  }
  try {
    return document(statement_.source);
  } catch (const Error& error) {
    const bool denied = error.kind() == ErrorKind::denied &&
                        std::string_view(error.what()).find("AccessDenied") != std::string_view::npos;
    const std::string words = s3_service_exception(error, true);
    const std::string message = denied ? "COPY with MANIFEST parameter requires full path of an S3 object"
                                       : "Problem reading manifest file - " + words;
    throw S3Refusal(redshift_error(message, kCopyError, "S3 key being read : " + statement_.source,
                                   environment_.query_id, "s3_utility.cpp"),
                    "GET", statement_.source, words);
  }
}

std::vector<SourceObject> Sources::in_manifest() {
  const bool columnar = is_columnar(statement_.format);
  const auto entries = parse_manifest(read_manifest(), columnar, environment_.query_id);
  const auto scan_error = [&](const std::string& context) {
    constexpr int kSpectrumScan = 15001;
    return redshift_error("Spectrum Scan Error", kSpectrumScan, context, environment_.query_id, "dory_util.cpp");
  };
  std::vector<SourceObject> found(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    found[i].uri = entries[i].url;
    found[i].store = &store(parse_source(entries[i].url).bucket);
  }
  for_each_at_once(entries.size(), [&](std::size_t i) {
    const ManifestEntry& entry = entries[i];
    std::optional<ObjectInfo> info;
    try {
      info = found[i].store->head(parse_source(entry.url).key);
      if (!info) throw Error(ErrorKind::not_found, entry.url + " is not there");
    } catch (const Error& error) {
      const bool absent = error.kind() == ErrorKind::not_found;
      if (absent && columnar) throw scan_error("File not found " + entry.url);
      if (absent && !entry.mandatory) return;
      throw_s3_refusal(error, entry.url, true, environment_.query_id, "HEAD");
    }
    if (columnar && entry.content_length != info->size) {
      throw scan_error(fmt::format("content_length of {} is {} in the manifest, and the object has {} bytes", entry.url,
                                   *entry.content_length, info->size));
    }
    found[i].info = std::move(*info);
  });
  // what was not there is still without a key
  std::vector<SourceObject> objects;
  for (SourceObject& object : found) {
    if (!object.info.key.empty()) objects.push_back(std::move(object));
  }
  if (objects.empty()) {
    const Error none(ErrorKind::not_found, "no object of the manifest is there");
    throw_s3_refusal(none, entries.empty() ? statement_.source : entries.front().url, true, environment_.query_id,
                     "HEAD");
  }
  return objects;
}

}  // namespace penstock::endpoint
