#include "columnar/parquet_rows.h"

#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>
#include <arrow/util/compression.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>
#include <parquet/schema.h>
#include <parquet/types.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "penstock/error.h"

namespace penstock::columnar {
namespace {

constexpr std::int64_t kLargestBuffer = 256 << 10;
constexpr std::int64_t kSmallestBuffer = 4 << 10;
constexpr std::int64_t kLargestFarBuffer = 1 << 20;
constexpr std::size_t kBuffers = 8 << 20;  // of all columns
constexpr std::size_t kFarBuffers = 32 << 20;
constexpr std::int64_t kMostRows = 64 << 10;
constexpr std::int64_t kFirstRows = 64;

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
auto reading(SourceFile& file, Act act) {
  const auto failure = [&](const arrow::Status& why) {
    file.rethrow_failure();
    return unreadable(file.name(), why);
  };
  try {
    return act();
  } catch (const Error&) {
    throw;
  } catch (const parquet::ParquetStatusException& e) {
    throw failure(e.status());
  } catch (const std::exception& e) {
    throw failure(arrow::Status::Invalid(e.what()));
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

bool is_one_of(auto value, auto... values) { return ((value == values) || ...); }

// docs/types.md has what Redshift makes of each; others it refuses, or their zones and fractions get lost.
bool is_copied_alike(const arrow::DataType& type, parquet::Type::type physical) {
  switch (type.id()) {
    case arrow::Type::BOOL:
      return physical == parquet::Type::BOOLEAN;
    case arrow::Type::INT32:
    case arrow::Type::DATE32:
      return physical == parquet::Type::INT32;
    case arrow::Type::INT64:
      return physical == parquet::Type::INT64;
    case arrow::Type::FLOAT:
      return physical == parquet::Type::FLOAT;
    case arrow::Type::DOUBLE:
      return physical == parquet::Type::DOUBLE;
    case arrow::Type::DECIMAL128:
      return is_one_of(physical, parquet::Type::INT32, parquet::Type::INT64, parquet::Type::FIXED_LEN_BYTE_ARRAY);
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
      return physical == parquet::Type::BYTE_ARRAY;
    case arrow::Type::TIMESTAMP: {
      const auto& timestamp = static_cast<const arrow::TimestampType&>(type);
      return physical == parquet::Type::INT64 && timestamp.unit() == arrow::TimeUnit::MICRO &&
             timestamp.timezone().empty();
    }
    case arrow::Type::DICTIONARY:
      return is_copied_alike(*static_cast<const arrow::DictionaryType&>(type).value_type(), physical);
    default:
      return false;
  }
}

class ParquetRows final : public FileRows {
 public:
  ParquetRows(std::shared_ptr<SourceFile> file, arrow::MemoryPool& pool, std::size_t columns) : file_(std::move(file)) {
    reading(*file_, [&] { open(pool, columns); });
  }

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const noexcept override { return schema_; }
  [[nodiscard]] std::int64_t rows() const override { return metadata().num_rows(); }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept override { return file_->bytes_read(); }

  [[nodiscard]] std::optional<std::string> other_by_copy() const override {
    return reading(*file_, [&] { return other_by_copy(metadata()); });
  }

  void choose(std::span<const int> fields, std::size_t batch_bytes) override {
    reading(*file_, [&] {
      batch_bytes_ = static_cast<std::int64_t>(batch_bytes);
      leaves_ = leaves_of(fields);
      set_batch_rows(kFirstRows);
      start();
    });
  }

  std::shared_ptr<arrow::RecordBatch> next() override {
    auto rows = reading(*file_, [&] { return read(); });
    if (!rows) {
      require_all_rows();
      return nullptr;
    }
    rows_read_ += rows->num_rows();
    const std::int64_t row_bytes =
        arrow::util::TotalBufferSize(*rows) / std::max<std::int64_t>(rows->num_rows(), 1) + 1;
    set_batch_rows(batch_bytes_ / row_bytes);
    return rows;
  }

 private:
  [[nodiscard]] const parquet::FileMetaData& metadata() const { return *reader_->parquet_reader()->metadata(); }

  [[nodiscard]] std::optional<std::string> other_by_copy(const parquet::FileMetaData& about) const {
    const parquet::schema::GroupNode& root = *about.schema()->group_node();
    for (int field = 0; field < schema_->num_fields(); ++field) {
      const auto name = [&] { return printable(schema_->field(field)->name()); };
      const parquet::schema::Node& node = *root.field(field);
      if (!node.is_primitive() || node.is_repeated()) return fmt::format("column {} is nested", name());
      const auto physical = static_cast<const parquet::schema::PrimitiveNode&>(node).physical_type();
      if (!is_copied_alike(*schema_->field(field)->type(), physical)) {
        return fmt::format("column {} is {}, in Parquet {}", name(),
                           printable(schema_->field(field)->type()->ToString()), parquet::TypeToString(physical));
      }
    }
    for (int group = 0; group < about.num_row_groups(); ++group) {
      const auto group_about = about.RowGroup(group);
      for (int leaf = 0; leaf < group_about->num_columns(); ++leaf) {
        const auto chunk = group_about->ColumnChunk(leaf);
        if (auto other = other_by_copy(*chunk)) {
          return fmt::format("column {} is {}", printable(schema_->field(leaf)->name()), *other);
        }
      }
    }
    return std::nullopt;
  }

  // What every reader of Parquet has known from the beginning.
  static std::optional<std::string> other_by_copy(const parquet::ColumnChunkMetaData& chunk) {
    using parquet::Compression;
    using parquet::Encoding;
    if (!is_one_of(chunk.compression(), Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::GZIP)) {
      return fmt::format("compressed as {}", arrow::util::Codec::GetCodecAsString(chunk.compression()));
    }
    for (const auto encoding : chunk.encodings()) {
      if (!is_one_of(encoding, Encoding::PLAIN, Encoding::RLE, Encoding::BIT_PACKED, Encoding::PLAIN_DICTIONARY,
                     Encoding::RLE_DICTIONARY)) {
        return fmt::format("encoded as {}", parquet::EncodingToString(encoding));
      }
    }
    return std::nullopt;
  }

  void open(arrow::MemoryPool& pool, std::size_t columns) {
    file_size_ = good(file_->GetSize());
    std::array<char, 4> begin{};
    if (good(file_->ReadAt(0, begin.size(), begin.data())) < 4 || std::string_view(begin.data(), 3) != "PAR") {
      check(arrow::Status::Invalid("it does not begin as one"));  // which Arrow would not see
    }
    parquet::ReaderProperties how(&pool);
    how.enable_buffered_stream();
    const std::size_t buffers = file_->is_far() ? kFarBuffers : kBuffers;
    const auto share = static_cast<std::int64_t>(buffers / std::max<std::size_t>(1, columns));
    how.set_buffer_size(std::clamp(share, kSmallestBuffer, file_->is_far() ? kLargestFarBuffer : kLargestBuffer));
    how.set_page_checksum_verification(true);
    auto parquet = parquet::ParquetFileReader::Open(file_, how);
    parquet::ArrowReaderProperties properties(/*use_threads=*/false);
    properties.set_pre_buffer(false);
    properties.set_arrow_extensions_enabled(true);
    // nanoseconds end in 2262, and what is beyond would be some other time
    properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
    reader_ = good(parquet::arrow::FileReader::Make(&pool, std::move(parquet), properties));
    check(reader_->GetSchema(&schema_));
  }

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

  // Where the chosen columns lie.
  [[nodiscard]] ExpectedGroup expected(int group) const {
    ExpectedGroup expected{.are_streams = true};
    const auto about = metadata().RowGroup(group);
    for (const int leaf : leaves_) {
      const auto chunk = about->ColumnChunk(leaf);
      const std::int64_t begin = chunk->has_dictionary_page() && chunk->dictionary_page_offset() > 0
                                     ? std::min(chunk->dictionary_page_offset(), chunk->data_page_offset())
                                     : chunk->data_page_offset();
      if (begin < 0 || begin >= file_size_) continue;  // a broken footer: reading will say so
      const std::int64_t size = std::min(chunk->total_compressed_size(), file_size_ - begin);
      if (size <= 0) continue;
      expected.ranges.push_back(
          {.offset = static_cast<std::uint64_t>(begin), .length = static_cast<std::uint64_t>(size)});
    }
    std::ranges::sort(expected.ranges, {}, &ByteRange::offset);
    return expected;
  }

  // From the row group on in which the next row is.
  void start() {
    std::vector<int> groups;
    std::vector<ExpectedGroup> expected_groups;
    to_drop_ = rows_read_;
    for (int group = 0; group < metadata().num_row_groups(); ++group) {
      const std::int64_t rows = metadata().RowGroup(group)->num_rows();
      if (groups.empty() && rows <= to_drop_) {
        to_drop_ -= rows;
      } else {
        groups.push_back(group);
        expected_groups.push_back(expected(group));
      }
    }
    file_->expect(expected_groups);
    rows_ = good(reader_->GetRecordBatchReader(groups, leaves_));
  }

  void set_batch_rows(std::int64_t rows) {
    batch_rows_ = std::clamp<std::int64_t>(rows, 1, most_rows_);
    reader_->set_batch_size(batch_rows_);
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
    const std::int64_t said = metadata().num_rows();
    if (rows_read_ == said) return;
    throw Error(ErrorKind::refused, fmt::format("{} is broken: there are {} rows, where its footer says {}",
                                                printable(file_->name()), rows_read_, said));
  }

  const std::shared_ptr<SourceFile> file_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<arrow::RecordBatchReader> rows_;
  std::vector<int> leaves_;
  std::int64_t file_size_ = 0;
  std::int64_t batch_bytes_ = 0;
  std::int64_t rows_read_ = 0;
  std::int64_t batch_rows_ = 0;
  std::int64_t most_rows_ = kMostRows;
  std::int64_t to_drop_ = 0;  // rows that were read before
};

}  // namespace

std::unique_ptr<FileRows> parquet_rows(std::shared_ptr<SourceFile> file, arrow::MemoryPool& pool, std::size_t columns) {
  return std::make_unique<ParquetRows>(std::move(file), pool, columns);
}

std::unique_ptr<FileRows> parquet_rows(const std::string& path, arrow::MemoryPool& pool, std::size_t columns) {
  return parquet_rows(open_local_file(path, pool), pool, columns);
}

}  // namespace penstock::columnar
