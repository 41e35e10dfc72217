#include "reconcile/source.h"

#include <fmt/format.h>

#include "base/text.h"
#include "penstock/error.h"

namespace penstock::reconcile {

S3Uri parse_source(const std::string& source) {
  S3Uri uri = parse_s3_uri(source);
  const std::size_t star = uri.key.find('*');
  if (star == std::string::npos) {
    if (!uri.key.empty() && !uri.key.ends_with('/')) uri.key += '/';
    return uri;
  }
  if (star + 1 != uri.key.size()) {
    throw Error(ErrorKind::invalid,
                fmt::format("'{}' has a * before its end: s3://bucket/prefix* are the keys that begin so, and "
                            "s3://bucket/folder those of a folder",
                            printable(source)));
  }
  uri.key.pop_back();
  return uri;
}

}  // namespace penstock::reconcile
