// Text that is looked at for its types, and then read as batches of them.
//
// Threads: one. Errors: those of discovery/discover.h and columnar/text_batches.h; refused: there is no record.
#pragma once

#include "discovery/discover.h"
#include "move/network.h"
#include "move/text_source.h"

namespace penstock::network {

// Reads it all, or the job's sample; tells the job how far it is, and why each column is of its type.
discovery::Discovered types_of(const TextSource& text, const Resource& from, Job& job);
Batches typed_batches(TextSource text, const discovery::Discovered& found, const Job& job);

}  // namespace penstock::network
