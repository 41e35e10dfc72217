// An error as the endpoint sends it to its client: Redshift's words and codes.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace penstock::endpoint {

struct SqlError : std::runtime_error {
  SqlError(std::string sqlstate, const std::string& message, std::string detail = {}, std::string hint = {})
      : std::runtime_error(message), sqlstate(std::move(sqlstate)), detail(std::move(detail)), hint(std::move(hint)) {}
  std::string sqlstate;  // XX000 for most of what Redshift reports at run time
  std::string detail;
  std::string hint;
};

// XX000 with Redshift's error block (error, code, context, query, location, process) as the detail.
// A request that S3 refused, of a statement that fails for it.
struct S3Refusal : SqlError {
  S3Refusal(SqlError error, std::string http_method, std::string uri, std::string words)
      : SqlError(std::move(error)), method(std::move(http_method)), uri(std::move(uri)), words(std::move(words)) {}
  std::string method;  // "GET"
  std::string uri;     // s3://bucket/key
  std::string words;   // S3's
};

SqlError redshift_error(const std::string& message, int code, const std::string& context, std::int64_t query,
                        const std::string& location);
// 0A000: a feature that the endpoint has not, named.
SqlError not_supported(const std::string& what);

}  // namespace penstock::endpoint
