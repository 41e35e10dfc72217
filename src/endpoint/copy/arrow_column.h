// One column of a batch of Arrow's, written value by value as PostgreSQL's binary COPY wants it.
#pragma once

#include <arrow/array.h>
#include <arrow/type.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "endpoint/copy/binary_rows.h"
#include "endpoint/copy/field_writer.h"
#include "endpoint/copy/load_column.h"

namespace penstock::endpoint {

class ArrowColumn {
 public:
  virtual ~ArrowColumn() = default;
  // The value of the row, which is not NULL. False: the writer's problem() says why.
  virtual bool put(BinaryRows& rows, std::int64_t row, FieldWriter& writer) = 0;
  // Bytes that any value needs at most, beyond what FieldWriter::room() says of the column.
  [[nodiscard]] virtual std::size_t longest_text() const { return 0; }
  [[nodiscard]] virtual std::size_t text_size(std::int64_t /*row*/) const { return 0; }
};

// Whether a column of the table takes what a file holds as this type; serialize: nested values become text.
bool takes(const LoadColumn& column, const arrow::DataType& type, bool serialize);
// The array and the column outlive it; takes() holds of the two.
std::unique_ptr<ArrowColumn> arrow_column(const LoadColumn& column, const arrow::Array& array);

}  // namespace penstock::endpoint
