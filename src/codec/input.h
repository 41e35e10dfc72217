// The compressed side of a stream: a buffer, refilled from the reader when it is used up.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "penstock/object_reader.h"

namespace penstock {

class CompressedInput {
 public:
  explicit CompressedInput(std::unique_ptr<ObjectReader> in) : in_(std::move(in)) {}

  // What is there and not consumed; refilled when empty. Empty: the end of the object.
  std::span<const std::byte> next() {
    if (rest_.empty() && !at_end_) {
      const std::size_t n = in_->read(buffer_);
      at_end_ = n == 0;
      rest_ = std::span<const std::byte>(buffer_).first(n);
    }
    return rest_;
  }
  void consume(std::size_t n) { rest_ = rest_.subspan(n); }

 private:
  static constexpr std::size_t kBufferBytes = 256 << 10;

  std::unique_ptr<ObjectReader> in_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(kBufferBytes);
  std::span<const std::byte> rest_;
  bool at_end_ = false;
};

}  // namespace penstock
