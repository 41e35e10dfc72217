#include "columnar/watched.h"

#include <arrow/record_batch.h>

#include <utility>

#include "penstock/error.h"

namespace penstock::columnar {
namespace {

class Watched final : public BatchReader {
 public:
  Watched(std::unique_ptr<BatchReader> rows, std::function<void(std::uint64_t, std::uint64_t)> on_batch,
          std::stop_token stop)
      : rows_(std::move(rows)), on_batch_(std::move(on_batch)), stop_(std::move(stop)) {}

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const noexcept override { return rows_->schema(); }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept override { return rows_->bytes_read(); }

  std::shared_ptr<arrow::RecordBatch> next() override {
    if (stop_.stop_requested()) throw Error(ErrorKind::cancelled, "stopped while reading the source");
    auto batch = rows_->next();
    if (batch) count_ += static_cast<std::uint64_t>(batch->num_rows());
    on_batch_(rows_->bytes_read(), count_);
    return batch;
  }

 private:
  const std::unique_ptr<BatchReader> rows_;
  const std::function<void(std::uint64_t, std::uint64_t)> on_batch_;
  const std::stop_token stop_;
  std::uint64_t count_ = 0;
};

}  // namespace

std::unique_ptr<BatchReader> watched(std::unique_ptr<BatchReader> rows,
                                     std::function<void(std::uint64_t bytes, std::uint64_t rows)> on_batch,
                                     std::stop_token stop) {
  return std::make_unique<Watched>(std::move(rows), std::move(on_batch), std::move(stop));
}

}  // namespace penstock::columnar
