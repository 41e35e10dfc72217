#include "columnar/batch_input.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "columnar/csv_batch.h"
#include "columnar/fields.h"
#include "penstock/error.h"

namespace penstock::columnar {
namespace {

class Records final : public staging::RecordBatches {
 public:
  Records(const std::string& name, std::shared_ptr<BatchReader> rows, std::span<const Wanted> wanted,
          const staging::CsvShape& csv, std::size_t batch_bytes)
      : rows_(std::move(rows)), batch_bytes_(batch_bytes) {
    auto shape = std::make_shared<CsvBatchShape>();
    shape->input = name;
    shape->csv = csv;
    for (const Wanted& column : wanted) {
      shape->columns.push_back(
          {.index = rows_->schema()->GetFieldIndex(column.name), .name = column.name, .into = column.into});
    }
    shape_ = std::move(shape);
  }

  std::unique_ptr<staging::RecordBatch> next() override {
    if (!batch_) {
      batch_ = rows_->next();
      if (!batch_) return nullptr;
      rows_at_once_ = rows_of(*batch_);
    }
    const std::int64_t count = std::min(rows_at_once_, batch_->num_rows() - taken_);
    auto piece = batch_->Slice(taken_, count);
    taken_ += count;
    if (taken_ == batch_->num_rows()) {
      batch_.reset();
      taken_ = 0;
    }
    const auto first = std::exchange(next_row_, next_row_ + static_cast<std::uint64_t>(count));
    return csv_batch(std::move(piece), first, shape_);
  }

  [[nodiscard]] std::uint64_t bytes_read() const noexcept override { return rows_->bytes_read(); }

 private:
  // That take about as many bytes as are asked for at once.
  [[nodiscard]] std::int64_t rows_of(const arrow::RecordBatch& batch) const {
    const auto bytes = arrow::util::ReferencedBufferSize(batch);
    const auto size = std::max<std::int64_t>(1, bytes.ok() ? *bytes : arrow::util::TotalBufferSize(batch));
    const double part = static_cast<double>(batch_bytes_) / static_cast<double>(size);
    if (part >= 1) return batch.num_rows();
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(static_cast<double>(batch.num_rows()) * part));
  }

  const std::shared_ptr<BatchReader> rows_;
  const std::size_t batch_bytes_;
  std::shared_ptr<const CsvBatchShape> shape_;
  std::shared_ptr<arrow::RecordBatch> batch_;  // of which some is still to be given
  std::int64_t taken_ = 0;
  std::int64_t rows_at_once_ = 0;
  std::uint64_t next_row_ = 1;
};

}  // namespace

std::vector<std::string> names_of(const BatchReader& rows) { return rows.schema()->field_names(); }

std::vector<TypedColumn> typed_columns(const std::string& name, const BatchReader& rows,
                                       std::span<const std::string> names) {
  return typed_columns(name, *rows.schema(), names);
}

std::vector<TypedColumn> typed_columns(const std::string& name, const arrow::Schema& schema,
                                       std::span<const std::string> names) {
  std::vector<TypedColumn> columns;
  std::vector<std::string> problems;
  for (const std::string& column : names) {
    const auto field = schema.GetFieldByName(column);
    if (!field) {
      problems.push_back(fmt::format("{} has no column {}, or several", printable(name), printable(column)));
      continue;
    }
    try {
      columns.push_back({.name = column, .arrow_type = field->type()->ToString(), .type = table_type_of(*field)});
    } catch (const Error& e) {
      problems.push_back(fmt::format("{} {}", printable(name), e.what()));
    }
  }
  if (!problems.empty()) throw Error(ErrorKind::refused, fmt::format("{}", fmt::join(problems, "\n")));
  return columns;
}

std::vector<std::string> misfits(const std::string& name, const BatchReader& rows, std::span<const Wanted> wanted) {
  return misfits(name, *rows.schema(), wanted);
}

staging::Input batch_input(const std::string& name, std::shared_ptr<BatchReader> rows, std::vector<Wanted> wanted) {
  const auto columns = std::make_shared<const std::vector<Wanted>>(std::move(wanted));
  const auto left = std::make_shared<std::shared_ptr<BatchReader>>(std::move(rows));
  return {.name = name, .open_batches = [name, left, columns](const staging::CsvShape& shape, std::size_t bytes) {
            if (!*left) throw Error(ErrorKind::internal, fmt::format("{} is read once", printable(name)));
            return std::make_unique<Records>(name, std::exchange(*left, nullptr), *columns, shape, bytes);
          }};
}

}  // namespace penstock::columnar
