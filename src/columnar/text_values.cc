#include "columnar/text_values.h"

#include <algorithm>
#include <chrono>

#include "base/text.h"

namespace penstock::columnar {
namespace {

constexpr std::size_t kDateSize = 10;
constexpr std::size_t kMicroDigits = 6;

bool is_digit(char c) noexcept { return static_cast<unsigned char>(c - '0') <= 9; }
bool is_blank(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool take(std::string_view& text, char c) noexcept {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// Two digits, from 0 to `most`; -1: they are not there.
int take_two(std::string_view& text, int most) noexcept {
  if (text.size() < 2 || !is_digit(text[0]) || !is_digit(text[1])) return -1;
  const int number = (text[0] - '0') * 10 + (text[1] - '0');
  if (number > most) return -1;
  text.remove_prefix(2);
  return number;
}

template <typename Float>
bool read_float_as(std::string_view text, Float& value) noexcept {
  const bool has_plus = take(text, '+');  // which from_chars does not take; and it has words of its own, like nan(1)
  const std::size_t sign = !has_plus && text.starts_with('-') ? 1 : 0;
  if (text.size() == sign) return false;
  const char first = text[sign];
  if (is_digit(first) || first == '.') {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
  }
  const std::string_view word = text.substr(sign);
  if (equal_ignoring_case(word, "nan")) {
    value = std::numeric_limits<Float>::quiet_NaN();
    return true;
  }
  if (!equal_ignoring_case(word, "infinity") && !equal_ignoring_case(word, "inf")) return false;
  value = sign != 0 ? -std::numeric_limits<Float>::infinity() : std::numeric_limits<Float>::infinity();
  return true;
}

std::int32_t days_since_1970(int year, int month, int day) noexcept {
  const std::chrono::year_month_day date(std::chrono::year{year}, std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  return static_cast<std::int32_t>(std::chrono::sys_days(date).time_since_epoch().count());
}

// YYYY-MM-DD, with which the text begins.
bool take_date(std::string_view& text, std::int32_t& days) noexcept {
  if (text.size() < kDateSize || text[4] != '-' || text[7] != '-') return false;
  std::uint64_t year = 0;
  std::uint64_t month = 0;
  std::uint64_t day = 0;
  if (!read_digits(text.data(), 4, year) || !read_digits(text.data() + 5, 2, month) ||
      !read_digits(text.data() + 8, 2, day)) {
    return false;
  }
  constexpr std::array<std::uint8_t, 13> kDays{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year == 0 || month == 0 || month > 12 || day == 0) return false;
  const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (day > kDays[month] + (month == 2 && is_leap ? 1U : 0U)) return false;
  days = days_since_1970(static_cast<int>(year), static_cast<int>(month), static_cast<int>(day));
  text.remove_prefix(kDateSize);
  return true;
}

// Behind the point. Places beyond microseconds are zeros.
bool take_fraction(std::string_view& text, std::int64_t& micros) noexcept {
  std::size_t count = 0;
  std::int64_t value = 0;
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1), ++count) {
    if (count < kMicroDigits) {
      value = value * 10 + (text.front() - '0');
    } else if (text.front() != '0') {
      return false;
    }
  }
  for (std::size_t i = count; i < kMicroDigits; ++i) value *= 10;
  micros += value;
  return count > 0;
}

// HH:MM, HH:MM:SS, HH:MM:SS.ffffff
bool take_clock(std::string_view& text, std::int64_t& micros, bool may_be_short = false) noexcept {
  int hour = 0;
  if (may_be_short && text.size() > 1 && text[1] == ':' && is_digit(text[0])) {  // 9:30
    hour = text[0] - '0';
    text.remove_prefix(1);
  } else {
    hour = take_two(text, 23);
  }
  if (hour < 0 || !take(text, ':')) return false;
  const int minute = take_two(text, 59);
  if (minute < 0) return false;
  int second = 0;
  bool has_fraction = false;
  if (take(text, ':')) {
    second = take_two(text, 59);
    if (second < 0) return false;
    has_fraction = take(text, '.');
  }
  micros = ((std::int64_t{hour} * 60 + minute) * 60 + second) * kMicrosOfSecond;
  return !has_fraction || take_fraction(text, micros);
}

// To the text's end; blanks may be before it. offset: of the zone's clocks from UTC.
bool take_zone(std::string_view text, std::int64_t& offset) noexcept {
  constexpr int kMostHours = 15;
  offset = 0;
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  if (text.empty() || text == "Z" || text == "z") return true;
  const bool is_negative = text.front() == '-';
  if (!is_negative && text.front() != '+') return false;
  text.remove_prefix(1);
  int hours = take_two(text, kMostHours);
  if (hours < 0 && text.size() == 1 && is_digit(text.front())) {
    hours = text.front() - '0';
    text.remove_prefix(1);
  }
  if (hours < 0) return false;
  int minutes = 0;
  if (!text.empty()) {
    take(text, ':');
    minutes = take_two(text, 59);
  }
  offset = (std::int64_t{hours} * 60 + minutes) * 60 * kMicrosOfSecond * (is_negative ? -1 : 1);
  return minutes >= 0 && text.empty();
}

// Of a date alone, too. rest: what is behind it.
bool take_timestamp(std::string_view text, std::int64_t& micros, std::string_view& rest) noexcept {
  std::int32_t days = 0;
  if (!take_date(text, days)) return false;
  std::int64_t clock = 0;
  if (!text.empty() && (!(take(text, 'T') || take(text, ' ')) || !take_clock(text, clock))) return false;
  micros = days * kMicrosOfDay + clock;
  rest = text;
  return true;
}

// 10^38 and less, in 128 bits.
using Wide = unsigned __int128;

constexpr int kMostDigits = 38;

constexpr std::array<Wide, kMostDigits + 1> kPowers = [] {
  std::array<Wide, kMostDigits + 1> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

// Digits that are appended to a number; false: there are others, or too many.
class Digits {
 public:
  bool append(std::string_view digits) noexcept {
    constexpr std::size_t kStep = 8;
    while (!digits.empty()) {
      const std::size_t count = std::min(digits.size(), kStep);
      std::uint64_t number = 0;
      if (!read_digits(digits.data(), count, number)) return false;
      if (value_ >= kPowers[kMostDigits - kStep]) return append_slowly(digits);
      value_ = value_ * kPowers[count] + number;
      digits.remove_prefix(count);
    }
    return true;
  }
  bool shift(std::size_t places) noexcept {
    if (value_ == 0) return true;
    if (places > kMostDigits || value_ >= kPowers[kMostDigits - places]) return false;
    value_ *= kPowers[places];
    return true;
  }
  [[nodiscard]] Wide value() const noexcept { return value_; }

 private:
  bool append_slowly(std::string_view digits) noexcept {
    for (const char digit : digits) {
      if (!is_digit(digit) || value_ >= kPowers[kMostDigits - 1]) return false;
      value_ = value_ * 10 + static_cast<unsigned>(digit - '0');
    }
    return true;
  }

  Wide value_ = 0;
};

// With an exponent, which is rare.
bool read_scientific(std::string_view text, int precision, int scale, arrow::Decimal128& value) {
  std::int32_t given_precision = 0;
  std::int32_t given_scale = 0;
  if (!arrow::Decimal128::FromString(text, &value, &given_precision, &given_scale).ok()) return false;
  if (value == 0) return true;
  if (std::abs(std::int64_t{given_scale} - scale) > kMostDigits) return false;
  const auto rescaled = value.Rescale(given_scale, scale);
  if (!rescaled.ok()) return false;
  value = *rescaled;
  return value.FitsInPrecision(precision);
}

}  // namespace

bool read_float(std::string_view text, float& value) noexcept { return read_float_as(text, value); }
bool read_float(std::string_view text, double& value) noexcept { return read_float_as(text, value); }

bool read_boolean(std::string_view text, bool& value) noexcept {
  constexpr std::array<std::string_view, 5> kTrue{"t", "true", "1", "y", "yes"};
  constexpr std::array<std::string_view, 5> kFalse{"f", "false", "0", "n", "no"};
  const auto is = [&](std::string_view word) {
    return text.size() == word.size() &&
           std::ranges::equal(text, word, [](char a, char b) { return a == b || (b >= 'a' && (a | 0x20) == b); });
  };
  value = std::ranges::any_of(kTrue, is);
  return value || std::ranges::any_of(kFalse, is);
}

bool read_decimal(std::string_view text, int precision, int scale, arrow::Decimal128& value) {
  const std::string_view whole_text = text;
  const bool is_negative = take(text, '-');
  if (!is_negative) take(text, '+');
  const auto point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  std::string_view fraction = text.substr(std::min(point + 1, text.size()));
  if (whole.empty() && fraction.empty()) return false;
  const auto places = static_cast<std::size_t>(scale);
  Digits digits;
  if (fraction.size() > places && std::ranges::all_of(fraction.substr(places), [](char c) { return c == '0'; })) {
    fraction = fraction.substr(0, places);
  }
  const bool is_plain = fraction.size() <= places && digits.append(whole) && digits.append(fraction) &&
                        digits.shift(places - fraction.size());
  if (!is_plain) {
    if (text.find_first_of("eE") == std::string_view::npos) return false;
    return read_scientific(whole_text, precision, scale, value);
  }
  if (digits.value() >= kPowers[static_cast<std::size_t>(precision)]) return false;
  value =
      arrow::Decimal128(static_cast<std::int64_t>(digits.value() >> 64), static_cast<std::uint64_t>(digits.value()));
  if (is_negative) value.Negate();
  return true;
}

bool read_date(std::string_view text, std::int32_t& days) noexcept {
  if (text.size() == kDateSize) return take_date(text, days);
  std::int64_t micros = 0;
  if (!read_timestamptz(text, micros) || micros % kMicrosOfDay != 0) return false;
  days = static_cast<std::int32_t>(micros / kMicrosOfDay);
  return true;
}

bool read_time(std::string_view text, std::int64_t& micros) noexcept {
  return take_clock(text, micros, true) && text.empty();
}

bool read_timestamp(std::string_view text, std::int64_t& micros) noexcept {
  std::string_view rest;
  return take_timestamp(text, micros, rest) && rest.empty();
}

bool read_timestamptz(std::string_view text, std::int64_t& micros) noexcept {
  std::string_view rest;
  std::int64_t offset = 0;
  if (!take_timestamp(text, micros, rest) || !take_zone(rest, offset)) return false;
  micros -= offset;
  return true;
}

}  // namespace penstock::columnar
