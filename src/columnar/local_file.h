// A local file as Arrow reads files, anywhere in it.
//
// Threads: any, but for the position. Memory: the buffers that it hands out are of the pool. Errors: open_local_file()
// throws not_found, denied, and refused for what is no regular file; later Arrow's statuses.
#pragma once

#include <arrow/io/interfaces.h>
#include <arrow/memory_pool.h>
#include <arrow/result.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "store/file.h"

namespace penstock::columnar {

class LocalFile final : public arrow::io::RandomAccessFile {
 public:
  LocalFile(Fd fd, std::int64_t size, arrow::MemoryPool& pool) : fd_(std::move(fd)), size_(size), pool_(pool) {}

  [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_read_; }

  arrow::Result<std::int64_t> GetSize() override { return size_; }
  arrow::Result<std::int64_t> ReadAt(std::int64_t position, std::int64_t size, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(std::int64_t position, std::int64_t size) override;
  arrow::Result<std::int64_t> Read(std::int64_t size, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(std::int64_t size) override;
  arrow::Status Seek(std::int64_t position) override;
  arrow::Result<std::int64_t> Tell() const override { return position_; }
  arrow::Status Close() override;
  [[nodiscard]] bool closed() const override { return closed_; }

 private:
  const Fd fd_;
  const std::int64_t size_;
  arrow::MemoryPool& pool_;
  std::int64_t position_ = 0;
  bool closed_ = false;
  std::atomic<std::uint64_t> bytes_read_ = 0;
};

std::shared_ptr<LocalFile> open_local_file(const std::string& path, arrow::MemoryPool& pool);

}  // namespace penstock::columnar
