// A Parquet file in the making, as Redshift writes it: version 1.0, SNAPPY, every column optional, timestamps as INT96.
//
// Threads: one at a time. Memory: a row group. Errors: SqlError for columns or values that the format can't hold;
// Error, the store's.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "endpoint/unload/output_file.h"

namespace penstock::endpoint {

struct ParquetSizes {
  std::uint64_t row_group = 32 << 20;  // of values, before they are encoded
  std::uint64_t file = 0;              // no row group is begun that may take the file beyond it
};

// Fields in PostgreSQL's binary form where is_binary_in_parquet().
std::unique_ptr<OutputFile> parquet_file(const std::vector<ResultColumn>& columns, ParquetSizes sizes,
                                         std::unique_ptr<ObjectWriter> writer);

}  // namespace penstock::endpoint
