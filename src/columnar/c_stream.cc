#include "columnar/c_stream.h"

#include <arrow/c/abi.h>
#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>
#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "penstock/error.h"

namespace penstock::columnar {
namespace {

class StreamReader final : public BatchReader {
 public:
  StreamReader(std::shared_ptr<arrow::RecordBatchReader> rows, std::string name)
      : rows_(std::move(rows)), schema_(rows_->schema()), name_(std::move(name)) {}

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const noexcept override { return schema_; }

  std::shared_ptr<arrow::RecordBatch> next() override {
    std::shared_ptr<arrow::RecordBatch> batch;
    do {
      require(rows_->ReadNext(&batch));
      if (!batch) return nullptr;
    } while (batch->num_rows() == 0);
    require(batch->Validate());
    bytes_ += static_cast<std::uint64_t>(arrow::util::TotalBufferSize(*batch));
    return batch;
  }

  [[nodiscard]] std::uint64_t bytes_read() const noexcept override { return bytes_; }

 private:
  void require(const arrow::Status& status) const {
    if (status.ok()) return;
    throw Error(ErrorKind::refused, fmt::format("{}: {}", printable(name_), printable(status.message())));
  }

  const std::shared_ptr<arrow::RecordBatchReader> rows_;
  const std::shared_ptr<arrow::Schema> schema_;
  const std::string name_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<BatchReader> batches_of(ArrowArrayStream& stream, const std::string& name) {
  auto rows = arrow::ImportRecordBatchReader(&stream);
  if (!rows.ok()) {
    if (stream.release != nullptr) stream.release(&stream);
    throw Error(ErrorKind::refused,
                fmt::format("{}: it gives no rows: {}", printable(name), printable(rows.status().message())));
  }
  return std::make_unique<StreamReader>(*std::move(rows), name);
}

}  // namespace penstock::columnar
