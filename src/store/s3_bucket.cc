#include "store/s3_bucket.h"

#include <fmt/format.h>

#include <ctime>
#include <random>

#include "store/rules.h"
#include "store/s3_failure.h"

namespace penstock {
namespace {

constexpr std::string_view kMetadata = "x-amz-meta-";
constexpr std::string_view kAttempt = "penstock-attempt";

ObjectInfo info_of(std::string_view key, const S3Response& response) {
  const std::string length = response.header("content-length");
  return {.key = std::string(key),
          .size = length.empty() ? 0 : std::stoull(length),
          .etag = bare_etag(response.header("etag")),
          .last_modified = parse_http_date(response.header("last-modified")),
          .metadata = metadata_of(response)};
}

std::chrono::sys_seconds parse_date(std::string_view date, const char* format) {
  std::tm parts{};
  if (::strptime(std::string(date).c_str(), format, &parts) == nullptr) return {};
  return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&parts)));
}

S3Response ask_head(const S3Bucket& bucket, std::string_view key) {
  return call(bucket.client,
              {.operation = "HeadObject", .method = "HEAD", .bucket = bucket.name, .key = std::string(key)});
}

}  // namespace

std::string S3Bucket::uri_of(std::string_view key) const { return fmt::format("s3://{}/{}", name, key); }

Error S3Bucket::failure(std::string_view act, std::string_view key, const S3Response& response) const {
  return s3_failure(act, uri_of(key), name, response);
}

std::optional<ObjectInfo> S3Bucket::head(std::string_view act, std::string_view key) const {
  const S3Response response = ask_head(*this, key);
  if (response.is_success()) return info_of(key, response);
  if (response.status == 404) return std::nullopt;
  throw failure(act, key, response);
}

std::optional<ObjectInfo> S3Bucket::written_by(const std::string& attempt, std::string_view key) const {
  const S3Response response = ask_head(*this, key);
  if (response.is_success() && response.header(fmt::format("{}{}", kMetadata, kAttempt)) == attempt) {
    ObjectInfo info = info_of(key, response);
    info.metadata.clear();
    return info;
  }
  if (response.is_success() || response.status == 404) return std::nullopt;
  throw failure("look at", key, response);
}

std::string quoted_etag(std::string_view etag) { return fmt::format("\"{}\"", etag); }

std::string bare_etag(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return std::string(etag);
}

std::chrono::sys_seconds parse_http_date(std::string_view date) {
  return parse_date(date, "%a, %d %b %Y %H:%M:%S GMT");
}

// By hand: one for each key of a listing.
std::chrono::sys_seconds parse_iso_date(std::string_view date) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00";
  if (date.size() < kForm.size()) return {};
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool fits = kForm[i] == '0' ? date[i] >= '0' && date[i] <= '9' : date[i] == kForm[i];
    if (!fits) return {};
  }
  const auto number = [&](std::size_t at, std::size_t size) {
    unsigned value = 0;
    for (const char c : date.substr(at, size)) value = value * 10 + static_cast<unsigned>(c - '0');
    return value;
  };
  const std::chrono::year_month_day day(std::chrono::year(static_cast<int>(number(0, 4))),
                                        std::chrono::month(number(5, 2)), std::chrono::day(number(8, 2)));
  if (!day.ok()) return {};
  return std::chrono::sys_days(day) + std::chrono::hours(number(11, 2)) + std::chrono::minutes(number(14, 2)) +
         std::chrono::seconds(number(17, 2));
}

std::map<std::string, std::string> storage_headers(const CreateOptions& options) {
  std::map<std::string, std::string> headers;
  if (!options.storage_class.empty()) headers["x-amz-storage-class"] = options.storage_class;
  if (!options.encryption) return headers;
  const std::string& kms_key_id = options.encryption->kms_key_id;
  headers["x-amz-server-side-encryption"] = kms_key_id.empty() ? "AES256" : "aws:kms";
  if (!kms_key_id.empty()) headers["x-amz-server-side-encryption-aws-kms-key-id"] = kms_key_id;
  return headers;
}

std::map<std::string, std::string> creation_headers(const CreateOptions& options, const std::string& attempt) {
  auto headers = storage_headers(options);
  for (const auto& [name, value] : metadata_for(options)) headers.emplace(fmt::format("{}{}", kMetadata, name), value);
  if (!attempt.empty()) headers.emplace(fmt::format("{}{}", kMetadata, kAttempt), attempt);
  return headers;
}

std::map<std::string, std::string> metadata_of(const S3Response& response) {
  std::map<std::string, std::string> metadata;
  for (const auto& [name, value] : response.headers) {
    if (name.starts_with(kMetadata)) metadata.emplace(name.substr(kMetadata.size()), value);
  }
  metadata.erase(std::string(kAttempt));
  return metadata;
}

std::string new_attempt_id() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

}  // namespace penstock
