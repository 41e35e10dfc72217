// Arrow's C stream interface: rows that another library has (a data frame of pandas, polars, DuckDB), and rows that
// another library takes.
//
// Threads: see batches.h. Errors: Error refused, with the stream's name and the words of who gives it: what it gives is
// no stream of rows, or ends in an error.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "columnar/batches.h"
#include "penstock/error.h"

struct ArrowArrayStream;

namespace penstock::columnar {

// Takes it: it is released with the reader, and here where that fails.
std::unique_ptr<BatchReader> batches_of(ArrowArrayStream& stream, const std::string& name);

// The other way round: the reader lives as long as the stream, and its batches may outlive both. An Error of the reader
// is told to on_failure, and its text to whoever asks the stream.
void hand_out(std::unique_ptr<BatchReader> rows, std::function<void(const Error&)> on_failure, ArrowArrayStream& out);

}  // namespace penstock::columnar
