// The rows of a source of batches, some of its columns, value by value as plain text (value_text.h).
//
// Threads: one. Memory: a batch. Errors: Error, of the reader; refused, naming source, row and column: a value that has
// no exact text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "columnar/batches.h"

namespace penstock::columnar {

class ValueRows {
 public:
  // columns: of the source, by name. source: for messages.
  ValueRows(std::unique_ptr<BatchReader> rows, std::string source, const std::vector<std::string>& columns);
  ~ValueRows();
  ValueRows(const ValueRows&) = delete;
  ValueRows& operator=(const ValueRows&) = delete;

  bool next();  // false: there is no further row
  // Of the row; nullopt: NULL. Stands until the next call for this column.
  std::optional<std::string_view> value(std::size_t column);
  [[nodiscard]] std::uint64_t row() const noexcept;  // from 1

 private:
  struct Batch;

  const std::unique_ptr<BatchReader> rows_;
  const std::string source_;
  const std::vector<std::string> columns_;
  std::vector<int> indexes_;
  std::unique_ptr<Batch> batch_;  // null: none yet
  std::uint64_t rows_before_ = 0;
};

}  // namespace penstock::columnar
