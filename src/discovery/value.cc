#include "discovery/value.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <system_error>

#include "base/text.h"

namespace penstock::discovery {
namespace {

constexpr std::size_t kMostDigits = 38;    // of a decimal
constexpr std::size_t kMostFraction = 37;  // of them behind the point
constexpr std::size_t kMostMicros = 6;

bool is_digit(char c) noexcept { return static_cast<unsigned char>(c - '0') <= 9; }
bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

// How many digits the text begins with, eight at a time.
std::size_t count_digits(std::string_view text) noexcept {
  std::size_t count = 0;
  if constexpr (std::endian::native == std::endian::little) {
    for (; text.size() - count >= 8; count += 8) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, text.data() + count, sizeof(eight));
      eight ^= 0x3030303030303030;
      // a byte's high bit is set where it is no digit; what it carries reaches later bytes only
      const std::uint64_t others = ((eight + 0x7676767676767676) | eight) & 0x8080808080808080;
      if (others != 0) return count + static_cast<unsigned>(std::countr_zero(others)) / 8;
    }
  }
  while (count < text.size() && is_digit(text[count])) ++count;
  return count;
}

int two_digits(const char* at) noexcept {
  return is_digit(at[0]) && is_digit(at[1]) ? (at[0] - '0') * 10 + (at[1] - '0') : -1;
}

// Takes its way through a text from left to right.
class Walk {
 public:
  explicit Walk(std::string_view text) noexcept : rest_(text) {}

  [[nodiscard]] bool is_done() const noexcept { return rest_.empty(); }
  bool take(char c) noexcept {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::size_t take_digits() noexcept {
    const std::size_t count = count_digits(rest_);
    rest_.remove_prefix(count);
    return count;
  }
  // Two digits from 0 to `most`.
  bool take_two(int most) noexcept {
    if (rest_.size() < 2) return false;
    const int number = two_digits(rest_.data());
    if (number < 0 || number > most) return false;
    rest_.remove_prefix(2);
    return true;
  }

 private:
  std::string_view rest_;
};

bool is_date(const char* text) noexcept {
  const int century = two_digits(text);
  const int year = two_digits(text + 2);
  const int month = two_digits(text + 5);
  const int day = two_digits(text + 8);
  if (century < 0 || year < 0 || text[4] != '-' || text[7] != '-' || month < 1 || month > 12 || day < 1) return false;
  if (century == 0 && year == 0) return false;
  constexpr std::array kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = year % 4 == 0 && (year != 0 || century % 4 == 0);
  return day <= kDays.at(static_cast<std::size_t>(month - 1)) + (month == 2 && is_leap ? 1 : 0);
}

bool take_seconds(Walk& walk) noexcept {
  if (!walk.take_two(59)) return false;
  if (!walk.take('.')) return true;
  const std::size_t digits = walk.take_digits();
  return digits > 0 && digits <= kMostMicros;
}

// Z, +02, +02:00, +0200
bool take_zone(Walk& walk) noexcept {
  if (walk.take('Z')) return true;
  if (!walk.take('+') && !walk.take('-')) return false;
  if (!walk.take_two(14)) return false;
  if (walk.is_done()) return true;
  walk.take(':');
  return walk.take_two(59);
}

Kind kind_of_dated(std::string_view text) noexcept {
  constexpr std::size_t kDateSize = 10;
  if (!is_date(text.data())) return Kind::text;
  if (text.size() == kDateSize) return Kind::date;
  Walk walk(text.substr(kDateSize));
  if (!walk.take(' ') && !walk.take('T')) return Kind::text;
  if (!walk.take_two(23) || !walk.take(':') || !walk.take_two(59)) return Kind::text;
  if (walk.take(':') && !take_seconds(walk)) return Kind::text;
  if (walk.is_done()) return Kind::timestamp;
  return take_zone(walk) && walk.is_done() ? Kind::timestamptz : Kind::text;
}

Kind kind_of_clock(std::string_view text) noexcept {
  Walk walk(text);
  const bool is_clock =
      walk.take_two(23) && walk.take(':') && walk.take_two(59) && walk.take(':') && take_seconds(walk);
  return is_clock && walk.is_done() ? Kind::time : Kind::text;
}

template <typename Integer>
bool fits(std::string_view text) noexcept {
  Integer number = 0;
  return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc();
}

// text: with its sign
Kind kind_of_whole(std::string_view text, std::size_t digits) noexcept {
  constexpr auto kAlways2 = static_cast<std::size_t>(std::numeric_limits<std::int16_t>::digits10);
  constexpr auto kAlways4 = static_cast<std::size_t>(std::numeric_limits<std::int32_t>::digits10);
  constexpr auto kAlways8 = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::digits10);
  if (digits <= kAlways2 || (digits == kAlways2 + 1 && fits<std::int16_t>(text))) return Kind::int2;
  if (digits <= kAlways4 || (digits == kAlways4 + 1 && fits<std::int32_t>(text))) return Kind::int4;
  if (digits <= kAlways8 || (digits == kAlways8 + 1 && fits<std::int64_t>(text))) return Kind::int8;
  return digits <= kMostDigits ? Kind::wide : Kind::text;
}

// Neither so large nor so small that it is none.
bool fits_double(std::string_view text) noexcept {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() &&
         (number == 0 || std::abs(number) >= std::numeric_limits<double>::min());
}

Value number_in(std::string_view text) noexcept {
  Walk walk(text);
  const std::size_t sign = walk.take('-') ? 1 : 0;
  std::size_t whole = walk.take_digits();
  if (whole > 1 && text[sign] == '0') return {};
  const auto with = [&](Kind kind, std::size_t fraction) {
    return Value{kind, static_cast<std::uint8_t>(whole), static_cast<std::uint8_t>(fraction)};
  };
  if (whole > kMostDigits) return {};
  if (walk.is_done()) return whole == 0 ? Value{} : with(kind_of_whole(text, whole), 0);
  std::size_t fraction = 0;
  bool is_number = whole > 0;
  if (walk.take('.')) {
    fraction = walk.take_digits();
    is_number = is_number || fraction > 0;
  }
  if (!is_number || fraction > kMostFraction) return {};
  if (whole == 1 && text[sign] == '0') whole = 0;
  if (walk.is_done()) return with(Kind::decimal, fraction);
  if (!walk.take('e') && !walk.take('E')) return {};
  if (!walk.take('+')) walk.take('-');
  const std::size_t digits = walk.take_digits();
  return digits > 0 && walk.is_done() && fits_double(text) ? with(Kind::exponent, fraction) : Value{};
}

Kind kind_of_word(std::string_view text) noexcept {
  constexpr std::array<std::string_view, 4> kBooleans{"t", "f", "true", "false"};
  constexpr std::array<std::string_view, 3> kNoNumbers{"nan", "infinity", "-infinity"};
  constexpr std::size_t kLongest = 9;
  if (text.size() > kLongest) return Kind::text;
  const auto is = [&](std::string_view word) { return equal_ignoring_case(text, word); };
  if (std::ranges::any_of(kBooleans, is)) return Kind::boolean;
  return std::ranges::any_of(kNoNumbers, is) ? Kind::no_number : Kind::text;
}

}  // namespace

Value value_of(std::string_view text) noexcept {
  if (std::ranges::all_of(text, is_blank)) return {.kind = Kind::empty};
  const char first = text.front();
  if (is_digit(first)) {
    if (text.size() >= 10 && text[4] == '-') return {.kind = kind_of_dated(text)};
    if (text.size() >= 8 && text[2] == ':') return {.kind = kind_of_clock(text)};
    return number_in(text);
  }
  if (first == '.' || (first == '-' && text.size() > 1 && text[1] != 'I' && text[1] != 'i')) return number_in(text);
  return {.kind = kind_of_word(text)};
}

}  // namespace penstock::discovery
