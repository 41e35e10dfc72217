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
constexpr Refusal kInvalidKeyId = {"InvalidAccessKeyId",
                                   "The AWS Access Key Id you provided does not exist in our records.", 403};
constexpr Refusal kDenied[] = {
    kInvalidKeyId,
    {"SignatureDoesNotMatch",
     "The request signature we calculated does not match the signature you provided. Check your key and signing "
     "method.",
     403},
    {"ExpiredToken", "The provided token has expired.", 400},
    {"InvalidToken", "The provided token is malformed or otherwise invalid.", 400},
};

bool mentions(const Error& error, std::string_view name) {
  return std::string_view(error.what()).find(name) != std::string_view::npos;
}

Refusal refusal_of(const Error& error, bool object_named) {
  switch (error.kind()) {
    case ErrorKind::not_found:
      return object_named && !mentions(error, "NoSuchBucket") ? kNoSuchKey : kNoSuchBucket;
    case ErrorKind::denied: {
      const auto* known = std::ranges::find_if(kDenied, [&](const Refusal& r) { return mentions(error, r.name); });
      if (known != std::end(kDenied)) return *known;
      if (mentions(error, "XAdminUserNotFound")) return kInvalidKeyId;  // as versitygw says it
      return {"AccessDenied", "Access Denied", 403};
    }
    case ErrorKind::conflict:  // overwritten since it was listed
      return {"PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412};
    case ErrorKind::refused:
      return {"InvalidRequest", error.what(), 400};
    default:
      if (mentions(error, "PermanentRedirect")) {
        return {"PermanentRedirect",
                "The bucket you are attempting to access must be addressed using the specified endpoint. Please send "
                "all future requests to this endpoint.",
                301};
      }
      return {"ServiceUnavailable", error.what(), 503};
  }
}

}  // namespace

std::string s3_service_exception(const Error& error, bool object_named) {
  const Refusal refusal = refusal_of(error, object_named);
  return fmt::format("S3ServiceException:{},Status {},Error {},Rid 0000000000000000,ExtRid 0000000000000000,CanRetry 1",
                     refusal.text, refusal.status, refusal.name);
}

void throw_s3_refusal(const Error& error, const std::string& uri, bool object_named, std::int64_t query,
                      const std::string& method) {
  if (error.kind() == ErrorKind::cancelled) {
    throw SqlError("57014", fmt::format("Query ({}) cancelled on user's request", query));
  }
  constexpr int kCopyError = 8001;
  const std::string words = s3_service_exception(error, object_named);
  throw S3Refusal(redshift_error(words, kCopyError, "S3 key being read : " + uri, query, "table_s3_scanner.cpp"),
                  method, uri, words);
}

}  // namespace penstock::endpoint
