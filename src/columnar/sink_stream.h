// A ByteSink as Arrow writes to it.
//
// Threads: one at a time. Errors: what the sink throws, Arrow's statuses can't carry: it is kept, and whoever sees
// Arrow fail asks rethrow_failure() first.
#pragma once

#include <arrow/io/interfaces.h>
#include <arrow/result.h>

#include <cstdint>
#include <exception>

#include "store/byte_sink.h"

namespace penstock::columnar {

class SinkStream final : public arrow::io::OutputStream {
 public:
  explicit SinkStream(ByteSink& sink) : sink_(sink) {}  // which outlives it

  void rethrow_failure() const {
    if (failure_) std::rethrow_exception(failure_);
  }
  void stop() noexcept { is_stopped_ = true; }  // whatever is still written, is dropped: writers end with a footer

  arrow::Status Write(const void* data, std::int64_t size) override;
  arrow::Result<std::int64_t> Tell() const override { return written_; }
  arrow::Status Close() override;
  [[nodiscard]] bool closed() const override { return is_closed_; }
  using OutputStream::Write;

 private:
  ByteSink& sink_;
  std::int64_t written_ = 0;
  bool is_closed_ = false;
  bool is_stopped_ = false;
  std::exception_ptr failure_;
};

}  // namespace penstock::columnar
