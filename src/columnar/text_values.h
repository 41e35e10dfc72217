// Texts as values: each in the one way in which it is mostly written, eight bytes at a time where that helps, or not at
// all: blanks around a value are its caller's.
//
// Threads: any. Memory: none. Errors: none; false: the text is no such value, or not exactly.
#pragma once

#include <arrow/util/decimal.h>

#include <array>
#include <bit>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>

namespace penstock::columnar {

inline constexpr std::int64_t kMicrosOfSecond = 1'000'000;
inline constexpr std::int64_t kMicrosOfDay = 86'400 * kMicrosOfSecond;

// The number that one to eight digits are. Eight bytes can be read at them, and what is behind them does not count.
inline bool read_digits(const char* at, std::size_t count, std::uint64_t& number) noexcept {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t digits = 0;
  std::memcpy(&digits, at, sizeof(digits));
  digits = (digits ^ 0x3030303030303030) << (8 * (8 - count));  // the last one on top; below the first, zeros
  // a byte's high bit is set where it is no digit; what it carries reaches later bytes only
  if ((((digits + 0x7676767676767676) | digits) & 0x8080808080808080) != 0) return false;
  digits = digits * 10 + (digits >> 8);  // pairs, in every other byte
  constexpr std::uint64_t kPairs = 0x000000FF000000FF;
  digits = ((digits & kPairs) * (100 + (std::uint64_t{1'000'000} << 32)) +
            ((digits >> 16) & kPairs) * (1 + (std::uint64_t{10'000} << 32))) >>
           32;
  number = digits;
  return true;
}

// Eight bytes can be read at the text's end.
template <std::signed_integral Integer>
bool read_integer(std::string_view text, Integer& value) noexcept {
  const bool is_negative = text.starts_with('-');
  const std::size_t sign = is_negative || text.starts_with('+') ? 1 : 0;
  const std::size_t count = text.size() - sign;
  if (count - 1 < 8) {
    std::uint64_t digits = 0;
    if (!read_digits(text.data() + sign, count, digits)) return false;
    const auto number = is_negative ? -static_cast<std::int64_t>(digits) : static_cast<std::int64_t>(digits);
    value = static_cast<Integer>(number);
    return value == number;
  }
  if (sign != 0 && !is_negative) {  // from_chars takes no plus
    text.remove_prefix(sign);
    if (text.starts_with('-')) return false;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

// Also NaN, Infinity and Inf, in any case.
bool read_float(std::string_view text, float& value) noexcept;
bool read_float(std::string_view text, double& value) noexcept;

bool read_boolean(std::string_view text, bool& value) noexcept;  // true t yes y 1, false f no n 0, in any case

bool read_decimal(std::string_view text, int precision, int scale, arrow::Decimal128& value);

// Days and microseconds since 1970 began. Eight bytes can be read at the texts' ends.
bool read_date(std::string_view text, std::int32_t& days) noexcept;
bool read_time(std::string_view text, std::int64_t& micros) noexcept;  // of a day
bool read_timestamp(std::string_view text, std::int64_t& micros) noexcept;
bool read_timestamptz(std::string_view text, std::int64_t& micros) noexcept;

}  // namespace penstock::columnar
