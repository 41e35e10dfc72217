// Rows on their way from one format to another: batches of Arrow's, all of one schema, one after the other, in the
// order of their source. What a batch of them is for: a few megabytes, so that memory does not grow with the source.
//
// Threads:  one at a time; a batch, once read, belongs to whoever has it.
// Lifetime: a reader outlives its batches, whose memory it counts.
// Errors:   Error, naming the file, table or URI; what lies below passes through. After an error neither is of
//           use.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>

namespace penstock::columnar {

class BatchReader {
 public:
  virtual ~BatchReader() = default;
  [[nodiscard]] virtual const std::shared_ptr<arrow::Schema>& schema() const noexcept = 0;
  virtual std::shared_ptr<arrow::RecordBatch> next() = 0;               // null: at the end; a batch has rows
  [[nodiscard]] virtual std::uint64_t bytes_read() const noexcept = 0;  // of what lies below, as stored
};

class BatchWriter {
 public:
  virtual ~BatchWriter() = default;  // without commit(): nothing of it is left
  virtual void write(const arrow::RecordBatch& rows) = 0;
  virtual void commit() = 0;  // once; also of a source without a row
};

}  // namespace penstock::columnar
