// Parquet and ORC as batches; and batches as files of every format.
#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "codec/compress.h"
#include "columnar/file_batches.h"
#include "columnar/orc_writer.h"
#include "columnar/parquet_writer.h"
#include "columnar/text_writer.h"
#include "move/edges.h"
#include "move/outlet.h"
#include "penstock/error.h"

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
  const columnar::FileReading how{.memory = job.options.memory / 2, .stop = job.context.stop};
  auto rows = from.format == Format::orc ? columnar::orc_batches(std::move(files), how)
                                         : columnar::parquet_batches(std::move(files), how);
  return std::make_unique<OfStore>(std::move(store), std::move(rows));
}

// Says how much went through it.
class MeasuredSink final : public ByteSink {
 public:
  MeasuredSink(std::unique_ptr<ByteSink> sink, std::atomic<std::uint64_t>& bytes)
      : sink_(std::move(sink)), bytes_(bytes) {}

  [[nodiscard]] const std::string& name() const noexcept override { return sink_->name(); }
  void write(std::span<const std::byte> bytes) override {
    sink_->write(bytes);
    bytes_ += bytes.size();
  }
  void commit() override { sink_->commit(); }

 private:
  const std::unique_ptr<ByteSink> sink_;
  std::atomic<std::uint64_t>& bytes_;
};

std::unique_ptr<columnar::BatchWriter> writer(const columnar::BatchReader& rows, std::unique_ptr<ByteSink> sink,
                                              const Resource& to) {
  const columnar::TextWriting text{.compression = compression_of(to.codec), .delimiter = to.delimiter};
  switch (*to.format) {
    case Format::csv:
      return columnar::csv_writer(rows.schema(), std::move(sink), text);
    case Format::json:
      return columnar::json_writer(rows.schema(), std::move(sink), text);
    case Format::parquet:
      return columnar::parquet_writer(rows.schema(), std::move(sink));
    case Format::orc:
      return columnar::orc_writer(rows.schema(), std::move(sink));
    case Format::rows:
      break;
  }
  throw Error(ErrorKind::internal, fmt::format("{} is no file", printable(to.name)));
}

void write_parts(columnar::BatchReader& rows, const Resource& to, Job& job, Outlet& outlet) {
  std::atomic<std::uint64_t> bytes = 0;
  std::size_t number = 0;
  std::unique_ptr<columnar::BatchWriter> part;
  const auto begin_part = [&] {
    bytes = 0;
    part = writer(rows, std::make_unique<MeasuredSink>(outlet.open(name_of_part(++number, to)), bytes), to);
  };
  while (const auto batch = rows.next()) {
    if (!part) begin_part();
    part->write(*batch);
    if (bytes < job.options.part_bytes) continue;
    part->commit();
    part.reset();
  }
  if (number == 0) begin_part();  // of no rows; what their columns are, it says
  if (part) part->commit();
  part.reset();
  outlet.remove_parts_behind(number);
}

void write_files(columnar::BatchReader& rows, const Resource& to, Job& job) {
  Outlet outlet(to, job);
  outlet.claim(std::vector<std::string>{to.is_folder ? name_of_part(1, to) : ""});
  if (to.is_folder) {
    write_parts(rows, to, job, outlet);
  } else {
    const auto file = writer(rows, outlet.open(""), to);
    while (const auto batch = rows.next()) file->write(*batch);
    file->commit();
  }
  outlet.finish();
}

void add_read_of(Network& network, Format format, std::string how, Cost cost) {
  network.add_read(
      std::move(how), cost,
      [format](const Resource& from) { return from.format == format && from.place != Place::standard; }, read_files);
}

void add_write_of(Network& network, Format format, std::string how, Cost cost) {
  network.add_write(std::move(how), cost, [format](const Resource& to) { return to.format == format; }, write_files);
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
