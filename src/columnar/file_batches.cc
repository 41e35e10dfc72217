#include "columnar/file_batches.h"

#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <numeric>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

#include "base/queue.h"
#include "columnar/casts.h"
#include "columnar/object_file.h"
#include "columnar/orc_rows.h"
#include "columnar/parquet_rows.h"
#include "columnar/source_file.h"
#include "penstock/error.h"

namespace penstock::columnar {
namespace {

constexpr std::size_t kBatchesAhead = 2;
constexpr std::size_t kFootersAtOnce = 8;
constexpr std::size_t kColumns = 64;  // about, where they are not known yet

using OpenRows = std::unique_ptr<FileRows> (*)(std::shared_ptr<SourceFile> file, arrow::MemoryPool& pool,
                                               std::size_t columns);

class FileBatches final : public BatchReader {
 public:
  FileBatches(std::vector<FileInput> files, OpenRows open, const FileReading& how)
      : files_(std::move(files)),
        open_(open),
        how_(how),
        pool_(&own_pool_, static_cast<std::int64_t>(how.memory / 2)),
        batches_(kBatchesAhead) {
    look_at_all();
    reader_ = std::jthread([this](const std::stop_token& stop) { read_all(stop); });
  }
  FileBatches(const FileBatches&) = delete;
  FileBatches& operator=(const FileBatches&) = delete;
  ~FileBatches() override { reader_.request_stop(); }

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const noexcept override { return schema_; }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept override { return bytes_read_; }

  std::shared_ptr<arrow::RecordBatch> next() override {
    auto batch = batches_.pop(how_.stop);
    if (!batch) {
      if (how_.stop.stop_requested()) throw Error(ErrorKind::cancelled, "reading was stopped");
      return nullptr;
    }
    if (const auto* failure = std::get_if<std::exception_ptr>(&*batch)) std::rethrow_exception(*failure);
    return std::get<std::shared_ptr<arrow::RecordBatch>>(std::move(*batch));
  }

 private:
  using Batch = std::variant<std::shared_ptr<arrow::RecordBatch>, std::exception_ptr>;

  [[nodiscard]] std::unique_ptr<FileRows> open(const FileInput& file, std::size_t columns) {
    auto source = file.store == nullptr ? open_local_file(file.name, pool())
                                        : open_object(*file.store, file.object, pool(), how_.memory / 2);
    return open_(std::move(source), pool(), columns);
  }

  arrow::MemoryPool& pool() noexcept {
    return how_.batches_are_kept ? *arrow::default_memory_pool() : static_cast<arrow::MemoryPool&>(pool_);
  }

  void look_at_all() {
    std::vector<NamedSchema> schemas(files_.size());
    std::vector<std::exception_ptr> failures(files_.size());
    std::atomic<std::size_t> next = 0;
    const auto look = [&] {
      for (std::size_t i = next++; i < files_.size() && !how_.stop.stop_requested(); i = next++) {
        try {
          schemas[i] = {.name = files_[i].name, .schema = open(files_[i], kColumns)->schema()};
        } catch (...) {
          failures[i] = std::current_exception();
        }
      }
    };
    {
      std::vector<std::jthread> lookers;
      for (std::size_t i = 1; i < std::min(files_.size(), kFootersAtOnce); ++i) lookers.emplace_back(look);
      look();
    }
    for (const auto& failure : failures) {
      if (failure) std::rethrow_exception(failure);
    }
    if (how_.stop.stop_requested()) throw Error(ErrorKind::cancelled, "reading was stopped");
    schema_ = common_schema(schemas);
  }

  void read_all(const std::stop_token& stop) noexcept {
    try {
      for (const FileInput& file : files_) read(file, stop);
    } catch (...) {
      batches_.push(std::current_exception(), stop);
    }
    batches_.close();
  }

  void read(const FileInput& file, const std::stop_token& stop) {
    const auto rows = open(file, static_cast<std::size_t>(schema_->num_fields()));
    const Casts casts(file.name, *rows->schema(), schema_);  // it may be another than the one that was looked at
    std::vector<int> fields(static_cast<std::size_t>(rows->schema()->num_fields()));
    std::iota(fields.begin(), fields.end(), 0);
    rows->choose(fields, how_.batch_bytes);
    const std::uint64_t before = bytes_read_;
    std::uint64_t first_row = 1;
    while (!stop.stop_requested() && !how_.stop.stop_requested()) {
      const auto batch = rows->next();
      bytes_read_ = before + rows->bytes_read();
      if (!batch) return;
      if (batch->num_rows() == 0) continue;
      if (!batches_.push(casts(batch, first_row), stop)) return;
      first_row += static_cast<std::uint64_t>(batch->num_rows());
    }
  }

  const std::vector<FileInput> files_;
  const OpenRows open_;
  const FileReading how_;
  arrow::ProxyMemoryPool own_pool_{arrow::default_memory_pool()};  // which counts what is ours alone
  arrow::CappedMemoryPool pool_;
  std::shared_ptr<arrow::Schema> schema_;
  std::atomic<std::uint64_t> bytes_read_ = 0;
  Queue<Batch> batches_;
  std::jthread reader_;
};

}  // namespace

std::unique_ptr<BatchReader> parquet_batches(std::vector<FileInput> files, const FileReading& how) {
  return std::make_unique<FileBatches>(std::move(files), OpenRows{parquet_rows}, how);
}

std::unique_ptr<BatchReader> orc_batches(std::vector<FileInput> files, const FileReading& how) {
  return std::make_unique<FileBatches>(std::move(files), OpenRows{orc_rows}, how);
}

}  // namespace penstock::columnar
