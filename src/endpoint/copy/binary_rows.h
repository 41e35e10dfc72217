// Rows as PostgreSQL's binary COPY wants them, written straight into one growing buffer.
//
// Room is made once a row: begin_row() promises the bytes, what follows writes without asking. A row that fails
// half-way is taken back by drop_row().
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace penstock::endpoint {

class BinaryRows {
 public:
  static constexpr std::size_t kFieldHeader = 4;  // the length before each value

  // `room`: an upper bound of the row's bytes, headers included.
  void begin_row(std::int16_t columns, std::size_t room) {
    if (capacity_ - size_ < room + sizeof columns) grow(room + sizeof columns);
    row_ = size_;
    put(columns);
  }
  void drop_row() noexcept { size_ = row_; }

  // In network order.
  template <typename Integer>
  void put(Integer value) noexcept {
    if constexpr (std::endian::native == std::endian::little) {
      if constexpr (sizeof value == 2)
        value = static_cast<Integer>(__builtin_bswap16(static_cast<std::uint16_t>(value)));
      if constexpr (sizeof value == 4)
        value = static_cast<Integer>(__builtin_bswap32(static_cast<std::uint32_t>(value)));
      if constexpr (sizeof value == 8)
        value = static_cast<Integer>(__builtin_bswap64(static_cast<std::uint64_t>(value)));
    }
    std::memcpy(data_.get() + size_, &value, sizeof value);
    size_ += sizeof value;
  }
  template <typename Integer>
  void put_field(Integer value) noexcept {
    put(static_cast<std::int32_t>(sizeof value));
    put(value);
  }
  void put_field(std::string_view bytes) noexcept {
    put(static_cast<std::int32_t>(bytes.size()));
    if (!bytes.empty()) std::memcpy(data_.get() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void put_null() noexcept { put(std::int32_t{-1}); }

  void clear() noexcept { size_ = 0; }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {data_.get(), size_}; }

 private:
  void grow(std::size_t room) {
    const std::size_t capacity = std::max(size_ + room, capacity_ * 2);
    auto larger = std::make_unique_for_overwrite<std::byte[]>(capacity);
    if (size_ > 0) std::memcpy(larger.get(), data_.get(), size_);
    data_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<std::byte[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::size_t row_ = 0;  // where the row in the making begins
};

}  // namespace penstock::endpoint
