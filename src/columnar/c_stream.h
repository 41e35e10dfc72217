// Rows that another library has, as Arrow's C stream interface gives them: a data frame of pandas, polars, DuckDB.
//
// Threads: see batches.h. Errors: Error refused, with the stream's name and the words of who gives it: what it gives is
// no stream of rows, or ends in an error.
#pragma once

#include <memory>
#include <string>

#include "columnar/batches.h"

struct ArrowArrayStream;

namespace penstock::columnar {

// Takes it: it is released with the reader, and here where that fails.
std::unique_ptr<BatchReader> batches_of(ArrowArrayStream& stream, const std::string& name);

}  // namespace penstock::columnar
