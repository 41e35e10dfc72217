#include "move/columnar_source.h"

#include <memory>
#include <utility>
#include <vector>

#include "columnar/file_batches.h"

namespace penstock::network {
namespace {

// Batches whose objects are in a store that goes with them.
class OfStore final : public columnar::BatchReader {
 public:
  OfStore(std::unique_ptr<ObjectStore> store, std::unique_ptr<columnar::BatchReader> rows)
      : store_(std::move(store)), rows_(std::move(rows)) {}

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const noexcept override { return rows_->schema(); }
  std::shared_ptr<arrow::RecordBatch> next() override { return rows_->next(); }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept override { return rows_->bytes_read(); }

 private:
  const std::unique_ptr<ObjectStore> store_;
  const std::unique_ptr<columnar::BatchReader> rows_;
};

std::unique_ptr<ObjectStore> store_of(const Resource& from, const Job& job) {
  return from.place == Place::s3 ? job.context.buckets.open(from.s3.bucket) : nullptr;
}

std::vector<columnar::FileInput> files_of(const Resource& from, ObjectStore* store) {
  std::vector<columnar::FileInput> files;
  for (const Item& item : from.items) files.push_back({.name = item.name, .store = store, .object = item.object});
  return files;
}

columnar::FileReading reading_of(const Job& job) {
  return {.memory = job.options.memory / 2, .batches_are_kept = job.batches_are_kept, .stop = job.context.stop};
}

}  // namespace

Batches read_columnar(const Resource& from, Job& job) {
  auto store = store_of(from, job);
  auto files = files_of(from, store.get());
  auto rows = from.format == Format::orc ? columnar::orc_batches(std::move(files), reading_of(job))
                                         : columnar::parquet_batches(std::move(files), reading_of(job));
  return std::make_unique<OfStore>(std::move(store), std::move(rows));
}

columnar::Footers footers_of(const Resource& from, const Job& job) {
  const auto store = store_of(from, job);
  const auto files = files_of(from, store.get());
  return from.format == Format::orc ? columnar::orc_footers(files, reading_of(job))
                                    : columnar::parquet_footers(files, reading_of(job));
}

}  // namespace penstock::network
