#include "move/batch_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "columnar/orc_writer.h"
#include "columnar/parquet_writer.h"
#include "columnar/text_writer.h"
#include "move/outlet.h"
#include "penstock/error.h"

namespace penstock::network {
namespace {

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
    case Format::batches:
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
}

}  // namespace

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

std::vector<std::string> plan_files(const Resource& to, Job& job) {
  const Outlet outlet(to, job);
  std::vector<std::string> lines{to.is_folder ? fmt::format("write {} and so on, of about {} MB each",
                                                            printable(outlet.name_of(name_of_part(1, to))),
                                                            job.options.part_bytes / 1'000'000)
                                              : fmt::format("write {}", printable(outlet.name_of("")))};
  if (to.is_folder) std::ranges::move(plan_of_removal(outlet), std::back_inserter(lines));
  return lines;
}

}  // namespace penstock::network
