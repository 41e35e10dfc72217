#include "endpoint/unload/parquet_file.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include <exception>
#include <string>
#include <utility>

#include "endpoint/unload/parquet_column.h"
#include "penstock/error.h"

namespace penstock::endpoint {
namespace {

// The object as Arrow writes it. Exceptions don't pass through Arrow: the store's is kept.
class ObjectStream final : public arrow::io::OutputStream {
 public:
  explicit ObjectStream(std::unique_ptr<ObjectWriter> writer) : writer_(std::move(writer)) {}
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  [[nodiscard]] bool closed() const override { return closed_; }
  [[nodiscard]] arrow::Result<std::int64_t> Tell() const override { return position_; }
  arrow::Status Write(const void* data, std::int64_t size) override {
    try {
      writer_->write({static_cast<const std::byte*>(data), static_cast<std::size_t>(size)});
    } catch (...) {
      failure_ = std::current_exception();
      return arrow::Status::IOError("the store failed");
    }
    position_ += size;
    return arrow::Status::OK();
  }
  using arrow::io::OutputStream::Write;

  void rethrow_failure() const {
    if (failure_) std::rethrow_exception(failure_);
  }
  void commit() { writer_->commit(); }
  [[nodiscard]] std::uint64_t size() const noexcept { return static_cast<std::uint64_t>(position_); }

 private:
  std::unique_ptr<ObjectWriter> writer_;
  std::exception_ptr failure_;
  std::int64_t position_ = 0;
  bool closed_ = false;
};

std::shared_ptr<parquet::WriterProperties> properties() {
  return parquet::WriterProperties::Builder()
      .version(parquet::ParquetVersion::PARQUET_1_0)
      ->compression(parquet::Compression::SNAPPY)
      ->build();
}

std::shared_ptr<parquet::ArrowWriterProperties> arrow_properties() {
  return parquet::ArrowWriterProperties::Builder().enable_deprecated_int96_timestamps()->build();
}

class ParquetFile final : public OutputFile {
 public:
  ParquetFile(const std::vector<ResultColumn>& columns, ParquetSizes sizes, std::unique_ptr<ObjectWriter> writer)
      : sizes_(sizes), stream_(std::make_shared<ObjectStream>(std::move(writer))) {
    std::vector<std::shared_ptr<arrow::Field>> fields;
    for (const ResultColumn& column : columns) {
      fields.push_back(arrow::field(column.name, parquet_type(column)));
      columns_.push_back(parquet_column(column));
    }
    schema_ = arrow::schema(std::move(fields));
    auto opened = parquet::arrow::FileWriter::Open(*schema_, arrow::default_memory_pool(), stream_, properties(),
                                                   arrow_properties());
    must(opened.status());
    file_ = std::move(*opened);
  }

  bool add(std::span<const ResultField> fields) override {
    if (group_bytes_ == 0 && has_rows_ && stream_->size() + sizes_.row_group > sizes_.file) return false;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      columns_[i]->add(fields[i]);
      group_bytes_ += 1 + (fields[i] ? fields[i]->size() : 0);
    }
    ++group_rows_;
    has_rows_ = true;
    if (group_bytes_ >= sizes_.row_group) write_group();
    return true;
  }

  std::uint64_t commit() override {
    if (group_rows_ > 0) write_group();
    must(file_->Close());
    stream_->commit();
    return stream_->size();
  }

 private:
  void must(const arrow::Status& status) const {
    if (status.ok()) return;
    stream_->rethrow_failure();
    throw Error(ErrorKind::internal, "Parquet: " + status.message());
  }

  void write_group() {
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    for (const auto& column : columns_) arrays.push_back(column->finish());
    const auto table = arrow::Table::Make(schema_, arrays, group_rows_);
    must(file_->WriteTable(*table, group_rows_));
    group_rows_ = 0;
    group_bytes_ = 0;
  }

  const ParquetSizes sizes_;
  const std::shared_ptr<ObjectStream> stream_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::unique_ptr<ParquetColumn>> columns_;
  std::unique_ptr<parquet::arrow::FileWriter> file_;
  std::int64_t group_rows_ = 0;
  std::uint64_t group_bytes_ = 0;
  bool has_rows_ = false;
};

}  // namespace

std::unique_ptr<OutputFile> parquet_file(const std::vector<ResultColumn>& columns, ParquetSizes sizes,
                                         std::unique_ptr<ObjectWriter> writer) {
  return std::make_unique<ParquetFile>(columns, sizes, std::move(writer));
}

}  // namespace penstock::endpoint
