// CSV as COPY reads it: quotes protect delimiters and newlines, a quote inside is doubled, blanks around a quoted field
// are ignored. A quote inside an unquoted field, text behind a closing quote, and a quote that never closes are broken
// quoting: that record is rejected, and the next newline outside of quotes ends it.
#pragma once

#include <memory>
#include <span>

#include "endpoint/copy/record_format.h"
#include "endpoint/copy/text_chunks.h"

namespace penstock::endpoint {

std::unique_ptr<RecordFormat> csv_format(const CopyStatement& statement, std::span<const LoadColumn> columns,
                                         ChunkSizes sizes = {});

}  // namespace penstock::endpoint
