// Batches of one schema as batches of another: columns by name, each in a type that takes all of its values.
//
// Wider numbers, midnight of a date, anything as text, and text or nested values as JSON; each value exact, or refused.
//
// Threads: any. Errors: Error refused, naming the source and the columns, when it is made: columns that are not there,
// and types that don't go into those that are wanted, all at once; then the row and the column of a value that does
// not fit, though its type does.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace penstock::columnar {

class Casts {
 public:
  Casts(std::string source, const arrow::Schema& from, std::shared_ptr<arrow::Schema> to);

  // first_row: of the batch, from 1, for messages.
  [[nodiscard]] std::shared_ptr<arrow::RecordBatch> operator()(const std::shared_ptr<arrow::RecordBatch>& rows,
                                                               std::uint64_t first_row) const;

 private:
  [[nodiscard]] std::shared_ptr<arrow::Array> column(const arrow::RecordBatch& rows, int i,
                                                     std::uint64_t first_row) const;

  std::string source_;
  std::shared_ptr<arrow::Schema> to_;
  std::vector<int> index_;  // in what comes, of each that is wanted
  bool is_same_ = false;
};

// A schema of one source, for messages.
struct NamedSchema {
  std::string name;
  std::shared_ptr<arrow::Schema> schema;
};

// What the batches of all of them can be made into: the columns of the first, in its order. refused, all of it: columns
// that some have and others have not, and types that only text would hold both of.
std::shared_ptr<arrow::Schema> common_schema(const std::vector<NamedSchema>& schemas);

}  // namespace penstock::columnar
