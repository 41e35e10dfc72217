// The rows of one file that has columns, as batches of Arrow's.
//
// How many rows a batch is follows from what the last ones took. Where the next are larger than the memory lets
// through, fewer are read at once from there on.
//
// Threads: one at a time. Memory: the pool's: what the format has to hold of each column, and what batches hold; the
// pool outlives them.
// Errors:  Error refused, naming the file: none of the format that can be read, or more memory than it may take; what
//          reading the file throws.
#pragma once

#include <arrow/type_fwd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace penstock::columnar {

class FileRows {
 public:
  virtual ~FileRows() = default;
  [[nodiscard]] virtual const std::shared_ptr<arrow::Schema>& schema() const noexcept = 0;
  [[nodiscard]] virtual std::int64_t rows() const = 0;  // as the footer says
  [[nodiscard]] virtual std::uint64_t bytes_read() const noexcept = 0;
  // Why COPY, reading the file, would not make of it what its rows are: "column day is …"; nullopt: it would, into
  // columns of these very types, in this order. By the footer alone.
  [[nodiscard]] virtual std::optional<std::string> other_by_copy() const = 0;

  // To be called once, before next(): these fields of the schema, in ascending order; batches of about so many bytes.
  virtual void choose(std::span<const int> fields, std::size_t batch_bytes) = 0;
  // Null: at the end, where all rows that the footer says were read.
  virtual std::shared_ptr<arrow::RecordBatch> next() = 0;
};

}  // namespace penstock::columnar
