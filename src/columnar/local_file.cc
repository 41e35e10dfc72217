#include "columnar/local_file.h"

#include <arrow/buffer.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/text.h"
#include "penstock/error.h"

namespace penstock::columnar {

arrow::Result<std::int64_t> LocalFile::ReadAt(std::int64_t position, std::int64_t size, void* out) {
  if (position < 0 || size < 0 || position > size_) return arrow::Status::Invalid("a range outside of the file");
  const std::int64_t wanted = std::min(size, size_ - position);
  for (std::int64_t at = 0; at < wanted;) {
    const ssize_t count =
        ::pread(fd_.get(), static_cast<char*>(out) + at, static_cast<std::size_t>(wanted - at), position + at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return arrow::Status::IOError(std::strerror(errno));
    if (count == 0) return arrow::Status::IOError("the file became shorter");
    at += count;
    bytes_read_ += static_cast<std::uint64_t>(count);
  }
  return wanted;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> LocalFile::ReadAt(std::int64_t position, std::int64_t size) {
  if (position < 0 || size < 0 || position > size_) return arrow::Status::Invalid("a range outside of the file");
  // a broken footer asks for more than there is: as much is not even allocated
  ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateResizableBuffer(std::min(size, size_ - position), &pool_));
  ARROW_RETURN_NOT_OK(ReadAt(position, buffer->size(), buffer->mutable_data()));
  return std::shared_ptr<arrow::Buffer>(std::move(buffer));
}

arrow::Result<std::int64_t> LocalFile::Read(std::int64_t size, void* out) {
  ARROW_ASSIGN_OR_RAISE(const std::int64_t count, ReadAt(position_, size, out));
  position_ += count;
  return count;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> LocalFile::Read(std::int64_t size) {
  ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position_, size));
  position_ += buffer->size();
  return buffer;
}

arrow::Status LocalFile::Seek(std::int64_t position) {
  position_ = position;
  return arrow::Status::OK();
}

arrow::Status LocalFile::Close() {
  closed_ = true;
  return arrow::Status::OK();
}

std::shared_ptr<LocalFile> open_local_file(const std::string& path, arrow::MemoryPool& pool) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a pipe without a writer is no reason to wait
  if (!fd) throw system_error(fmt::format("opening {}", printable(path)), errno);
  const struct stat found = stat_of(fd.get());
  if (!S_ISREG(found.st_mode)) {
    throw Error(ErrorKind::refused,
                fmt::format("{} is no regular file: Parquet can only be read from one", printable(path)));
  }
  return std::make_shared<LocalFile>(std::move(fd), found.st_size, pool);
}

}  // namespace penstock::columnar
