#include "store/rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace penstock {
namespace {

constexpr std::size_t kMostKeyBytes = 1024;
constexpr std::size_t kMostMetadataBytes = 2048;

bool is_alphanumeric(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

void check_bucket_name(std::string_view bucket) {
  // capitals and underscores: buckets from before 2018 have them
  const auto allowed = [](char c) { return is_alphanumeric(c) || c == '.' || c == '-' || c == '_'; };
  if (bucket.size() < 3 || bucket.size() > 63 || !is_alphanumeric(bucket.front()) ||
      !std::ranges::all_of(bucket, allowed)) {
    throw Error(ErrorKind::invalid,
                fmt::format("'{}' is not a bucket's name (3 to 63 letters, digits, '.', '-')", printable(bucket)));
  }
}

void check_key(std::string_view key) {
  if (key.empty()) throw Error(ErrorKind::invalid, "an object's key is empty");
  if (key.size() > kMostKeyBytes) {
    throw Error(ErrorKind::invalid, fmt::format("the key '{}...' has {} bytes; a key has {} at most",
                                                printable(key.substr(0, 64)), key.size(), kMostKeyBytes));
  }
  if (!is_utf8(key)) throw Error(ErrorKind::invalid, fmt::format("the key '{}' is not UTF-8", printable(key)));
}

void check_encryption(const CreateOptions& options) {
  if (!options.encryption || options.encryption->kms_key_id.empty()) return;
  throw Error(ErrorKind::refused, fmt::format("encrypt with the KMS key '{}': only S3 has a key management service",
                                              printable(options.encryption->kms_key_id)));
}

void check_storage_class(const CreateOptions& options) {
  if (options.storage_class.empty() || options.storage_class == "STANDARD") return;
  throw Error(ErrorKind::refused,
              fmt::format("store as {}: only S3 has storage classes", printable(options.storage_class)));
}

std::map<std::string, std::string> metadata_for(const CreateOptions& options,
                                                const std::map<std::string, std::string>& of_source) {
  auto metadata = options.metadata.empty() ? of_source : options.metadata;
  for (const auto& [name, value] : options.added_metadata) metadata[name] = value;
  return metadata;
}

void check_metadata(const std::map<std::string, std::string>& metadata) {
  const auto in_name = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; };
  const auto in_value = [](char c) { return c >= ' ' && c <= '~'; };
  std::size_t bytes = 0;
  for (const auto& [name, value] : metadata) {
    bytes += name.size() + value.size();
    if (name.empty() || !std::ranges::all_of(name, in_name)) {
      throw Error(ErrorKind::invalid,
                  fmt::format("'{}' is not a name for metadata (a-z, 0-9, '-', '_')", printable(name)));
    }
    if (!std::ranges::all_of(value, in_value) || value.starts_with(' ') || value.ends_with(' ')) {
      throw Error(
          ErrorKind::invalid,
          fmt::format("the metadata {}='{}' is not printable ASCII without blanks around it", name, printable(value)));
    }
  }
  if (bytes > kMostMetadataBytes) {
    throw Error(ErrorKind::invalid,
                fmt::format("the metadata has {} bytes; an object has {} at most", bytes, kMostMetadataBytes));
  }
}

ByteRange covered(const ObjectInfo& object, const std::optional<ByteRange>& range) {
  if (!range) return {.offset = 0, .length = object.size};
  const std::uint64_t offset = std::min(range->offset, object.size);
  return {.offset = offset, .length = std::min(range->length, object.size - offset)};
}

Error no_such_bucket(std::string_view act, std::string_view bucket) {
  return Error(ErrorKind::not_found, fmt::format("{} s3://{}: no such bucket '{}'", act, bucket, bucket));
}

Error no_such_object(std::string_view act, std::string_view uri) {
  return Error(ErrorKind::not_found, fmt::format("{} {}: no such object", act, printable(uri)));
}

Error changed_since_listed(std::string_view act, std::string_view uri) {
  return Error(ErrorKind::conflict, fmt::format("{} {}: it was overwritten since it was listed", act, printable(uri)));
}

Error already_there(std::string_view act, std::string_view uri) {
  return Error(ErrorKind::conflict,
               fmt::format("{} {}: the key is taken already; it was left as it is", act, printable(uri)));
}

Error upload_gone(std::string_view uri) {
  return Error(ErrorKind::conflict,
               fmt::format("write {}: the upload was aborted by somebody else; nothing was written", printable(uri)));
}

Error other_buckets(std::string_view act, std::string_view uri) {
  return Error(ErrorKind::invalid,
               fmt::format("{} {}: the source and the target are not reached through one connection; copy by reading",
                           act, printable(uri)));
}

}  // namespace penstock
