// Parquet and ORC as batches; and batches as files of every format.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "columnar/file_batches.h"
#include "move/batch_files.h"
#include "move/edges.h"

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

Batches read_files(const Resource& from, Job& job) {
  std::unique_ptr<ObjectStore> store;
  if (from.place == Place::s3) store = job.context.buckets.open(from.s3.bucket);
  std::vector<columnar::FileInput> files;
  for (const Item& item : from.items) files.push_back({.name = item.name, .store = store.get(), .object = item.object});
  const columnar::FileReading how{
      .memory = job.options.memory / 2, .batches_are_kept = job.batches_are_kept, .stop = job.context.stop};
  auto rows = from.format == Format::orc ? columnar::orc_batches(std::move(files), how)
                                         : columnar::parquet_batches(std::move(files), how);
  return std::make_unique<OfStore>(std::move(store), std::move(rows));
}

void add_read_of(Network& network, Format format, std::string how, Cost cost) {
  network.add_read(
      std::move(how), cost,
      [format](const Resource& from) { return from.format == format && from.place != Place::standard; }, read_files);
}

void add_write_of(Network& network, Format format, std::string how, Cost cost) {
  network.add({.how = std::move(how),
               .cost = cost,
               .leads = [format](const Resource* /*batches*/,
                                 const Resource* to) { return to->format == format && to->codec != Codec::lzop; },
               .run = Write(write_files),
               .plan = [](const Resource* /*batches*/, const Resource& to, Job& job) { return plan_files(to, job); }});
}

}  // namespace

void add_file_edges(Network& network) {
  add_read_of(network, Format::parquet, "Parquet read in row groups", {0.02, 8e-9});
  add_read_of(network, Format::orc, "ORC read in stripes", {0.02, 12e-9});
  add_write_of(network, Format::csv, "written as CSV", {0.02, 8e-9});
  add_write_of(network, Format::json, "written as JSON lines", {0.02, 10e-9});
  add_write_of(network, Format::parquet, "written as Parquet", {0.02, 10e-9});
  add_write_of(network, Format::orc, "written as ORC", {0.02, 12e-9});
}

}  // namespace penstock::network
