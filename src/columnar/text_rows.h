// The records of a chunk of text as batches of Arrow's.
//
// Threads: one at a time, each with its own. Lifetime: a chunk stays as it is until its last batch was made.
// Memory:  the batch, and some thousand values' places.
// Errors:  Error refused, naming the input, the line, the column and the value, of the earliest record that has one: a
//          value that is none of its column's type, a quote where none may be, a record of other than the expected
//          number of fields, a line that is no JSON object, half a surrogate pair. Bytes that are no UTF-8, and NULs,
//          are looked for first, in all of the chunk.
#pragma once

#include <arrow/type_fwd.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "staging/chunk.h"
#include "staging/staged_text.h"
#include "table/type.h"

namespace penstock::columnar {

// Where a column's values are in the source, and what they become.
struct SourceColumn {
  std::string name{};     // of the column
  table::Type type{};     // field_of() says what it is of Arrow's
  std::size_t field = 0;  // of CSV, from 0
  std::string member{};   // of JSON: its name, to the letter
};

class TextRows {
 public:
  virtual ~TextRows() = default;
  virtual void begin(const staging::Chunk& chunk, std::string_view input) = 0;
  // One for all of a chunk, where its records are no larger than most. Null: there is no further row.
  virtual std::shared_ptr<arrow::RecordBatch> next() = 0;
};

// batch_bytes: that a batch takes beside the texts in it, at most, about. invalid: the shape is neither CSV's nor
// JSON's, or a column is of a field that it has not.
std::unique_ptr<TextRows> text_rows(const staging::Shape& shape, const std::vector<SourceColumn>& columns,
                                    std::size_t batch_bytes);

std::unique_ptr<TextRows> csv_rows(const staging::CsvShape& shape, const std::vector<SourceColumn>& columns,
                                   std::size_t batch_bytes);
std::unique_ptr<TextRows> json_rows(const std::vector<SourceColumn>& columns, std::size_t batch_bytes);

}  // namespace penstock::columnar
