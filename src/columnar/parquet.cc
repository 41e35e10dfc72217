#include "columnar/parquet.h"

#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>
#include <parquet/schema.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "columnar/csv_batch.h"
#include "columnar/local_file.h"
#include "columnar/types.h"
#include "penstock/error.h"

namespace penstock::columnar {
namespace {

constexpr std::int64_t kLargestBuffer = 256 << 10;
constexpr std::int64_t kSmallestBuffer = 4 << 10;
constexpr std::int64_t kMostRows = 64 << 10;
constexpr std::int64_t kFirstRows = 64;
constexpr std::size_t kFooterMemory = 256 << 20;

Error unreadable(const std::string& path, const arrow::Status& why) {
  if (why.IsOutOfMemory()) {
    return {ErrorKind::refused, fmt::format("reading {} takes more memory than it may: --memory allows more ({})",
                                            printable(path), printable(why.message()))};
  }
  return {ErrorKind::refused,
          fmt::format("{} is no Parquet file that can be read: {}", printable(path), printable(why.message()))};
}

// Arrow answers with a status, Parquet throws, and both let through what their libraries throw.
template <typename Act>
auto reading(const std::string& path, Act act) {
  try {
    return act();
  } catch (const Error&) {
    throw;
  } catch (const parquet::ParquetStatusException& e) {
    throw unreadable(path, e.status());
  } catch (const std::exception& e) {
    throw unreadable(path, arrow::Status::Invalid(e.what()));
  }
}

void check(const arrow::Status& status) {
  if (!status.ok()) throw parquet::ParquetStatusException(status);
}

template <typename T>
T good(arrow::Result<T> result) {
  check(result.status());
  return std::move(result).ValueUnsafe();
}

class OpenParquet {
 public:
  // columns: that are read at once, about
  OpenParquet(const std::string& path, arrow::MemoryPool& pool, std::size_t columns)
      : file_(open_local_file(path, pool)) {
    parquet::ReaderProperties reading(&pool);
    reading.enable_buffered_stream();
    const std::int64_t share = static_cast<std::int64_t>(kFooterMemory / 32 / std::max<std::size_t>(1, columns));
    reading.set_buffer_size(std::clamp(share, kSmallestBuffer, kLargestBuffer));
    reading.set_page_checksum_verification(true);
    std::array<char, 4> begin{};
    if (good(file_->ReadAt(0, begin.size(), begin.data())) < 4 || std::string_view(begin.data(), 3) != "PAR") {
      check(arrow::Status::Invalid("it does not begin as one"));  // which Arrow would not see
    }
    auto parquet = parquet::ParquetFileReader::Open(file_, reading);
    parquet::ArrowReaderProperties properties(/*use_threads=*/false);
    properties.set_pre_buffer(false);
    properties.set_arrow_extensions_enabled(true);
    // nanoseconds end in 2262, and what is beyond would be some other time
    properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
    reader_ = good(parquet::arrow::FileReader::Make(&pool, std::move(parquet), properties));
    check(reader_->GetSchema(&schema_));
  }

  [[nodiscard]] parquet::arrow::FileReader& reader() const noexcept { return *reader_; }
  [[nodiscard]] const parquet::FileMetaData& metadata() const { return *reader_->parquet_reader()->metadata(); }
  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const noexcept { return schema_; }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept { return file_->bytes_read(); }

  // Parquet's own columns, the leaves, of those of the top level.
  [[nodiscard]] std::vector<int> leaves_of(std::span<const int> fields) const {
    const parquet::SchemaDescriptor& schema = *metadata().schema();
    std::vector<int> leaves;
    for (int leaf = 0; leaf < schema.num_columns(); ++leaf) {
      const parquet::schema::Node* root = schema.GetColumnRoot(leaf);
      const auto is_root = [&](int field) { return schema.group_node()->field(field).get() == root; };
      if (std::ranges::any_of(fields, is_root)) leaves.push_back(leaf);
    }
    return leaves;
  }

 private:
  const std::shared_ptr<LocalFile> file_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::shared_ptr<arrow::Schema> schema_;
};

std::vector<std::string> misfits_in(const std::string& path, const arrow::Schema& schema,
                                    std::span<const Wanted> wanted) {
  std::vector<std::string> problems;
  for (const Wanted& column : wanted) {
    const int field = schema.GetFieldIndex(column.name);
    if (field < 0) {
      problems.push_back(fmt::format("{} has no column {}, or several", printable(path), printable(column.name)));
      continue;
    }
    const table::Type text{.name = table::TypeName::varchar};
    if (const auto why = misfit(*schema.field(field)->type(), column.into.value_or(text))) {
      problems.push_back(fmt::format("{} column {}: {}", printable(path), printable(column.name), *why));
    }
  }
  return problems;
}

// The rows of one file.
class ParquetRows final : public staging::RecordBatches {
 public:
  ParquetRows(const std::string& path, std::shared_ptr<arrow::MemoryPool> pool, const std::vector<Wanted>& wanted,
              const staging::CsvShape& shape, std::size_t batch_bytes)
      : path_(path), pool_(std::move(pool)), batch_bytes_(static_cast<std::int64_t>(batch_bytes)) {
    reading(path_, [&] {
      file_ = std::make_unique<OpenParquet>(path_, *pool_, wanted.size());
      // it may be another than the one that was looked at
      if (const auto problems = misfits_in(path_, *file_->schema(), wanted); !problems.empty()) {
        throw Error(ErrorKind::refused, fmt::format("{}", fmt::join(problems, "\n")));
      }
      open_rows(wanted, shape);
    });
  }

  std::unique_ptr<staging::RecordBatch> next() override {
    auto rows = reading(path_, [&] { return read(); });
    if (!rows) {
      require_all_rows();
      return nullptr;
    }
    const std::int64_t count = rows->num_rows();
    const auto first = static_cast<std::uint64_t>(std::exchange(rows_read_, rows_read_ + count) + 1);
    const std::int64_t row_bytes = arrow::util::TotalBufferSize(*rows) / std::max<std::int64_t>(count, 1) + 1;
    set_batch_rows(batch_bytes_ / row_bytes);
    return csv_batch(std::move(rows), first, shape_);
  }

  [[nodiscard]] std::uint64_t bytes_read() const noexcept override { return file_->bytes_read(); }

 private:
  void open_rows(const std::vector<Wanted>& wanted, const staging::CsvShape& csv) {
    std::vector<int> fields;
    for (const Wanted& column : wanted) fields.push_back(file_->schema()->GetFieldIndex(column.name));
    std::vector<int> in_order = fields;
    std::ranges::sort(in_order);
    auto shape = std::make_shared<CsvBatchShape>();
    shape->input = path_;
    shape->csv = csv;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const auto index = std::ranges::find(in_order, fields[i]) - in_order.begin();
      shape->columns.push_back({.index = static_cast<int>(index), .name = wanted[i].name, .into = wanted[i].into});
    }
    shape_ = std::move(shape);

    leaves_ = file_->leaves_of(in_order);
    set_batch_rows(kFirstRows);
    start();
  }

  // From the row group on in which the next row is.
  void start() {
    std::vector<int> groups;
    to_drop_ = rows_read_;
    for (int group = 0; group < file_->metadata().num_row_groups(); ++group) {
      const std::int64_t rows = file_->metadata().RowGroup(group)->num_rows();
      if (groups.empty() && rows <= to_drop_) {
        to_drop_ -= rows;
      } else {
        groups.push_back(group);
      }
    }
    rows_ = good(file_->reader().GetRecordBatchReader(groups, leaves_));
  }

  void set_batch_rows(std::int64_t rows) {
    batch_rows_ = std::clamp<std::int64_t>(rows, 1, most_rows_);
    file_->reader().set_batch_size(batch_rows_);
  }

  // Rows may be larger than those before them were: fewer are read at once then, from here on.
  std::shared_ptr<arrow::RecordBatch> read() {
    for (;;) {
      try {
        return read_batch();
      } catch (const parquet::ParquetStatusException& e) {
        if (!e.status().IsOutOfMemory() || batch_rows_ == 1) throw;
      }
      constexpr std::int64_t kFewer = 16;
      most_rows_ = std::max<std::int64_t>(batch_rows_ / kFewer, 1);
      set_batch_rows(most_rows_);
      start();
    }
  }

  std::shared_ptr<arrow::RecordBatch> read_batch() {
    std::shared_ptr<arrow::RecordBatch> rows;
    for (;;) {
      check(rows_->ReadNext(&rows));
      if (!rows || rows->num_rows() > to_drop_) break;
      to_drop_ -= rows->num_rows();
    }
    if (rows && to_drop_ > 0) rows = rows->Slice(std::exchange(to_drop_, 0));
    return rows;
  }

  void require_all_rows() const {
    const std::int64_t said = file_->metadata().num_rows();
    if (rows_read_ == said) return;
    throw Error(ErrorKind::refused, fmt::format("{} is broken: there are {} rows, where its footer says {}",
                                                printable(path_), rows_read_, said));
  }

  const std::string path_;
  const std::shared_ptr<arrow::MemoryPool> pool_;
  const std::int64_t batch_bytes_;
  std::unique_ptr<OpenParquet> file_;
  std::unique_ptr<arrow::RecordBatchReader> rows_;
  std::shared_ptr<const CsvBatchShape> shape_;
  std::vector<int> leaves_;
  std::int64_t rows_read_ = 0;
  std::int64_t batch_rows_ = 0;
  std::int64_t most_rows_ = kMostRows;
  std::int64_t to_drop_ = 0;  // rows that were read before
};

}  // namespace

ParquetFile look_at_parquet(const std::string& path) {
  return reading(path, [&] {
    arrow::CappedMemoryPool pool(arrow::default_memory_pool(), kFooterMemory);
    const OpenParquet file(path, pool, 1);
    ParquetFile found{.path = path,
                      .columns = {},
                      .records = static_cast<std::uint64_t>(std::max<std::int64_t>(0, file.metadata().num_rows())),
                      .schema = file.schema()};
    for (const auto& field : file.schema()->fields()) {
      found.columns.push_back(
          {.name = field->name(), .type = field->type()->ToString(), .table_type = table_type_of(*field->type())});
    }
    return found;
  });
}

std::vector<std::string> misfits(const ParquetFile& file, std::span<const Wanted> wanted) {
  return misfits_in(file.path, *file.schema, wanted);
}

std::vector<staging::Input> parquet_inputs(std::span<const ParquetFile> files, std::vector<Wanted> wanted,
                                           std::size_t memory) {
  const auto pool =
      std::make_shared<arrow::CappedMemoryPool>(arrow::default_memory_pool(), static_cast<std::int64_t>(memory));
  const auto columns = std::make_shared<const std::vector<Wanted>>(std::move(wanted));
  std::vector<staging::Input> inputs;
  for (const ParquetFile& file : files) {
    inputs.push_back(
        {.name = file.path,
         .open_batches = [path = file.path, pool, columns](const staging::CsvShape& shape, std::size_t bytes) {
           return std::make_unique<ParquetRows>(path, pool, *columns, shape, bytes);
         }});
  }
  return inputs;
}

}  // namespace penstock::columnar
