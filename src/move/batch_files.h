// Batches into the files or objects of a destination: one, or, below a folder, parts of about part_bytes each.
//
// Threads: one. Errors: those of outlet.h and of the formats' writers; what the reader throws.
#pragma once

#include <string>
#include <vector>

#include "columnar/batches.h"
#include "move/network.h"

namespace penstock::network {

void write_files(columnar::BatchReader& rows, const Resource& to, Job& job);
std::vector<std::string> plan_files(const Resource& to, Job& job);  // of a dry run

}  // namespace penstock::network
