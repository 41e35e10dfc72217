// What a store refused, in the words of Redshift's S3ServiceException.
#pragma once

#include <cstdint>
#include <string>

#include "endpoint/sql/sql_error.h"
#include "penstock/error.h"

namespace penstock::endpoint {

// "S3ServiceException:Access Denied,Status 403,Error AccessDenied,Rid …,ExtRid …,CanRetry 1"
std::string s3_service_exception(const Error& error, bool object_named);
// uri: what was read. object_named: an absent thing is the object, not the bucket. Throws S3Refusal; of a cancel, the
// SqlError of cancelled statements.
[[noreturn]] void throw_s3_refusal(const Error& error, const std::string& uri, bool object_named, std::int64_t query,
                                   const std::string& method = "GET");

}  // namespace penstock::endpoint
