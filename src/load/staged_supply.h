// A supply that is read here and staged: files, stdin. Its records are checked, numbered where their order decides, and
// compressed on the way.
#pragma once

#include <memory>
#include <string>

#include "load/supply.h"

namespace penstock {

// Errors: those of source.h.
std::unique_ptr<Supply> staged_supply(const UpsertOptions& options, const LoadContext& context, const StagingBase& base,
                                      const std::string& load_id);

}  // namespace penstock
