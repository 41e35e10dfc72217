// What a COPY's credentials open: the bucket folder for those who know its keys, or a real S3 for whoever it lets in.
//
// Threads: any. Errors: Error: denied, with S3's code in the message; what the store throws.
#pragma once

#include <functional>
#include <memory>

#include "endpoint/sql/copy_statement.h"
#include "endpoint/wire/config.h"
#include "penstock/log.h"

namespace penstock::endpoint {

// Roles, default or by any ARN, are the endpoint's own credentials: it is the account that they belong to.
std::function<std::unique_ptr<Buckets>(const CopyStatement&)> s3_access(const EndpointConfig& config, Log& log);

}  // namespace penstock::endpoint
