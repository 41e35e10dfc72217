#include "store/s3_failure.h"

#include <aws/auth/auth.h>
#include <aws/http/http.h>
#include <aws/io/io.h>
#include <aws/s3/s3.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "store/rules.h"
#include "store/s3_xml.h"

namespace penstock {
namespace {

constexpr std::size_t kMostWords = 400;

struct Said {
  std::string code;
  std::string message;
  std::string bucket;
};

Said said(const S3Response& response) {
  const auto start = std::string_view(response.body).substr(0, 200).find("<Error");
  if (start == std::string_view::npos) return {};
  try {
    const XmlElement error = parse_xml(response.body);
    if (error.name != "Error") return {};
    return {.code = std::string(error.text_of("Code")),
            .message = std::string(error.text_of("Message")),
            .bucket = std::string(error.text_of("BucketName"))};
  } catch (const Error&) {
    return {};
  }
}

bool is_credentials_failure(int failure) noexcept {
  return failure >= AWS_AUTH_SIGNING_UNSUPPORTED_ALGORITHM && failure <= AWS_AUTH_ERROR_END_RANGE;
}

// Failures of the CRT that no further attempt can better.
bool is_final_failure(int failure) noexcept {
  switch (failure) {
    case AWS_ERROR_S3_CANCELED:
    case AWS_ERROR_S3_REQUEST_TIME_TOO_SKEWED:
    case AWS_ERROR_INVALID_ARGUMENT:
    case AWS_ERROR_OOM:
    case AWS_IO_DNS_INVALID_NAME:
    case AWS_IO_TLS_ERROR_NEGOTIATION_FAILURE:
      return true;
    default:
      return is_credentials_failure(failure);
  }
}

constexpr std::string_view kSkewed =
    "this machine's clock differs from S3's by more than 15 minutes: set the clock, then try again";

std::string_view hint_for(std::string_view code) noexcept {
  if (code == "InvalidAccessKeyId" || code == "XAdminUserNotFound") return "; check AWS_ACCESS_KEY_ID";
  if (code == "SignatureDoesNotMatch") return "; check AWS_SECRET_ACCESS_KEY";
  if (code == "ExpiredToken" || code == "InvalidToken" || code == "TokenRefreshRequired") {
    return "; get new session credentials";
  }
  return "";
}

ErrorKind kind_of(int status, std::string_view code) noexcept {
  constexpr std::array kDenied{
      "InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied",      "ExpiredToken",
      "InvalidToken",       "TokenRefreshRequired",  "XAdminUserNotFound" /* versitygw's InvalidAccessKeyId */};
  constexpr std::array kInvalid{"InvalidBucketName", "KeyTooLongError", "AuthorizationHeaderMalformed",
                                "PermanentRedirect", "IllegalLocationConstraintException"};
  if (std::ranges::find(kDenied, code) != kDenied.end()) return ErrorKind::denied;
  if (std::ranges::find(kInvalid, code) != kInvalid.end()) return ErrorKind::invalid;
  switch (status) {
    case 401:
    case 403:
      return ErrorKind::denied;
    case 404:
      return ErrorKind::not_found;
    case 409:
    case 412:
    case 416:
      return ErrorKind::conflict;
    case 408:
    case 429:
      return ErrorKind::unavailable;
    default:
      if (status >= 500 && status != 501) return ErrorKind::unavailable;
      return status >= 300 && status < 400 ? ErrorKind::invalid : ErrorKind::refused;
  }
}

}  // namespace

bool may_pass(const S3Response& response) {
  if (response.failure != 0) return !is_final_failure(response.failure);
  switch (response.status) {
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return true;
    case 409: {  // two at once on one key: S3 asks the one that it tells to come again
      const std::string code = s3_code(response);
      return code == "ConditionalRequestConflict" || code == "OperationAborted";
    }
    default:
      return false;
  }
}

std::string s3_code(const S3Response& response) { return said(response).code; }

std::string words_of(const S3Response& response) {
  switch (response.failure) {
    case 0:
      break;
    // of these the CRT keeps no more than that S3 said them
    case AWS_ERROR_S3_SLOW_DOWN:
      return "503 SlowDown";
    case AWS_ERROR_S3_INTERNAL_ERROR:
      return "500 InternalError";
    case AWS_ERROR_S3_REQUEST_TIMEOUT:
      return "400 RequestTimeout";
    case AWS_ERROR_HTTP_CHANNEL_THROUGHPUT_FAILURE:
      return "no byte moved within the timeout";
    default:
      return aws_error_text(response.failure);
  }
  const Said words = said(response);
  if (words.code.empty()) return fmt::format("HTTP status {}", response.status);
  return printable(fmt::format("{}: {}", words.code, words.message).substr(0, kMostWords));
}

Error s3_failure(std::string_view act, std::string_view uri, std::string_view bucket, const S3Response& response) {
  const std::string what = fmt::format("{} {}", act, printable(uri));
  const Said words = said(response);
  if (response.failure == AWS_ERROR_S3_CANCELED) return Error(ErrorKind::cancelled, what + ": stopped as asked");
  if (response.failure == AWS_ERROR_S3_REQUEST_TIME_TOO_SKEWED || words.code == "RequestTimeTooSkewed") {
    return Error(ErrorKind::denied, fmt::format("{}: {}", what, kSkewed));
  }
  if (response.failure != 0 && is_credentials_failure(response.failure)) {
    return Error(ErrorKind::denied,
                 fmt::format("{}: no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, "
                             "or run where a role is given ({})",
                             what, aws_error_text(response.failure)));
  }
  if (response.failure != 0) {
    return Error(ErrorKind::unavailable, fmt::format("{}: {}, {} attempt{} made", what, words_of(response),
                                                     response.attempts, response.attempts == 1 ? "" : "s"));
  }
  if (words.code == "NoSuchBucket") return no_such_bucket(act, words.bucket.empty() ? bucket : words.bucket);
  if (words.code == "NoSuchKey") return no_such_object(act, uri);
  const std::string region = response.header("x-amz-bucket-region");
  const ErrorKind kind = kind_of(response.status, words.code);
  const std::string where = kind == ErrorKind::invalid && !region.empty()
                                ? fmt::format("; the bucket is in region {}: set AWS_REGION", printable(region))
                                : std::string();
  return Error(kind, fmt::format("{}: S3 says {}{}{}", what, words_of(response), hint_for(words.code), where));
}

}  // namespace penstock
