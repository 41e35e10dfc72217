#include "endpoint/copy/object_file.h"

#include <arrow/buffer.h>

#include <algorithm>

namespace penstock::endpoint {

void ObjectFile::rethrow_store_error() {
  store_error_.with([](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
  });
}

arrow::Result<std::int64_t> ObjectFile::ReadAt(std::int64_t position, std::int64_t size, void* out) {
  const auto object_size = static_cast<std::int64_t>(object_.info.size);
  if (position < 0 || size < 0 || position > object_size) return arrow::Status::IOError("read beyond the object");
  const auto wanted = static_cast<std::size_t>(std::min(size, object_size - position));
  std::span<std::byte> rest(static_cast<std::byte*>(out), wanted);
  try {
    const auto reader = rest.empty() ? nullptr
                                     : object_.store->open(object_.info, ByteRange{static_cast<std::uint64_t>(position),
                                                                                   static_cast<std::uint64_t>(wanted)});
    while (!rest.empty()) {
      const std::size_t n = reader->read(rest);
      if (n == 0) return arrow::Status::IOError("the object ended early");
      rest = rest.subspan(n);
    }
  } catch (...) {
    store_error_.with([](auto& error) {
      if (!error) error = std::current_exception();
    });
    return arrow::Status::IOError("the store failed");
  }
  return static_cast<std::int64_t>(wanted);
}

arrow::Result<std::shared_ptr<arrow::Buffer>> ObjectFile::ReadAt(std::int64_t position, std::int64_t size) {
  ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateResizableBuffer(size));
  ARROW_ASSIGN_OR_RAISE(const std::int64_t read, ReadAt(position, size, buffer->mutable_data()));
  ARROW_RETURN_NOT_OK(buffer->Resize(read));
  return std::shared_ptr<arrow::Buffer>(std::move(buffer));
}

arrow::Result<std::int64_t> ObjectFile::Read(std::int64_t size, void* out) {
  ARROW_ASSIGN_OR_RAISE(const std::int64_t read, ReadAt(position_, size, out));
  position_ += read;
  return read;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> ObjectFile::Read(std::int64_t size) {
  ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position_, size));
  position_ += buffer->size();
  return buffer;
}

arrow::Status ObjectFile::Seek(std::int64_t position) {
  position_ = position;
  return arrow::Status::OK();
}

arrow::Status ObjectFile::Close() {
  closed_ = true;
  return arrow::Status::OK();
}

}  // namespace penstock::endpoint
