// An object as a file of Arrow's, read by ranges.
//
// Threads: any, as Arrow wants. Errors: what the store throws is kept (Arrow can't carry it) and the call fails;
// whoever sees Arrow fail asks rethrow_store_error() first.
#pragma once

#include <arrow/io/interfaces.h>
#include <arrow/result.h>

#include <exception>
#include <memory>

#include "base/guarded.h"
#include "endpoint/copy/copy_sources.h"

namespace penstock::endpoint {

class ObjectFile final : public arrow::io::RandomAccessFile {
 public:
  explicit ObjectFile(const SourceObject& object) : object_(object) {}

  void rethrow_store_error();

  arrow::Result<std::int64_t> GetSize() override { return static_cast<std::int64_t>(object_.info.size); }
  arrow::Result<std::int64_t> ReadAt(std::int64_t position, std::int64_t size, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(std::int64_t position, std::int64_t size) override;
  arrow::Result<std::int64_t> Read(std::int64_t size, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(std::int64_t size) override;
  arrow::Status Seek(std::int64_t position) override;
  arrow::Result<std::int64_t> Tell() const override { return position_; }
  arrow::Status Close() override;
  [[nodiscard]] bool closed() const override { return closed_; }

 private:
  SourceObject object_;
  std::int64_t position_ = 0;
  bool closed_ = false;
  Guarded<std::exception_ptr> store_error_;
};

}  // namespace penstock::endpoint
