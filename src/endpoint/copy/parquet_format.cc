#include "endpoint/copy/parquet_format.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/schema.h>

#include <algorithm>
#include <cctype>

#include "endpoint/copy/arrow_column.h"
#include "endpoint/copy/object_file.h"
#include "endpoint/copy/row_loader.h"

namespace penstock::endpoint {
namespace {

enum class ScanCode { mismatch = 15001, too_long = 15007 };

// What is wrong with one object, as Redshift says it.
class ScanErrors {
 public:
  ScanErrors(std::string uri, std::int64_t query) : uri_(std::move(uri)), query_(query) {}

  [[nodiscard]] SqlError error(ScanCode code, const std::string& context) const {
    return redshift_error("Spectrum Scan Error", static_cast<int>(code), context, query_, "dory_util.cpp");
  }
  [[nodiscard]] SqlError not_parquet(const std::string& why) const {
    return error(ScanCode::mismatch, fmt::format("File '{}' has an invalid version number: {}", url(), why));
  }
  [[nodiscard]] SqlError column_count(std::size_t table, int data) const {
    return error(ScanCode::mismatch,
                 fmt::format("Unmatched number of columns between table and file. Table columns: {}, Data columns: {}, "
                             "File name: {}",
                             table, data, url()));
  }
  [[nodiscard]] SqlError incompatible(const LoadColumn& column, const std::string& schema) const {
    return error(
        ScanCode::mismatch,
        fmt::format("File '{}' has an incompatible Parquet schema for column '{}.{}'. Column type: {}, Parquet "
                    "schema: {}",
                    url(), uri_, column.name, type_text(column), schema));
  }
  [[nodiscard]] SqlError too_long(const LoadColumn& column, std::size_t size) const {
    return error(ScanCode::too_long,
                 fmt::format("The length of the data column {} is longer than the length defined in the table. Table: "
                             "{}, Data: {}, File name: {}",
                             column.name, column.length, size, url()));
  }
  [[nodiscard]] SqlError value(const LoadColumn& column, const FieldProblem& problem) const {
    return error(ScanCode::mismatch, fmt::format("{}, column {}, File name: {}", problem.reason, column.name, url()));
  }

 private:
  [[nodiscard]] std::string url() const {
    return "https://s3.amazonaws.com/" + uri_.substr(std::string_view("s3://").size());
  }

  static std::string type_text(const LoadColumn& column) {
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
    }
    return "";
  }

  std::string uri_;
  std::int64_t query_;
};

// A batch of rows of one object, on its way to a parser.
struct Batch {
  std::shared_ptr<arrow::RecordBatch> rows;
  std::shared_ptr<const ScanErrors> errors;
};

// "optional byte_array name (String)", as Parquet's own schema says.
std::string schema_text(const parquet::schema::Node& node) {
  std::string text = node.is_required() ? "required " : node.is_optional() ? "optional " : "repeated ";
  if (node.is_group()) return text + "group " + node.name();
  const auto& primitive = static_cast<const parquet::schema::PrimitiveNode&>(node);
  std::string type = parquet::TypeToString(primitive.physical_type());
  std::ranges::transform(type, type.begin(), [](unsigned char c) { return std::tolower(c); });
  text += type + " " + node.name();
  const auto& logical = node.logical_type();
  return logical && !logical->is_none() ? text + " (" + logical->ToString() + ")" : text;
}

class ParquetChunks final : public ChunkReader {
 public:
  ParquetChunks(const SourceObject& object, std::span<const LoadColumn> columns, bool fill_record, std::int64_t query)
      : columns_(columns),
        errors_(std::make_shared<ScanErrors>(object.uri, query)),
        file_(std::make_shared<ObjectFile>(object)) {
    if (object.info.size == 0 && object.info.key.ends_with('/')) return;  // the marker of a folder
    guard([&] {
      open();
      check_schema(fill_record);
    });
  }

  bool next(Chunk& chunk) override {
    std::shared_ptr<arrow::RecordBatch> batch;
    guard([&] {
      if (batches_) check(batches_->ReadNext(&batch));
    });
    if (batch) chunk.rows = std::make_shared<const Batch>(Batch{std::move(batch), errors_});
    return chunk.rows != nullptr;
  }

 private:
  void open() {
    parquet::ReaderProperties reading = parquet::default_reader_properties();
    reading.enable_buffered_stream();
    reading.set_buffer_size(kBufferBytes);
    auto file = parquet::ParquetFileReader::Open(file_, reading);
    const auto metadata = file->metadata();
    parquet::ArrowReaderProperties properties(false);
    properties.set_pre_buffer(false);
    properties.set_batch_size(batch_rows(*metadata));
    // microseconds are all that is kept, and reach beyond 2262
    properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
    check(parquet::arrow::FileReader::Make(arrow::default_memory_pool(), std::move(file), properties).Value(&reader_));
    check(reader_->GetRecordBatchReader().Value(&batches_));
  }

  static std::int64_t batch_rows(const parquet::FileMetaData& metadata) {
    std::int64_t bytes = 0;
    for (int i = 0; i < metadata.num_row_groups(); ++i) bytes += metadata.RowGroup(i)->total_byte_size();
    const std::int64_t row_bytes = bytes / std::max<std::int64_t>(1, metadata.num_rows()) + 1;
    return std::clamp<std::int64_t>(kBatchBytes / row_bytes, 1, 16'384);
  }

  void check_schema(bool fill_record) {
    const auto schema = batches_->schema();
    const int count = schema->num_fields();
    const auto wanted = static_cast<int>(columns_.size());
    if (count > wanted || (count < wanted && !fill_record)) throw errors_->column_count(columns_.size(), count);
    const auto* root = reader_->parquet_reader()->metadata()->schema()->group_node();
    for (int i = 0; i < count; ++i) {
      const LoadColumn& column = columns_[static_cast<std::size_t>(i)];
      if (!takes(column, *schema->field(i)->type())) throw errors_->incompatible(column, schema_text(*root->field(i)));
    }
  }

  static void check(const arrow::Status& status) {
    if (!status.ok()) throw parquet::ParquetException(status.ToString());
  }

  template <typename Act>
  void guard(Act act) {
    try {
      act();
    } catch (const parquet::ParquetException& error) {
      file_->rethrow_store_error();
      throw errors_->not_parquet(error.what());
    }
  }

  static constexpr std::int64_t kBatchBytes = 1 << 20;
  static constexpr std::int64_t kBufferBytes = 256 << 10;

  std::span<const LoadColumn> columns_;
  std::shared_ptr<const ScanErrors> errors_;
  std::shared_ptr<ObjectFile> file_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::unique_ptr<arrow::RecordBatchReader> batches_;
};

class ParquetParser final : public ChunkParser {
 public:
  ParquetParser(const CopyStatement& statement, std::span<const LoadColumn> columns)
      : columns_(columns), writer_(statement) {
    for (const LoadColumn& column : columns) fixed_room_ += FieldWriter::room(column);
  }

  void parse(const Chunk& chunk, ParsedChunk& out) override {
    const auto& batch = *static_cast<const Batch*>(chunk.rows.get());
    const auto given = static_cast<std::size_t>(batch.rows->num_columns());
    std::vector<std::unique_ptr<ArrowColumn>> values;
    std::size_t room = fixed_room_;
    for (std::size_t i = 0; i < given; ++i) {
      values.push_back(arrow_column(columns_[i], *batch.rows->column(static_cast<int>(i))));
      room += values.back()->longest_text();
    }
    for (std::int64_t row = 0; row < batch.rows->num_rows(); ++row) {
      out.rows.begin_row(static_cast<std::int16_t>(columns_.size()), room);
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        const bool null = i >= given || batch.rows->column_data(static_cast<int>(i))->IsNull(row);
        const bool good = null ? writer_.put_null(out.rows, columns_[i]) : values[i]->put(out.rows, row, writer_);
        if (good) continue;
        if (null || writer_.problem().code != LoadErrorCode::too_long) {
          throw batch.errors->value(columns_[i], writer_.problem());
        }
        throw batch.errors->too_long(columns_[i], values[i]->text_size(row));
      }
      ++out.loaded;
    }
  }

 private:
  std::span<const LoadColumn> columns_;
  FieldWriter writer_;
  std::size_t fixed_room_ = 0;
};

class ParquetFormat final : public RecordFormat {
 public:
  ParquetFormat(const CopyStatement& statement, std::span<const LoadColumn> columns, std::int64_t query)
      : statement_(statement), columns_(columns), query_(query) {}

  [[nodiscard]] std::unique_ptr<ChunkReader> open(const SourceObject& object) const override {
    return std::make_unique<ParquetChunks>(object, columns_, statement_.fill_record, query_);
  }
  [[nodiscard]] std::unique_ptr<ChunkParser> parser() const override {
    return std::make_unique<ParquetParser>(statement_, columns_);
  }

 private:
  const CopyStatement& statement_;
  std::span<const LoadColumn> columns_;
  std::int64_t query_;
};

}  // namespace

std::unique_ptr<RecordFormat> parquet_format(const CopyStatement& statement, std::span<const LoadColumn> columns,
                                             std::int64_t query) {
  return std::make_unique<ParquetFormat>(statement, columns, query);
}

}  // namespace penstock::endpoint
