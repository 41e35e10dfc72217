// What the benchmarks of staging and of discovery read.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "penstock/object_reader.h"

namespace penstock::staging {

// CSV of seven fields as it is: numbers, dates, text, now and then a long quoted one with a newline.
inline std::string bench_table(std::size_t bytes) {
  std::string text;
  text.reserve(bytes + 1000);
  for (unsigned i = 0; text.size() < bytes; ++i) {
    text += std::to_string(i) + ",2013-01-" + std::to_string(10 + i % 20) + "," +
            std::to_string((i * 2654435761U) % 100'000) + ".25,,name of " + std::to_string(i % 977) + ",t,";
    text += i % 12 == 0 ? "\"a note, of\ntwo lines\"\n" : "plain\n";
  }
  return text;
}

// A text that is read without being copied first.
class Borrowed final : public ObjectReader {
 public:
  explicit Borrowed(const std::string& text) : text_(text) {}
  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t count = text_.copy(reinterpret_cast<char*>(buffer.data()), buffer.size(), at_);
    at_ += count;
    return count;
  }

 private:
  const std::string& text_;
  std::size_t at_ = 0;
};

}  // namespace penstock::staging
