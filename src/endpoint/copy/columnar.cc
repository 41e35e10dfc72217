#include "endpoint/copy/columnar.h"

#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>

#include "endpoint/copy/arrow_column.h"
#include "endpoint/copy/row_loader.h"

namespace penstock::endpoint {
namespace {

constexpr int kMismatch = 15001;
constexpr int kTooLong = 15007;

std::string type_text(const LoadColumn& column) {
  switch (column.type) {
    case ColumnType::boolean:
      return "BOOLEAN";
    case ColumnType::int2:
      return "SMALLINT";
    case ColumnType::int4:
      return "INT";
    case ColumnType::int8:
      return "BIGINT";
    case ColumnType::numeric:
      return fmt::format("DECIMAL({})", length_text(column));
    case ColumnType::float4:
      return "REAL";
    case ColumnType::float8:
      return "DOUBLE";
    case ColumnType::character:
      return fmt::format("CHAR({})", length_text(column));
    case ColumnType::varchar:
      return fmt::format("VARCHAR({})", length_text(column));
    case ColumnType::date:
      return "DATE";
    case ColumnType::time:
      return "TIME";
    case ColumnType::timetz:
      return "TIMETZ";
    case ColumnType::timestamp:
      return "TIMESTAMP";
    case ColumnType::timestamptz:
      return "TIMESTAMPTZ";
    case ColumnType::super:
      return "SUPER";
  }
  return "";
}

class ColumnarParser final : public ChunkParser {
 public:
  ColumnarParser(const CopyStatement& statement, std::span<const LoadColumn> columns)
      : columns_(columns), writer_(statement) {
    for (const LoadColumn& column : columns) fixed_room_ += FieldWriter::room(column);
  }

  void parse(const Chunk& chunk, ParsedChunk& out) override {
    const auto& batch = *static_cast<const ColumnarBatch*>(chunk.rows.get());
    const auto given = static_cast<std::size_t>(batch.rows->num_columns());
    std::vector<std::unique_ptr<ArrowColumn>> values;
    std::size_t room = fixed_room_;
    for (std::size_t i = 0; i < given; ++i) {
      values.push_back(arrow_column(columns_[i], *batch.rows->column(static_cast<int>(i))));
      room += values.back()->longest_text();
    }
    for (std::int64_t row = 0; row < batch.rows->num_rows(); ++row) {
      out.rows.begin_row(static_cast<std::int16_t>(columns_.size()), room);
      const LoadColumn* replaced = nullptr;
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        const bool null = i >= given || batch.rows->column_data(static_cast<int>(i))->IsNull(row);
        const bool good = null ? writer_.put_null(out.rows, columns_[i]) : values[i]->put(out.rows, row, writer_);
        if (writer_.take_replaced() && replaced == nullptr) replaced = &columns_[i];
        if (good) continue;
        if (null || writer_.problem().code != LoadErrorCode::too_long) {
          throw batch.errors->value(columns_[i], writer_.problem());
        }
        throw batch.errors->too_long(columns_[i], values[i]->text_size(row));
      }
      ++out.loaded;
      if (replaced != nullptr) out.note_replacement(*replaced, -1, {});
    }
  }

 private:
  std::span<const LoadColumn> columns_;
  FieldWriter writer_;
  std::size_t fixed_room_ = 0;
};

}  // namespace

SqlError ScanErrors::error(int code, const std::string& context) const {
  return redshift_error("Spectrum Scan Error", code, context, query_, "dory_util.cpp");
}

std::string ScanErrors::url() const {
  return "https://s3.amazonaws.com/" + uri_.substr(std::string_view("s3://").size());
}

SqlError ScanErrors::unreadable(const std::string& why) const {
  return error(kMismatch, fmt::format("File '{}' has an invalid version number: {}", url(), why));
}

SqlError ScanErrors::column_count(std::size_t table, int data) const {
  return error(kMismatch, fmt::format("Unmatched number of columns between table and file. Table columns: {}, Data "
                                      "columns: {}, File name: {}",
                                      table, data, url()));
}

SqlError ScanErrors::incompatible(const LoadColumn& column, const std::string& schema) const {
  return error(kMismatch,
               fmt::format("File '{}' has an incompatible {} schema for column '{}.{}'. Column type: {}, {} schema: {}",
                           url(), format_, uri_, column.name, type_text(column), format_, schema));
}

SqlError ScanErrors::needs_serializing() const {
  return {"XX000", "SUPER column in COPY query requires SERIALIZETOJSON option"};
}

SqlError ScanErrors::too_long(const LoadColumn& column, std::size_t size) const {
  return error(kTooLong,
               fmt::format("The length of the data column {} is longer than the length defined in the table. Table: "
                           "{}, Data: {}, File name: {}",
                           column.name, column.length, size, url()));
}

SqlError ScanErrors::value(const LoadColumn& column, const FieldProblem& problem) const {
  return error(kMismatch, fmt::format("{}, column {}, File name: {}", problem.reason, column.name, url()));
}

void check_columns(const CopyStatement& statement, std::span<const LoadColumn> columns, const arrow::Schema& schema,
                   const std::function<std::string(int)>& schema_of, const ScanErrors& errors) {
  const int count = schema.num_fields();
  const auto wanted = static_cast<int>(columns.size());
  if (count > wanted || (count < wanted && !statement.fill_record)) throw errors.column_count(columns.size(), count);
  for (int i = 0; i < count; ++i) {
    const LoadColumn& column = columns[static_cast<std::size_t>(i)];
    const arrow::DataType& type = *schema.field(i)->type();
    if (takes(column, type, statement.serialize_to_json)) continue;
    if (takes(column, type, true)) throw errors.needs_serializing();
    throw errors.incompatible(column, schema_of(i));
  }
}

std::int64_t rows_of_a_batch(std::uint64_t file_bytes, std::int64_t file_rows) noexcept {
  constexpr std::int64_t kBatchBytes = 1 << 20, kMostRows = 16'384;
  const std::int64_t row_bytes = static_cast<std::int64_t>(file_bytes) / std::max<std::int64_t>(1, file_rows) + 1;
  return std::clamp<std::int64_t>(kBatchBytes / row_bytes, 1, kMostRows);
}

std::unique_ptr<ChunkParser> columnar_parser(const CopyStatement& statement, std::span<const LoadColumn> columns) {
  return std::make_unique<ColumnarParser>(statement, columns);
}

}  // namespace penstock::endpoint
