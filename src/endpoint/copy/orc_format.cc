#include "endpoint/copy/orc_format.h"

#include <arrow/adapters/orc/adapter.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <exception>

#include "endpoint/copy/columnar.h"
#include "endpoint/copy/object_file.h"
#include "endpoint/copy/orc_footer.h"

namespace penstock::endpoint {
namespace {

class OrcChunks final : public ChunkReader {
 public:
  OrcChunks(const SourceObject& object, const CopyStatement& statement, std::span<const LoadColumn> columns,
            std::int64_t query)
      : errors_(std::make_shared<ScanErrors>("ORC", object.uri, query)), file_(std::make_shared<ObjectFile>(object)) {
    if (object.info.size == 0 && object.info.key.ends_with('/')) return;  // the marker of a folder
    guard(
        [&] { return arrow::adapters::orc::ORCFileReader::Open(file_, arrow::default_memory_pool()).Value(&reader_); });
    guard([&] {
      return is_readable_footer(reader_->GetSerializedFileTail()) ? arrow::Status::OK()
                                                                  : arrow::Status::Invalid("its footer is broken");
    });
    std::shared_ptr<arrow::Schema> schema;
    guard([&] { return reader_->ReadSchema().Value(&schema); });
    check_columns(statement, columns, *schema, [&](int i) { return schema->field(i)->ToString(); }, *errors_);
    const std::int64_t rows = rows_of_a_batch(object.info.size, reader_->NumberOfRows());
    guard([&] { return reader_->GetRecordBatchReader(rows, std::vector<std::string>()).Value(&batches_); });
  }

  bool next(Chunk& chunk) override {
    std::shared_ptr<arrow::RecordBatch> batch;
    if (batches_) {
      guard([&] { return batches_->ReadNext(&batch); });
    }
    if (batch) chunk.rows = std::make_shared<const ColumnarBatch>(ColumnarBatch{std::move(batch), errors_});
    return chunk.rows != nullptr;
  }

 private:
  // Arrow answers with a status, and lets some of what ORC throws through.
  template <typename Act>
  void guard(Act act) {
    const arrow::Status status = [&] {
      try {
        return act();
      } catch (const std::exception& error) {
        return arrow::Status::Invalid(error.what());
      }
    }();
    if (status.ok()) return;
    file_->rethrow_store_error();
    throw errors_->unreadable(status.ToString());
  }

  std::shared_ptr<const ScanErrors> errors_;
  std::shared_ptr<ObjectFile> file_;
  std::unique_ptr<arrow::adapters::orc::ORCFileReader> reader_;
  std::shared_ptr<arrow::RecordBatchReader> batches_;
};

}  // namespace

std::unique_ptr<RecordFormat> orc_format(const CopyStatement& statement, std::span<const LoadColumn> columns,
                                         std::int64_t query) {
  return std::make_unique<ColumnarFormat<OrcChunks>>(statement, columns, query);
}

}  // namespace penstock::endpoint
