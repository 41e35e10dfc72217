// Bytes that grow without being zeroed first.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace penstock::endpoint {

class ByteBuffer {
 public:
  // Room behind what is there; add() says how much of it was filled.
  std::span<char> room(std::size_t least) {
    if (capacity_ - size_ < least) reserve(std::max(size_ + least, capacity_ * 2));
    return {data_.get() + size_, capacity_ - size_};
  }
  void add(std::size_t filled) noexcept { size_ += filled; }
  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(room(bytes.size()).data(), bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void resize_down(std::size_t size) noexcept { size_ = size; }
  void drop_front(std::size_t n) noexcept {
    if (n == 0) return;
    size_ -= n;
    std::memmove(data_.get(), data_.get() + n, size_);
  }
  void clear() noexcept { size_ = 0; }
  // Gives back memory beyond `most`; for a buffer that goes on living after one huge record.
  void shrink(std::size_t most) {
    if (capacity_ <= most || size_ > most) return;
    data_.reset();
    size_ = capacity_ = 0;
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::string_view view() const noexcept { return {data_.get(), size_}; }

 private:
  void reserve(std::size_t capacity) {
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(larger.get(), data_.get(), size_);
    data_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace penstock::endpoint
