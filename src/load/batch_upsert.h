// An upsert of rows that come as Arrow's batches; else as penstock/upsert.h has it.
#pragma once

#include <functional>
#include <memory>

#include "columnar/batches.h"
#include "penstock/upsert.h"

namespace penstock {

// options: without sources and stream; stream_name says what the rows are of.
UpsertOutcome upsert(std::shared_ptr<columnar::BatchReader> rows, const UpsertOptions& options,
                     const LoadContext& context, const std::function<void(const UpsertProgress&)>& on_progress = {});

}  // namespace penstock
