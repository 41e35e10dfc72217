// The rows of one local Parquet file, as batches of Arrow's.
//
// How many rows a batch is follows from what the last ones took. Where the next are larger than the memory lets
// through, fewer are read at once from there on.
//
// Threads: one at a time. Memory: the pool's: a page of each column that is read, and what batches hold; the pool
// outlives them.
// Errors:  those of parquet.h.
#pragma once

#include <arrow/type_fwd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace penstock::columnar {

class ParquetRows {
 public:
  // columns: that are to be read at once, about.
  ParquetRows(const std::string& path, arrow::MemoryPool& pool, std::size_t columns);
  ~ParquetRows();
  ParquetRows(const ParquetRows&) = delete;
  ParquetRows& operator=(const ParquetRows&) = delete;

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const noexcept;
  [[nodiscard]] std::int64_t rows() const;  // as the footer says
  [[nodiscard]] std::uint64_t bytes_read() const noexcept;

  // To be called once, before next(): these fields of the schema, in ascending order; batches of about so many bytes.
  void choose(std::span<const int> fields, std::size_t batch_bytes);
  // Null: at the end, where all rows that the footer says were read.
  std::shared_ptr<arrow::RecordBatch> next();

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::columnar
