// A supply of rows that lie staged already: parts of one write, each staged by a machine of its own.
//
// They stay until they are committed, so that a commit that failed may be tried again.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "load/supply.h"
#include "penstock/staged_write.h"

namespace penstock {

// The parts outlive it. Errors: refused: they do not agree.
std::unique_ptr<Supply> parts_supply(std::span<const StagedPart> parts, const UpsertOptions& options,
                                     const LoadContext& context, const StagingBase& base, const std::string& load_id);

// Their objects, wherever they are. Tries each bucket until one fails.
void remove_parts(std::span<const StagedPart> parts, Buckets& buckets);

}  // namespace penstock
