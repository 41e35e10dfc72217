#include "columnar/value_rows.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "columnar/value_text.h"
#include "penstock/error.h"

namespace penstock::columnar {

struct ValueRows::Batch {
  std::shared_ptr<arrow::RecordBatch> rows;
  std::vector<std::unique_ptr<ValueText>> values;
  std::int64_t row = 0;
};

ValueRows::ValueRows(std::unique_ptr<BatchReader> rows, std::string source, const std::vector<std::string>& columns)
    : rows_(std::move(rows)), source_(std::move(source)), columns_(columns) {
  for (const std::string& name : columns_) {
    indexes_.push_back(rows_->schema()->GetFieldIndex(name));
    if (indexes_.back() < 0) {
      throw Error(ErrorKind::refused, fmt::format("{}: it has no column {}", printable(source_), printable(name)));
    }
  }
}

ValueRows::~ValueRows() = default;

bool ValueRows::next() {
  if (batch_ && ++batch_->row < batch_->rows->num_rows()) return true;
  if (batch_) rows_before_ += static_cast<std::uint64_t>(batch_->rows->num_rows());
  batch_.reset();
  auto rows = rows_->next();
  if (!rows) return false;
  batch_ = std::make_unique<Batch>();
  for (const int index : indexes_) batch_->values.push_back(value_text(*rows->column(index), std::nullopt));
  batch_->rows = std::move(rows);
  return true;
}

std::optional<std::string_view> ValueRows::value(std::size_t column) {
  ValueText& values = *batch_->values.at(column);
  if (values.is_null(batch_->row)) return std::nullopt;
  try {
    return values.text(batch_->row);
  } catch (const BadValue& e) {
    throw Error(ErrorKind::refused, fmt::format("{} row {}, column {}: {}", printable(source_), row(),
                                                printable(columns_.at(column)), e.what()));
  }
}

std::uint64_t ValueRows::row() const noexcept {
  return rows_before_ + (batch_ ? static_cast<std::uint64_t>(batch_->row) + 1 : 0);
}

}  // namespace penstock::columnar
