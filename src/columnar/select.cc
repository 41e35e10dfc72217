#include "columnar/select.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <utility>

#include "columnar/casts.h"
#include "columnar/fields.h"
#include "penstock/error.h"

namespace penstock::columnar {
namespace {

class Selected final : public BatchReader {
 public:
  Selected(std::unique_ptr<BatchReader> reader, std::string source, std::shared_ptr<arrow::Schema> wanted)
      : reader_(std::move(reader)),
        schema_(std::move(wanted)),
        casts_(std::move(source), *reader_->schema(), schema_) {}

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const noexcept override { return schema_; }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept override { return reader_->bytes_read(); }
  std::shared_ptr<arrow::RecordBatch> next() override {
    const auto rows = reader_->next();
    if (!rows) return nullptr;
    const auto first = std::exchange(next_row_, next_row_ + static_cast<std::uint64_t>(rows->num_rows()));
    return casts_(rows, first);
  }

 private:
  const std::unique_ptr<BatchReader> reader_;
  const std::shared_ptr<arrow::Schema> schema_;
  const Casts casts_;
  std::uint64_t next_row_ = 1;
};

}  // namespace

std::vector<NamedType> columns_of(const BatchReader& reader) { return columns_of(*reader.schema()); }

std::vector<NamedType> columns_of(const arrow::Schema& schema) {
  std::vector<NamedType> columns;
  std::vector<std::string> problems;
  for (const auto& field : schema.fields()) {
    try {
      columns.push_back({.name = field->name(), .type = table_type_of(*field)});
    } catch (const Error& e) {
      problems.emplace_back(e.what());
    }
  }
  if (!problems.empty()) throw Error(ErrorKind::refused, fmt::format("{}", fmt::join(problems, "\n")));
  return columns;
}

std::unique_ptr<BatchReader> select(std::unique_ptr<BatchReader> reader, std::string source,
                                    std::span<const NamedType> wanted) {
  arrow::FieldVector fields;
  for (const NamedType& column : wanted) {
    // what is so already, keeps what is known of it
    const auto here = reader->schema()->GetFieldByName(column.name);
    const auto field = field_of(column.name, column.type);
    const bool is_same = here && here->type()->Equals(*field->type()) && table_type_of(*here) == column.type;
    fields.push_back(is_same ? here : field);
  }
  return std::make_unique<Selected>(std::move(reader), std::move(source), arrow::schema(std::move(fields)));
}

}  // namespace penstock::columnar
