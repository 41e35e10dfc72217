// The rows that a COPY refused, as the cluster recorded them.
//
// Threads: one. Errors: of the statements.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "penstock/history.h"
#include "redshift/connection.h"

namespace penstock {

// By query; those of one query in the order of file and line. From stl_load_errors, or where that is denied
// (serverless) from sys_load_error_detail, which has no raw values.
std::map<std::int64_t, std::vector<LoadErrorRow>> load_errors(redshift::Connection& connection,
                                                              const std::vector<std::int64_t>& queries, int limit);

// "s3://b/views/07.csv.gz line 3018, column age (int4): Invalid digit, …; value 'x'"
std::string in_words(const LoadErrorRow& row);

}  // namespace penstock
