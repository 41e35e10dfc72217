// Parquet as COPY reads it: columns by position, types by what the file physically holds, and any error is the
// statement's ("Spectrum Scan Error", with the cause as the context of its block).
//
// Memory: one batch of rows at a time and a buffer a column; an object is never held whole.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "endpoint/copy/record_format.h"

namespace penstock::endpoint {

std::unique_ptr<RecordFormat> parquet_format(const CopyStatement& statement, std::span<const LoadColumn> columns,
                                             std::int64_t query);

}  // namespace penstock::endpoint
