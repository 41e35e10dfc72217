// psql on the local Redshift.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "local/shell.h"
#include "penstock/environment.h"

namespace penstock::local {

// Runs the statement, or what stdin holds; on a terminal without a statement, becomes psql. The exit code: 0, or 1 when
// a statement failed. The password goes by the environment: arguments are for all to see.
int run_psql(const std::vector<Setting>& settings, const std::optional<std::string>& statement,
             const Environment& environment);

}  // namespace penstock::local
