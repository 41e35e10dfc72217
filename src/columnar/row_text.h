// Rows of a batch as the lines of a text file: CSV's records, or JSON's objects.
//
// Threads:  any. Lifetime: of the batch, only for a call.
// Errors:   Error refused, naming the file, and the column, or the row and the column: see text_writer.h.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>

#include "staging/chunk.h"

namespace penstock::columnar {

class RowText {
 public:
  virtual ~RowText() = default;
  virtual void append_header(staging::Buffer& out) const = 0;
  // first_row: of the batch, from 1, for messages.
  virtual void append(const arrow::RecordBatch& rows, std::uint64_t first_row, staging::Buffer& out) const = 0;
};

// file: for messages.
std::unique_ptr<RowText> csv_rows(std::string file, const arrow::Schema& schema, char delimiter);
std::unique_ptr<RowText> json_rows(std::string file, const arrow::Schema& schema);

}  // namespace penstock::columnar
