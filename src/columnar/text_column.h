// Columns of Arrow's, made of texts: what COPY reads for its type, and nothing that would be changed by it.
//
// Exact: a decimal's places beyond the scale are zeros, a time has no more than microseconds, a date no time of day.
// Dates are YYYY-MM-DD; a timestamp is one, or one with a clock behind a blank or T; a zone is Z, +HH, +HHMM or +HH:MM,
// and none is UTC. Blanks around a value are nothing, but in text. Nothing, or only blanks, is NULL, but in text, and
// in bytes, of which there may be none. The length of text is not looked at, as Arrow has none.
//
// Threads: one at a time. Memory: what was appended. Errors: none of its own; a text that is no value is told.
#pragma once

#include <arrow/type_fwd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "table/type.h"

namespace penstock::columnar {

class TextColumn {
 public:
  virtual ~TextColumn() = default;
  virtual void reserve(std::int64_t rows) = 0;  // that will be appended, before finish()
  // No data(): NULL. staging::Buffer::kSlack bytes behind each text can be read. Returns which of them is no value,
  // with those before it appended; nullopt: all are.
  virtual std::optional<std::size_t> append(std::span<const std::string_view> texts) = 0;
  virtual std::shared_ptr<arrow::Array> finish() = 0;  // and begins anew
};

// type: one that field_of() takes.
std::unique_ptr<TextColumn> text_column(const table::Type& type);

// Those of a batch.
class TextColumns {
 public:
  void add(const std::string& name, const table::Type& type);
  [[nodiscard]] std::size_t bytes_of_row() const noexcept { return bytes_of_row_; }  // beside its texts
  void reserve(std::size_t rows);
  std::optional<std::size_t> append(std::size_t column, std::span<const std::string_view> texts) {
    return columns_[column]->append(texts);
  }
  std::shared_ptr<arrow::RecordBatch> finish(std::size_t rows);

 private:
  std::vector<std::shared_ptr<arrow::Field>> fields_;
  std::vector<std::unique_ptr<TextColumn>> columns_;
  std::shared_ptr<arrow::Schema> schema_;  // unset: a column was added
  std::size_t bytes_of_row_ = 0;
};

// Of a text that is no value: what it is, why it is none, what to do.
std::string refusal_of(const table::Type& type, std::string_view text);

}  // namespace penstock::columnar
