// A supply that COPY reads where it lies: objects of S3. Of ours there is only a manifest, which names exactly them.
#pragma once

#include <memory>
#include <string>

#include "load/supply.h"

namespace penstock {

// Errors: those of s3_source.h.
std::unique_ptr<Supply> s3_supply(const UpsertOptions& options, const LoadContext& context, const StagingBase& base,
                                  const std::string& load_id);

}  // namespace penstock
