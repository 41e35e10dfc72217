// Delimited text, COPY's default format: no quoting unless REMOVEQUOTES, no escapes unless ESCAPE.
#pragma once

#include <memory>
#include <span>

#include "endpoint/copy/record_format.h"
#include "endpoint/copy/text_chunks.h"

namespace penstock::endpoint {

std::unique_ptr<RecordFormat> delimited_format(const CopyStatement& statement, std::span<const LoadColumn> columns,
                                               ChunkSizes sizes = {});

}  // namespace penstock::endpoint
