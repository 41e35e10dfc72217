// A supply of rows that come as Arrow's batches: of a data frame, or on their way from somewhere else. They are staged,
// as files are, and read once.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "columnar/batches.h"
#include "load/supply.h"

namespace penstock {

// What of the options can't be with such a source.
std::vector<std::string> problems_of_batches(const UpsertOptions& options);

// Named as options.stream_name says. Errors: refused (names of columns that are there twice).
std::unique_ptr<Supply> batch_supply(std::shared_ptr<columnar::BatchReader> rows, const UpsertOptions& options,
                                     const LoadContext& context, const StagingBase& base, const std::string& load_id);

}  // namespace penstock
