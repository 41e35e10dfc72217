// Batches into an ORC file, compressed with zstd.
//
// What ORC has not, goes into what holds all of it: unsigned numbers into wider ones, half floats into floats, JSON and
// UUIDs into text, dictionaries into their values. There is no time of day in ORC, nor decimals of more than 38 digits.
//
// Threads:  one at a time. Memory: a stripe of 64 MiB, about, and a batch.
// Errors:   Error refused, naming the file and the columns, when it is made: types that ORC can't hold, all of them at
//           once; naming the row and the column: a timestamp that 64 bits of nanoseconds don't hold, as most readers
//           have them. What the sink throws passes through.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "columnar/batches.h"
#include "store/byte_sink.h"

namespace penstock::columnar {

std::unique_ptr<BatchWriter> orc_writer(const std::shared_ptr<arrow::Schema>& schema, std::unique_ptr<ByteSink> sink);

}  // namespace penstock::columnar
