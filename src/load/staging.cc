#include "load/staging.h"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "load/fingerprint.h"
#include "penstock/error.h"
#include "penstock/uri.h"

namespace penstock {
namespace {

constexpr char kBasePath[] = "PENSTOCK_S3_BASE_PATH";
constexpr std::size_t kManyLeftovers = 1000;  // more than that wait for the next load

}  // namespace

StagingBase staging_base(const Environment& environment, const std::string& data_bucket) {
  const auto path = environment(kBasePath);
  if (!path) return {data_bucket, "_penstock/"};
  try {
    S3Uri uri = parse_s3_uri(*path);
    if (!uri.key.empty() && !uri.key.ends_with('/')) uri.key += '/';
    return {uri.bucket, uri.key};
  } catch (const Error& e) {
    throw Error(ErrorKind::invalid, fmt::format("{} must be s3://bucket/prefix/: {}", kBasePath, e.what()));
  }
}

Staging::Staging(Buckets& buckets, const StagingBase& base, const Target& target, std::string_view database, Log& log)
    : store_(buckets.open(base.bucket)),
      prefix_(base.prefix + sha256_hex(std::string(database) + '\0' + target.id).substr(0, 16) + "/"),
      log_(log) {}

std::string Staging::manifest_key(const std::string& attempt_id) const {
  return prefix_ + attempt_id + "/manifest.json";
}

std::string Staging::manifest_uri(const std::string& attempt_id) const {
  return store_->uri_of(manifest_key(attempt_id));
}

void Staging::write_manifest(const std::string& attempt_id, const std::string& text) {
  const std::string key = manifest_key(attempt_id);
  try {
    write_all(*store_, key, text, {.only_if_absent = true, .metadata = {{"penstock-attempt", attempt_id}}});
  } catch (const Error& e) {
    // Our own write, whose first answer was lost, is no conflict.
    if (e.kind() != ErrorKind::conflict || read_all(*store_, key, text.size() + 1) != text) throw;
  }
}

std::vector<std::string> Staging::leftovers(const std::string& own_attempt_id) {
  std::vector<std::string> keys;
  if (looked_) return keys;
  try {
    const std::string own = prefix_ + own_attempt_id + "/";
    const auto listing = store_->list(prefix_);
    while (keys.size() < kManyLeftovers) {
      auto object = listing->next();
      if (!object) break;
      if (!object->key.starts_with(own)) keys.push_back(std::move(object->key));
    }
    looked_ = true;
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::cancelled) throw;
    log_.debug(fmt::format("could not look for what earlier attempts left: {}", e.what()));
    keys.clear();
  }
  return keys;
}

void Staging::remove(const std::string& attempt_id, std::vector<std::string> leftovers) noexcept {
  leftovers.push_back(manifest_key(attempt_id));
  remove(std::move(leftovers));
}

void Staging::remove(std::vector<std::string> keys) noexcept {
  if (keys.empty()) return;
  try {
    store_->remove(keys, {.even_when_stopped = true});
  } catch (const std::exception& e) {
    log_.warning(e.what());
    log_.warning("objects of our own were left behind; the next load of the table removes them");
  }
}

}  // namespace penstock
