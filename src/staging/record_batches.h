// Records that come as columns and not as text, some at a time: what they are made of, only who reads them knows.
//
// Batches are read one after the other, and each is then made what COPY reads by a worker of its own.
//
// Threads: RecordBatches, one at a time; a RecordBatch likewise, but another than that which read it.
// Errors:  Error refused, naming the input, the record and the column; what reading throws passes through.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "staging/chunk.h"

namespace penstock::staging {

class RecordBatch {
 public:
  virtual ~RecordBatch() = default;
  [[nodiscard]] virtual std::uint64_t records() const noexcept = 0;
  // Appends the next records as staged text, until `out` holds so many bytes; returns how many, 0 behind the last.
  // first_position: of the batch's first record in the whole input.
  virtual std::uint64_t append(std::uint64_t first_position, std::size_t bytes, Buffer& out) = 0;
};

class RecordBatches {
 public:
  virtual ~RecordBatches() = default;
  virtual std::unique_ptr<RecordBatch> next() = 0;  // null: the input is at its end
  [[nodiscard]] virtual std::uint64_t bytes_read() const noexcept = 0;
};

}  // namespace penstock::staging
