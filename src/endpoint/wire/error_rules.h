// PostgreSQL's errors and notices in Redshift's words and codes.
//
// Pure. One table of rules in error_rules.cc; what no rule names passes through as it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "endpoint/sql/sql_error.h"
#include "endpoint/wire/messages.h"

namespace penstock::endpoint {

// What Redshift's error texts name besides the error itself.
struct ErrorContext {
  std::int64_t query = 0;
  std::int64_t transaction = 0;
  int process = 0;
  std::int64_t table = 0;  // of a conflict
  bool rewritten = false;  // PostgreSQL saw another text than the client wrote: positions in it mean nothing
};

constexpr std::string_view kSerializationFailure = "1023";  // the message, literally

Report translate_error(Report report, const ErrorContext& context);
Report translate_notice(Report report);
// False: what VACUUM or ANALYZE of all tables may not touch, which Redshift passes over without a word.
bool is_told(const Report& notice);
SqlError sql_error_of(const Report& report);  // as it is
Report report_of(const SqlError& error);
SqlError sql_error_of(const Report& report, const ErrorContext& context);  // translated

}  // namespace penstock::endpoint
