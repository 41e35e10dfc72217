#include "reconcile/copy_place.h"

#include <fmt/format.h>

#include "base/text.h"
#include "penstock/error.h"
#include "reconcile/source.h"

namespace penstock::reconcile {
namespace {

S3Uri parse_folder(const std::string& folder) {
  S3Uri uri = parse_s3_uri(folder);
  if (uri.key.ends_with('*')) {
    throw Error(ErrorKind::invalid,
                fmt::format("'{}' ends in *: what is copied needs a folder: s3://bucket/folder", printable(folder)));
  }
  if (!uri.key.empty() && !uri.key.ends_with('/')) uri.key += '/';
  return uri;
}

}  // namespace

CopyPlace::CopyPlace(const std::string& source, const std::string& target)
    : source_(parse_source(source)), target_(parse_folder(target)) {
  if (is_of_source(target_.key)) {
    throw Error(ErrorKind::invalid, fmt::format("{} lies below {}: its copies would be keys of the source themselves",
                                                printable(to_string(target_)), printable(source)));
  }
}

bool CopyPlace::is_of_source(std::string_view key) const noexcept {
  return target_.bucket == source_.bucket && key.starts_with(source_.key);
}

std::string CopyPlace::key_for(std::string_view key) const {
  const std::size_t base = source_.key.rfind('/') + 1;  // 0 where there is no slash
  std::string target = target_.key + std::string(key.substr(base));
  if (is_of_source(target)) {
    throw Error(
        ErrorKind::invalid,
        fmt::format("copy {}: its target {} would be a key of the source",
                    printable(to_string(S3Uri{.bucket = source_.bucket, .key = std::string(key)})), printable(target)));
  }
  return target;
}

bool is_copy(const ObjectInfo& found, const ObjectInfo& original) {
  if (found.size != original.size || original.etag.empty()) return false;
  if (found.etag == original.etag) return true;
  const auto mark = found.metadata.find(std::string(kCopiedEtag));
  return mark != found.metadata.end() && mark->second == original.etag;
}

std::string why_no_copy(const ObjectInfo& found, const ObjectInfo& original) {
  if (found.size != original.size) {
    return fmt::format("another object is there: of {} bytes, not {}", found.size, original.size);
  }
  const auto mark = found.metadata.find(std::string(kCopiedEtag));
  if (mark != found.metadata.end()) {
    return fmt::format("another object is there: the copy of ETag {}, not {}", printable(mark->second), original.etag);
  }
  return fmt::format("another object is there, or a copy that nothing proves: of ETag {}, not {}", found.etag,
                     original.etag);
}

}  // namespace penstock::reconcile
