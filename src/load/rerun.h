// The command that runs one load again, for a shell: what settles an outcome that is not known.
#pragma once

#include <string>

#include "penstock/load.h"

namespace penstock {

// penstock load --schema api_hits --tables pages --bucket analytics --date 2015-07-01T00:00:00Z …, with every option
// that says what is loaded and how.
std::string rerun_command(const LoadOptions& options, const std::string& table, const std::string& date);

}  // namespace penstock
