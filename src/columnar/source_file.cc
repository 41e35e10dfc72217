#include "columnar/source_file.h"

#include <arrow/buffer.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/text.h"
#include "penstock/error.h"
#include "store/file.h"

namespace penstock::columnar {
namespace {

class LocalFile final : public SourceFile {
 public:
  LocalFile(const std::string& path, Fd fd, std::uint64_t size, arrow::MemoryPool& pool)
      : SourceFile(path, size, pool), fd_(std::move(fd)) {}

 private:
  void read(std::uint64_t position, std::span<std::byte> out) override {
    while (!out.empty()) {
      const ssize_t count = ::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(position));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw system_error(fmt::format("reading {}", printable(name())), errno);
      if (count == 0) {
        throw Error(ErrorKind::conflict, fmt::format("{} became shorter while it was read", printable(name())));
      }
      out = out.subspan(static_cast<std::size_t>(count));
      position += static_cast<std::uint64_t>(count);
    }
  }

  const Fd fd_;
};

}  // namespace

void SourceFile::rethrow_failure() {
  failure_.with([](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
  });
}

void SourceFile::expect(const std::vector<ExpectedGroup>&) {}

arrow::Result<std::int64_t> SourceFile::ReadAt(std::int64_t position, std::int64_t size, void* out) {
  if (position < 0 || size < 0 || position > size_) return arrow::Status::Invalid("a range outside of the file");
  const std::int64_t wanted = std::min(size, size_ - position);
  try {
    read(static_cast<std::uint64_t>(position), {static_cast<std::byte*>(out), static_cast<std::size_t>(wanted)});
  } catch (const std::exception& e) {
    failure_.with([](std::exception_ptr& failure) {
      if (!failure) failure = std::current_exception();
    });
    return arrow::Status::IOError(e.what());
  }
  bytes_read_ += static_cast<std::uint64_t>(wanted);
  return wanted;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> SourceFile::ReadAt(std::int64_t position, std::int64_t size) {
  if (position < 0 || size < 0 || position > size_) return arrow::Status::Invalid("a range outside of the file");
  // a broken footer asks for more than there is: as much is not even allocated
  ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateResizableBuffer(std::min(size, size_ - position), &pool_));
  ARROW_RETURN_NOT_OK(ReadAt(position, buffer->size(), buffer->mutable_data()));
  return std::shared_ptr<arrow::Buffer>(std::move(buffer));
}

arrow::Result<std::int64_t> SourceFile::Read(std::int64_t size, void* out) {
  ARROW_ASSIGN_OR_RAISE(const std::int64_t count, ReadAt(position_, size, out));
  position_ += count;
  return count;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> SourceFile::Read(std::int64_t size) {
  ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position_, size));
  position_ += buffer->size();
  return buffer;
}

arrow::Status SourceFile::Seek(std::int64_t position) {
  position_ = position;
  return arrow::Status::OK();
}

arrow::Status SourceFile::Close() {
  is_closed_ = true;
  return arrow::Status::OK();
}

std::shared_ptr<SourceFile> open_local_file(const std::string& path, arrow::MemoryPool& pool) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a pipe without a writer is no reason to wait
  if (!fd) throw system_error(fmt::format("opening {}", printable(path)), errno);
  const struct stat found = stat_of(fd.get());
  if (!S_ISREG(found.st_mode)) {
    throw Error(ErrorKind::refused,
                fmt::format("{} is no regular file: Parquet and ORC can only be read from one", printable(path)));
  }
  return std::make_shared<LocalFile>(path, std::move(fd), static_cast<std::uint64_t>(found.st_size), pool);
}

}  // namespace penstock::columnar
