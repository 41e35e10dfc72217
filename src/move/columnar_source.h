// Parquet and ORC, files or objects: their rows as batches, and what their footers say.
//
// Threads: one. Lifetime: the job outlives the batches. Errors: those of columnar/file_batches.h and footers.h.
#pragma once

#include "columnar/footers.h"
#include "move/network.h"

namespace penstock::network {

Batches read_columnar(const Resource& from, Job& job);
columnar::Footers footers_of(const Resource& from, const Job& job);

}  // namespace penstock::network
