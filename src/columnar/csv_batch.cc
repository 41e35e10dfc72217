#include "columnar/csv_batch.h"

#include <arrow/array/array_base.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base/text.h"
#include "columnar/types.h"
#include "columnar/value_text.h"
#include "penstock/error.h"

namespace penstock::columnar {
namespace {

// Whether the text of values may hold what CSV has a meaning for.
bool needs_quotes(const arrow::DataType& type) {
  switch (kind_of(type)) {
    case Kind::text:
    case Kind::json:
    case Kind::binary:
    case Kind::nested:
      return true;
    default:
      return false;
  }
}

void append_quoted(std::string_view text, char quote, staging::Buffer& out) {
  out.append(quote);
  while (!text.empty()) {
    const std::size_t run = std::min(text.find(quote), text.size() - 1) + 1;
    out.append(text.substr(0, run));
    if (text[run - 1] == quote) out.append(quote);
    text.remove_prefix(run);
  }
  out.append(quote);
}

class CsvBatch final : public staging::RecordBatch {
 public:
  CsvBatch(std::shared_ptr<arrow::RecordBatch> rows, std::uint64_t first_row,
           std::shared_ptr<const CsvBatchShape> shape)
      : rows_(std::move(rows)), first_row_(first_row), shape_(std::move(shape)) {}

  [[nodiscard]] std::uint64_t records() const noexcept override {
    return static_cast<std::uint64_t>(rows_->num_rows());
  }

  std::uint64_t append(std::uint64_t first_position, std::size_t bytes, staging::Buffer& out) override {
    if (fields_.empty()) begin();
    const std::int64_t first = row_;
    for (; row_ < rows_->num_rows() && out.size() < bytes; ++row_) {
      for (std::size_t i = 0; i < fields_.size(); ++i) {
        if (i > 0) out.append(shape_->csv.dialect.delimiter);
        append_field(i, out);
      }
      if (shape_->csv.with_position) {
        out.append(shape_->csv.dialect.delimiter);
        const fmt::format_int digits(first_position + static_cast<std::uint64_t>(row_));
        out.append({digits.data(), digits.size()});
      }
      out.append('\n');
    }
    return static_cast<std::uint64_t>(row_ - first);
  }

 private:
  struct Field {
    std::unique_ptr<ValueText> values;
    bool is_quoted = false;
  };

  void begin() {
    for (const CsvColumn& column : shape_->columns) {
      const arrow::Array& array = *rows_->column(column.index);
      const bool is_document = column.into && column.into->name == table::TypeName::super;
      fields_.push_back(
          {.values = value_text(array, column.into), .is_quoted = is_document || needs_quotes(*array.type())});
    }
  }

  void append_field(std::size_t i, staging::Buffer& out) {
    try {
      Field& field = fields_[i];
      if (field.values->is_null(row_)) {
        out.append(staging::kNullText);
        return;
      }
      const std::string_view text = field.values->text(row_);
      if (!field.is_quoted) {
        out.append(text);
        return;
      }
      if (text == staging::kNullText) {
        throw BadValue("the text is the character U+001A alone, which stands for NULL in what is staged");
      }
      append_quoted(text, shape_->csv.dialect.quote, out);
    } catch (const BadValue& e) {
      throw Error(ErrorKind::refused, fmt::format("{} row {}, column {}: {}", printable(shape_->input),
                                                  first_row_ + static_cast<std::uint64_t>(row_),
                                                  printable(shape_->columns[i].name), e.what()));
    }
  }

  const std::shared_ptr<arrow::RecordBatch> rows_;
  const std::uint64_t first_row_;
  const std::shared_ptr<const CsvBatchShape> shape_;
  std::vector<Field> fields_;
  std::int64_t row_ = 0;
};

}  // namespace

std::unique_ptr<staging::RecordBatch> csv_batch(std::shared_ptr<arrow::RecordBatch> rows, std::uint64_t first_row,
                                                std::shared_ptr<const CsvBatchShape> shape) {
  return std::make_unique<CsvBatch>(std::move(rows), first_row, std::move(shape));
}

}  // namespace penstock::columnar
