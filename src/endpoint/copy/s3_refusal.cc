#include "endpoint/copy/s3_refusal.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace penstock::endpoint {
namespace {

struct Refusal {
  std::string_view name;  // S3's code, which the store's message holds
  std::string_view text;
  int status;
};

constexpr Refusal kNoSuchKey = {"NoSuchKey", "The specified key does not exist.", 404};
constexpr Refusal kNoSuchBucket = {"NoSuchBucket", "The specified bucket does not exist", 404};
constexpr Refusal kAccessDenied = {"AccessDenied", "Access Denied", 403};
constexpr Refusal kUnknownKeyId = {"InvalidAccessKeyId",
                                   "The AWS Access Key Id you provided does not exist in our records.", 403};
constexpr Refusal kNamed[] = {
    kUnknownKeyId,
    {"SignatureDoesNotMatch",
     "The request signature we calculated does not match the signature you provided. Check your key and signing "
     "method.",
     403},
    {"ExpiredToken", "The provided token has expired.", 400},
    {"InvalidToken", "The provided token is malformed or otherwise invalid.", 400},
    {"PermanentRedirect",
     "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future "
     "requests to this endpoint.",
     301},
    kNoSuchBucket,
    kNoSuchKey,
};

Refusal refusal_of(const Error& error, bool object_named) {
  const std::string_view message = error.what();
  const auto named = std::ranges::find_if(
      kNamed, [&](const Refusal& known) { return message.find(known.name) != std::string_view::npos; });
  if (named != std::end(kNamed)) return *named;
  // versitygw's word for it, with the status 404: not for a bucket that is missing
  if (message.find("XAdminUserNotFound") != std::string_view::npos) return kUnknownKeyId;
  switch (error.kind()) {
    case ErrorKind::not_found:
      return object_named ? kNoSuchKey : kNoSuchBucket;
    case ErrorKind::denied:
      return kAccessDenied;
    case ErrorKind::conflict:  // overwritten since it was listed
      return {"PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412};
    default:
      return {"ServiceUnavailable", message, 503};
  }
}

}  // namespace

std::string s3_service_exception(const Error& error, bool object_named) {
  const Refusal refusal = refusal_of(error, object_named);
  return fmt::format("S3ServiceException:{},Status {},Error {},Rid 0000000000000000,ExtRid 0000000000000000,CanRetry 1",
                     refusal.text, refusal.status, refusal.name);
}

SqlError s3_refusal(const Error& error, const std::string& uri, bool object_named, std::int64_t query) {
  if (error.kind() == ErrorKind::cancelled) {
    return {"57014", fmt::format("Query ({}) cancelled on user's request", query)};
  }
  constexpr int kCopyError = 8001;
  return redshift_error(s3_service_exception(error, object_named), kCopyError, "S3 key being read : " + uri, query,
                        "table_s3_scanner.cpp");
}

}  // namespace penstock::endpoint
