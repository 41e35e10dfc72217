// Some whole records of an input, on their way from the splitter to a compressor.
//
// Threads: one at a time; chunks are handed on. Memory: their buffers are used again, see pipeline.h.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace penstock::staging {

// Bytes that nobody has to zero first.
class Buffer {
 public:
  static constexpr std::size_t kSlack = 16;  // bytes behind its capacity that can be read, whatever they are

  [[nodiscard]] std::string_view view() const noexcept { return {bytes_.get(), size_}; }
  [[nodiscard]] char* begin() noexcept { return bytes_.get(); }
  [[nodiscard]] char* end() noexcept { return bytes_.get() + size_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::size_t room() const noexcept { return capacity_ - size_; }

  void clear() noexcept { size_ = 0; }
  void grow_by(std::size_t written) noexcept { size_ += written; }  // what was written at end()
  void reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    std::unique_ptr<char[]> bytes(new char[capacity + kSlack]);
    if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }
  void append(std::string_view bytes) {
    if (bytes.size() > room()) reserve(std::max(size_ + bytes.size(), capacity_ + capacity_ / 2));
    if (!bytes.empty()) std::memcpy(end(), bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void append(char byte) { append(std::string_view(&byte, 1)); }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

struct Chunk {
  Buffer buffer;
  std::size_t begin = 0;           // of its first record in the buffer: behind a header
  std::size_t end = 0;             // behind its last record
  std::uint64_t first_line = 1;    // of its first record in the input, from 1
  std::uint64_t first_record = 1;  // likewise; blank lines count
  std::uint64_t ends = 0;          // of records: blank lines among them

  [[nodiscard]] std::string_view text() const noexcept { return buffer.view().substr(begin, end - begin); }
};

}  // namespace penstock::staging
