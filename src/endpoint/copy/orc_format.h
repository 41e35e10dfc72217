// ORC as COPY reads it: what columnar.h says, of ORC's own types.
//
// Memory: one batch of rows at a time and what ORC's reader holds of a stripe; an object is never held whole.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "endpoint/copy/record_format.h"

namespace penstock::endpoint {

std::unique_ptr<RecordFormat> orc_format(const CopyStatement& statement, std::span<const LoadColumn> columns,
                                         std::int64_t query);

}  // namespace penstock::endpoint
