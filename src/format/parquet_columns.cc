#include "format/parquet_columns.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <fmt/format.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <utility>

#include "base/text.h"
#include "penstock/error.h"

namespace penstock::format {
namespace {

// A footer's length is what the file says it is; no honest one is longer.
constexpr std::int64_t kMaxRead = 64 << 20;

// An object as Arrow reads files: by ranges. Our exceptions can't be Arrow's statuses, so the first is kept for whoever
// called Arrow.
class ObjectFile final : public arrow::io::RandomAccessFile {
 public:
  ObjectFile(ObjectStore& store, const ObjectInfo& object) : store_(store), object_(object) {}

  void rethrow_failure() const {
    if (failure_) std::rethrow_exception(failure_);
  }

  arrow::Result<std::int64_t> GetSize() override { return static_cast<std::int64_t>(object_.size); }

  arrow::Result<std::int64_t> ReadAt(std::int64_t position, std::int64_t size, void* out) override {
    const auto whole = static_cast<std::int64_t>(object_.size);
    if (position < 0 || size < 0 || position > whole) return arrow::Status::Invalid("a range outside of the file");
    size = std::min(size, whole - position);
    if (size > kMaxRead) return arrow::Status::Invalid("a footer of ", size, " bytes");
    if (size == 0) return 0;
    try {
      const ByteRange range{.offset = static_cast<std::uint64_t>(position), .length = static_cast<std::uint64_t>(size)};
      const auto reader = store_.open(object_, range);
      std::span<std::byte> rest(static_cast<std::byte*>(out), static_cast<std::size_t>(size));
      while (!rest.empty()) {
        const std::size_t got = reader->read(rest);
        if (got == 0) break;
        rest = rest.subspan(got);
      }
      return size - static_cast<std::int64_t>(rest.size());
    } catch (const std::exception& e) {
      if (!failure_) failure_ = std::current_exception();
      return arrow::Status::IOError(e.what());
    }
  }

  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(std::int64_t position, std::int64_t size) override {
    if (size < 0 || size > kMaxRead) return arrow::Status::Invalid("a footer of ", size, " bytes");
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::ResizableBuffer> buffer, arrow::AllocateResizableBuffer(size));
    ARROW_ASSIGN_OR_RAISE(const std::int64_t got, ReadAt(position, size, buffer->mutable_data()));
    ARROW_RETURN_NOT_OK(buffer->Resize(got));
    return buffer;
  }

  arrow::Result<std::int64_t> Read(std::int64_t size, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const std::int64_t got, ReadAt(position_, size, out));
    position_ += got;
    return got;
  }

  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(std::int64_t size) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position_, size));
    position_ += buffer->size();
    return buffer;
  }

  arrow::Status Seek(std::int64_t position) override {
    position_ = position;
    return arrow::Status::OK();
  }
  arrow::Result<std::int64_t> Tell() const override { return position_; }
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }

 private:
  ObjectStore& store_;
  const ObjectInfo& object_;
  std::int64_t position_ = 0;
  bool closed_ = false;
  std::exception_ptr failure_;
};

}  // namespace

std::vector<std::string> parquet_columns(ObjectStore& store, const ObjectInfo& object) {
  const auto file = std::make_shared<ObjectFile>(store, object);
  try {
    const auto reader = parquet::ParquetFileReader::Open(file);
    const parquet::schema::GroupNode* const root = reader->metadata()->schema()->group_node();
    std::vector<std::string> names;
    names.reserve(static_cast<std::size_t>(root->field_count()));
    for (int i = 0; i < root->field_count(); ++i) names.push_back(root->field(i)->name());
    return names;
  } catch (const parquet::ParquetException& e) {
    file->rethrow_failure();
    throw Error(ErrorKind::refused, fmt::format("{} is no Parquet file that can be read: {}",
                                                printable(store.uri_of(object.key)), printable(e.what())));
  }
}

}  // namespace penstock::format
