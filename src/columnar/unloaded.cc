#include "columnar/unloaded.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/extension_type.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>
#include <fmt/format.h>

#include <new>
#include <utility>
#include <vector>

#include "base/text.h"
#include "columnar/types.h"
#include "penstock/error.h"

namespace penstock::columnar {
namespace {

// The array with NULL in place of each "null".
std::shared_ptr<arrow::Array> without_nulls(const std::shared_ptr<arrow::Array>& documents) {
  const auto& storage = static_cast<const arrow::ExtensionArray&>(*documents).storage();
  if (storage->type_id() != arrow::Type::STRING) return documents;
  const auto& texts = static_cast<const arrow::StringArray&>(*storage);
  std::vector<std::int64_t> nulls;
  for (std::int64_t i = 0; i < texts.length(); ++i) {
    if (!texts.IsNull(i) && texts.GetView(i) == "null") nulls.push_back(i);
  }
  if (nulls.empty()) return documents;
  auto bits = arrow::AllocateBuffer(arrow::bit_util::BytesForBits(texts.length()));
  if (!bits.ok()) throw std::bad_alloc();
  std::uint8_t* const valid = (*bits)->mutable_data();
  for (std::int64_t i = 0; i < texts.length(); ++i) arrow::bit_util::SetBitTo(valid, i, texts.IsValid(i));
  for (const std::int64_t i : nulls) arrow::bit_util::ClearBit(valid, i);
  // the offsets count from where the slice begins
  auto offsets = arrow::SliceBuffer(texts.value_offsets(), texts.offset() * static_cast<std::int64_t>(sizeof(int32_t)));
  const auto data = arrow::ArrayData::Make(
      documents->type(), texts.length(),
      {std::shared_ptr<arrow::Buffer>(*std::move(bits)), std::move(offsets), texts.value_data()});
  return arrow::MakeArray(data);
}

class Unloaded final : public BatchReader {
 public:
  Unloaded(std::unique_ptr<BatchReader> rows, std::uint64_t count, std::string name)
      : rows_(std::move(rows)), count_(count), name_(std::move(name)) {
    for (int i = 0; i < rows_->schema()->num_fields(); ++i) {
      if (kind_of(*rows_->schema()->field(i)->type()) == Kind::json) documents_.push_back(i);
    }
  }

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const noexcept override { return rows_->schema(); }

  std::shared_ptr<arrow::RecordBatch> next() override {
    auto batch = rows_->next();
    if (!batch) {
      if (read_ != count_) {
        throw Error(ErrorKind::unavailable,
                    fmt::format("{}: UNLOAD wrote {} rows, and {} were read", printable(name_), count_, read_));
      }
      return nullptr;
    }
    read_ += static_cast<std::uint64_t>(batch->num_rows());
    if (documents_.empty()) return batch;
    auto columns = batch->columns();
    for (const int i : documents_) {
      auto& column = columns[static_cast<std::size_t>(i)];
      column = without_nulls(column);
    }
    return arrow::RecordBatch::Make(schema(), batch->num_rows(), std::move(columns));
  }

  [[nodiscard]] std::uint64_t bytes_read() const noexcept override { return rows_->bytes_read(); }

 private:
  const std::unique_ptr<BatchReader> rows_;
  const std::uint64_t count_;
  const std::string name_;
  std::vector<int> documents_;
  std::uint64_t read_ = 0;
};

}  // namespace

std::unique_ptr<BatchReader> unloaded(std::unique_ptr<BatchReader> rows, std::uint64_t count, const std::string& name) {
  return std::make_unique<Unloaded>(std::move(rows), count, name);
}

}  // namespace penstock::columnar
