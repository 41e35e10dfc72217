// The text of UNLOAD … TO S3, as penstock sends it: always with a manifest that says how many rows each object has.
#pragma once

#include <optional>
#include <string>

#include "penstock/unload.h"
#include "redshift/copy.h"
#include "redshift/sql.h"

namespace penstock::redshift {

struct UnloadTarget {
  std::string uri;
  CopyAccess access;
  std::optional<std::string> region;
};

// The query goes in as a literal. options: without problems, see penstock/unload.h.
Statement unload_statement(const std::string& query, const UnloadTarget& target, const UnloadOptions& options);

}  // namespace penstock::redshift
