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
SqlError redshift_error(const std::string& message, int code, const std::string& context, std::int64_t query,
                        const std::string& location);
// 0A000: a feature that the endpoint has not, named.
SqlError not_supported(const std::string& what);

}  // namespace penstock::endpoint
