// A text as an input, given in steps of some bytes: for tests and fuzzers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include "penstock/object_reader.h"

namespace penstock::staging {

class TextReader final : public ObjectReader {
 public:
  explicit TextReader(std::string text, std::size_t step = 1 << 20) : text_(std::move(text)), step_(step) {}

  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t count = std::min({buffer.size(), step_, text_.size() - at_});
    if (count > 0) std::memcpy(buffer.data(), text_.data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  const std::string text_;
  const std::size_t step_;
  std::size_t at_ = 0;
};

}  // namespace penstock::staging
