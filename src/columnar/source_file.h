// A file as Arrow reads files, anywhere in it: a local one here, an object in object_file.h.
//
// Threads: any, but for the position. Memory: the buffers that it hands out are of the pool.
// Errors:  what reading throws, Arrow's statuses can't carry: it is kept, and whoever sees Arrow fail asks
//          rethrow_failure() first.
#pragma once

#include <arrow/io/interfaces.h>
#include <arrow/memory_pool.h>
#include <arrow/result.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "columnar/read_ahead.h"

namespace penstock::columnar {

class SourceFile : public arrow::io::RandomAccessFile {
 public:
  SourceFile(std::string name, std::uint64_t size, arrow::MemoryPool& pool)
      : name_(std::move(name)), size_(static_cast<std::int64_t>(size)), pool_(pool) {}

  [[nodiscard]] const std::string& name() const noexcept { return name_; }  // a path, s3://bucket/key
  [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_read_; }
  void rethrow_failure();

  virtual void expect(const std::vector<ExpectedGroup>& groups);  // what will be read soon, in this order
  // Whether reading a little costs as much as reading a lot.
  [[nodiscard]] virtual bool is_far() const noexcept { return false; }

  arrow::Result<std::int64_t> GetSize() override { return size_; }
  arrow::Result<std::int64_t> ReadAt(std::int64_t position, std::int64_t size, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(std::int64_t position, std::int64_t size) override;
  arrow::Result<std::int64_t> Read(std::int64_t size, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(std::int64_t size) override;
  arrow::Status Seek(std::int64_t position) override;
  arrow::Result<std::int64_t> Tell() const override { return position_; }
  arrow::Status Close() override;
  [[nodiscard]] bool closed() const override { return is_closed_; }

 protected:
  // Fills `out`, which lies in the file; any thread. Throws Error.
  virtual void read(std::uint64_t position, std::span<std::byte> out) = 0;
  [[nodiscard]] arrow::MemoryPool& pool() const noexcept { return pool_; }

 private:
  const std::string name_;
  const std::int64_t size_;
  arrow::MemoryPool& pool_;
  std::int64_t position_ = 0;
  bool is_closed_ = false;
  std::atomic<std::uint64_t> bytes_read_ = 0;
  Guarded<std::exception_ptr> failure_;
};

// not_found, denied; refused for what is no regular file.
std::shared_ptr<SourceFile> open_local_file(const std::string& path, arrow::MemoryPool& pool);

}  // namespace penstock::columnar
