// Batches into a Parquet file.
//
// Types are kept: decimals, microseconds, zones, JSON and UUID as Parquet's own logical types; Arrow's schema is in the
// file, too, so that what only Arrow knows comes back. Pages are compressed with snappy, as those of UNLOAD are: there
// is no reader of Parquet that can't read it.
//
// Threads:  one at a time; columns are encoded by Arrow's pool of threads.
// Memory:   a row group is written when it holds so many bytes, as encoded, or a million rows; and a batch.
// Errors:   Error refused, naming the file and the columns, when it is made: types that Parquet has not, all of them at
//           once. What the sink throws passes through.
#pragma once

#include <arrow/type_fwd.h>

#include <cstddef>
#include <memory>

#include "columnar/batches.h"
#include "store/byte_sink.h"

namespace penstock::columnar {

struct ParquetWriting {
  std::size_t row_group_bytes = 64 << 20;  // about
};

std::unique_ptr<BatchWriter> parquet_writer(const std::shared_ptr<arrow::Schema>& schema,
                                            std::unique_ptr<ByteSink> sink, const ParquetWriting& how = {});

}  // namespace penstock::columnar
