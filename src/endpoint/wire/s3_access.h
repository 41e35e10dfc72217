// What the credentials of a COPY or UNLOAD open: the bucket folder for those who know its keys, or a real S3 for
// whoever it lets in.
//
// Threads: any. Errors: Error: denied, with S3's code in the message; what the store throws.
#pragma once

#include <functional>
#include <memory>

#include "endpoint/sql/authorization.h"
#include "endpoint/wire/config.h"
#include "penstock/log.h"
#include "penstock/store.h"

namespace penstock::endpoint {

// Roles, default or by any ARN, are the endpoint's own credentials: it is the account that they belong to.
std::function<std::unique_ptr<Buckets>(const Authorization&)> s3_access(const EndpointConfig& config, Log& log);

}  // namespace penstock::endpoint
