// FIXEDWIDTH: every field is so many characters of its line, whatever they are.
//
// A line that ends within a field gives what is there of it; a field that begins at the line's end, or behind it, is
// not there. In load errors the position of a field is one less than where it begins: -1 for the first.
#pragma once

#include <memory>
#include <span>

#include "endpoint/copy/record_format.h"
#include "endpoint/copy/text_chunks.h"

namespace penstock::endpoint {

// Errors: SqlError where there is not one width a column.
std::unique_ptr<RecordFormat> fixed_width_format(const CopyStatement& statement, std::span<const LoadColumn> columns,
                                                 ChunkSizes sizes = {});

}  // namespace penstock::endpoint
