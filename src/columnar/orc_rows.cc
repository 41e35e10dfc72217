#include "columnar/orc_rows.h"

#include <arrow/adapters/orc/adapter.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"
#include "columnar/orc_footer.h"
#include "penstock/error.h"

namespace penstock::columnar {
namespace {

constexpr std::int64_t kMostRows = 64 << 10;

class OrcRows final : public FileRows {
 public:
  OrcRows(std::shared_ptr<SourceFile> file, arrow::MemoryPool& pool) : file_(std::move(file)) {
    using arrow::adapters::orc::ORCFileReader;
    reading([&] { return file_->GetSize().Value(&file_size_); });
    reading([&] { return ORCFileReader::Open(file_, &pool).Value(&reader_); });
    reading([&] {
      const auto why = unreadable_in_orc(reader_->GetSerializedFileTail());
      return why ? arrow::Status::Invalid(*why) : arrow::Status::OK();
    });
    reading([&] { return reader_->ReadSchema().Value(&schema_); });
  }

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const noexcept override { return schema_; }
  [[nodiscard]] std::int64_t rows() const override { return reader_->NumberOfRows(); }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept override { return file_->bytes_read(); }

  [[nodiscard]] std::optional<std::string> other_by_copy() const override {
    if (const auto field = other_by_copy_in_orc(reader_->GetSerializedFileTail())) {
      if (*field >= schema_->num_fields()) return "it has more than its columns";
      return fmt::format("column {} is {}, in ORC", printable(schema_->field(*field)->name()),
                         printable(schema_->field(*field)->type()->ToString()));
    }
    const auto compression = reader_->GetCompression();
    for (const auto known : {arrow::Compression::UNCOMPRESSED, arrow::Compression::GZIP, arrow::Compression::SNAPPY}) {
      if (compression.ok() && *compression == known) return std::nullopt;
    }
    return "it is compressed otherwise than by zlib or Snappy";
  }

  void choose(std::span<const int> fields, std::size_t batch_bytes) override {
    fields_.assign(fields.begin(), fields.end());
    batch_bytes_ = static_cast<std::int64_t>(batch_bytes);
    // compressed, in the file: a tenth of what they are in memory, where we know nothing else yet
    constexpr std::int64_t kPacked = 10;
    row_bytes_ = (file_size_ / std::max<std::int64_t>(1, rows()) + 1) * kPacked;
    std::vector<ExpectedGroup> stripes;
    for (std::int64_t i = 0; i < reader_->NumberOfStripes(); ++i) {
      const auto stripe = reader_->GetStripeInformation(i);
      if (stripe.offset < 0 || stripe.offset >= file_size_) continue;  // a broken footer: reading will say so
      const std::int64_t size = std::min(stripe.length, file_size_ - stripe.offset);
      if (size <= 0) continue;
      stripes.push_back({.ranges = {{.offset = static_cast<std::uint64_t>(stripe.offset),
                                     .length = static_cast<std::uint64_t>(size)}}});
    }
    file_->expect(stripes);
  }

  std::shared_ptr<arrow::RecordBatch> next() override {
    for (;;) {
      if (!stripe_) {
        const std::int64_t rows = std::clamp<std::int64_t>(batch_bytes_ / row_bytes_, 1, kMostRows);
        reading([&] { return reader_->NextStripeReader(rows, fields_).Value(&stripe_); });
        if (!stripe_) break;
      }
      std::shared_ptr<arrow::RecordBatch> batch;
      reading([&] { return stripe_->ReadNext(&batch); });
      if (batch) {
        rows_read_ += batch->num_rows();
        row_bytes_ = arrow::util::TotalBufferSize(*batch) / std::max<std::int64_t>(1, batch->num_rows()) + 1;
        return batch;
      }
      stripe_.reset();
    }
    if (rows_read_ != rows()) {
      throw Error(ErrorKind::refused, fmt::format("{} is broken: there are {} rows, where its footer says {}",
                                                  printable(file_->name()), rows_read_, rows()));
    }
    return nullptr;
  }

 private:
  // Arrow answers with a status, and lets some of what ORC throws through.
  template <typename Act>
  void reading(Act act) {
    const arrow::Status status = [&] {
      try {
        return act();
      } catch (const std::exception& e) {
        return arrow::Status::Invalid(e.what());
      }
    }();
    if (status.ok()) return;
    file_->rethrow_failure();
    const std::string name = printable(file_->name()), why = printable(status.message());
    throw Error(ErrorKind::refused,
                status.IsOutOfMemory()
                    ? fmt::format("reading {} takes more memory than it may: --memory allows more ({})", name, why)
                    : fmt::format("{} is no ORC file that can be read: {}", name, why));
  }

  const std::shared_ptr<SourceFile> file_;
  std::unique_ptr<arrow::adapters::orc::ORCFileReader> reader_;
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::RecordBatchReader> stripe_;
  std::vector<int> fields_;
  std::int64_t file_size_ = 0;
  std::int64_t batch_bytes_ = 0;
  std::int64_t row_bytes_ = 1;
  std::int64_t rows_read_ = 0;
};

}  // namespace

std::unique_ptr<FileRows> orc_rows(std::shared_ptr<SourceFile> file, arrow::MemoryPool& pool, std::size_t) {
  return std::make_unique<OrcRows>(std::move(file), pool);
}

}  // namespace penstock::columnar
