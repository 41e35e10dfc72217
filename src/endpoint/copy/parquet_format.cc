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

#include "endpoint/copy/columnar.h"
#include "endpoint/copy/object_file.h"

namespace penstock::endpoint {
namespace {

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
  ParquetChunks(const SourceObject& object, const CopyStatement& statement, std::span<const LoadColumn> columns,
                std::int64_t query)
      : errors_(std::make_shared<ScanErrors>("Parquet", object.uri, query)),
        file_(std::make_shared<ObjectFile>(object)) {
    if (object.info.size == 0 && object.info.key.ends_with('/')) return;  // the marker of a folder
    guard([&] {
      open();
      const auto* root = reader_->parquet_reader()->metadata()->schema()->group_node();
      check_columns(
          statement, columns, *batches_->schema(), [&](int i) { return schema_text(*root->field(i)); }, *errors_);
    });
  }

  bool next(Chunk& chunk) override {
    std::shared_ptr<arrow::RecordBatch> batch;
    guard([&] {
      if (batches_) check(batches_->ReadNext(&batch));
    });
    if (batch) chunk.rows = std::make_shared<const ColumnarBatch>(ColumnarBatch{std::move(batch), errors_});
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
    std::uint64_t bytes = 0;
    for (int i = 0; i < metadata.num_row_groups(); ++i) {
      bytes += static_cast<std::uint64_t>(std::max<std::int64_t>(0, metadata.RowGroup(i)->total_byte_size()));
    }
    return rows_of_a_batch(bytes, metadata.num_rows());
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
      throw errors_->unreadable(error.what());
    }
  }

  static constexpr std::int64_t kBufferBytes = 256 << 10;

  std::shared_ptr<const ScanErrors> errors_;
  std::shared_ptr<ObjectFile> file_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::unique_ptr<arrow::RecordBatchReader> batches_;
};

}  // namespace

std::unique_ptr<RecordFormat> parquet_format(const CopyStatement& statement, std::span<const LoadColumn> columns,
                                             std::int64_t query) {
  return std::make_unique<ColumnarFormat<ParquetChunks>>(statement, columns, query);
}

}  // namespace penstock::endpoint
