// As whom COPY reads S3: the role of REDSHIFT_ROLE_ARN, else the keys that the standard AWS chain gives now.
//
// Threads: one. Errors: denied, when there are neither.
#pragma once

#include <optional>
#include <string>

#include "penstock/load.h"
#include "redshift/copy.h"

namespace penstock {

redshift::CopyAccess copy_access(const LoadContext& context);
std::optional<std::string> copy_region(const LoadContext& context);  // AWS_REGION, AWS_DEFAULT_REGION
// Whether the objects that we read surely lie in the cluster's own region: COPY can be told another, but not of Parquet
// and ORC. Of a cluster behind a name of its own nobody knows.
bool is_in_clusters_region(const LoadContext& context);

}  // namespace penstock
