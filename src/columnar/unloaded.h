// Batches of what UNLOAD wrote: as many rows as it said that there are, and NULL where it writes JSON's null, which it
// does for NULL in a SUPER, whatever it is told to write for others.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "columnar/batches.h"

namespace penstock::columnar {

// Errors: those of the rows; unavailable, at their end: there are fewer, or more.
std::unique_ptr<BatchReader> unloaded(std::unique_ptr<BatchReader> rows, std::uint64_t count, const std::string& name);

}  // namespace penstock::columnar
