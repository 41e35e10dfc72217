#include "table/value_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <limits>
#include <optional>
#include <system_error>

#include "base/json_text.h"
#include "base/text.h"

namespace penstock::table {
namespace {

constexpr std::size_t kMaxSuper = 16'000'000;
constexpr int kWideDecimal = 19;  // up to this precision a decimal has 64 bits

bool is_blank(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view without_sign(std::string_view text) noexcept {
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) text.remove_prefix(1);
  return text;
}

// The digits that the text begins with, which are taken from it.
std::string_view take_digits(std::string_view& text) noexcept {
  const auto end = std::ranges::find_if_not(text, is_digit);
  const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

bool take(std::string_view& text, char c) noexcept {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

ValueFault check_integer(std::string_view text, std::int64_t least, std::int64_t most) noexcept {
  text = trimmed(text);
  const bool is_negative = text.starts_with('-');
  const std::string_view digits = without_sign(text);
  if (digits.empty() || !std::ranges::all_of(digits, is_digit)) return ValueFault::digit;
  if (!is_negative) text = digits;  // from_chars takes no plus
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && value >= least && value <= most ? ValueFault::none : ValueFault::overflow;
}

template <typename Integer>
ValueFault check_integer(std::string_view text) noexcept {
  return check_integer(text, std::numeric_limits<Integer>::min(), std::numeric_limits<Integer>::max());
}

// 12.50e3 in its parts.
struct Decimal {
  std::string_view whole{};
  std::string_view fraction{};
  std::int64_t exponent = 0;  // of ten; held within what no precision comes near

  [[nodiscard]] char digit(std::size_t i) const noexcept {
    return i < whole.size() ? whole[i] : fraction[i - whole.size()];
  }
  [[nodiscard]] std::size_t digits() const noexcept { return whole.size() + fraction.size(); }
};

// nullopt: the text is no number from its start to its end. It has no sign any more.
std::optional<Decimal> read_decimal(std::string_view text) noexcept {
  Decimal decimal{.whole = take_digits(text)};
  if (take(text, '.')) decimal.fraction = take_digits(text);
  if (decimal.digits() == 0) return std::nullopt;
  if (take(text, 'e') || take(text, 'E')) {
    const bool is_negative = text.starts_with('-');
    text = without_sign(text);
    const std::string_view digits = take_digits(text);
    if (digits.empty()) return std::nullopt;
    constexpr std::int64_t kFar = 1'000'000'000'000;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), decimal.exponent);
    if (error != std::errc() || decimal.exponent > kFar) decimal.exponent = kFar;
    if (is_negative) decimal.exponent = -decimal.exponent;
  }
  return text.empty() ? std::optional(decimal) : std::nullopt;
}

// Places beyond the scale are cut off, so only those before the point can be too many.
bool fits(const Decimal& decimal, const Type& type) noexcept {
  std::size_t first = 0;
  while (first < decimal.digits() && decimal.digit(first) == '0') ++first;
  if (first == decimal.digits()) return true;
  const auto before_point =
      static_cast<std::int64_t>(decimal.whole.size()) - static_cast<std::int64_t>(first) + decimal.exponent;
  if (before_point > type.precision - type.scale) return false;
  if (type.precision != kWideDecimal || before_point < type.precision - type.scale) return true;
  std::uint64_t value = 0;  // of nineteen digits
  for (int i = 0; i < kWideDecimal; ++i) {
    const std::size_t at = first + static_cast<std::size_t>(i);
    value = value * 10 + (at < decimal.digits() ? static_cast<std::uint64_t>(decimal.digit(at) - '0') : 0);
  }
  return value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
}

ValueFault check_decimal(const Type& type, std::string_view text) noexcept {
  text = without_sign(trimmed(text));
  const bool begins = !text.empty() && (is_digit(text[0]) || (text[0] == '.' && text.size() > 1 && is_digit(text[1])));
  if (!begins) return ValueFault::digit;
  const auto decimal = read_decimal(text);
  if (!decimal) return ValueFault::number;
  return fits(*decimal, type) ? ValueFault::none : ValueFault::overflow;
}

template <typename Float>
ValueFault check_float(std::string_view text) noexcept {
  text = without_sign(trimmed(text));
  for (const std::string_view word : {"nan", "inf", "infinity"}) {
    if (equal_ignoring_case(text, word)) return ValueFault::none;
  }
  const auto decimal = read_decimal(text);
  if (!decimal) return ValueFault::number;
  Float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? ValueFault::none : ValueFault::overflow;
}

ValueFault check_boolean(std::string_view text) noexcept {
  text = trimmed(text);
  constexpr std::array<std::string_view, 10> kWords{"true", "t", "yes", "y", "1", "false", "f", "no", "n", "0"};
  const bool is_one =
      std::ranges::any_of(kWords, [&](std::string_view word) { return equal_ignoring_case(text, word); });
  return is_one ? ValueFault::none : ValueFault::boolean;
}

// A number of so many digits.
std::optional<int> take_number(std::string_view& text, std::size_t least, std::size_t most) noexcept {
  std::string_view rest = text;
  const std::string_view digits = take_digits(rest);
  if (digits.size() < least || digits.size() > most) return std::nullopt;
  int value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  text = rest;
  return value;
}

int days_of(int year, int month) noexcept {
  constexpr std::array kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && is_leap ? 29 : kDays.at(static_cast<std::size_t>(month - 1));
}

// YYYY-MM-DD
bool take_date(std::string_view& text) noexcept {
  const auto year = take_number(text, 4, 4);
  if (!year || *year == 0 || !take(text, '-')) return false;
  const auto month = take_number(text, 2, 2);
  if (!month || *month < 1 || *month > 12 || !take(text, '-')) return false;
  const auto day = take_number(text, 2, 2);
  return day && *day >= 1 && *day <= days_of(*year, *month);
}

// HH:MI:SS[.ffffff], up to 24:00:00
bool take_time(std::string_view& text, std::size_t least_hour_digits = 1) noexcept {
  const auto hour = take_number(text, least_hour_digits, 2);
  if (!hour || !take(text, ':')) return false;
  const auto minute = take_number(text, 2, 2);
  if (!minute || *minute > 59 || !take(text, ':')) return false;
  const auto second = take_number(text, 2, 2);
  if (!second || *second > 60) return false;
  bool is_whole = true;
  if (take(text, '.')) {
    is_whole = std::ranges::all_of(take_digits(text), [](char c) { return c == '0'; });
  }
  const int seconds = (*hour * 60 + *minute) * 60 + *second;
  constexpr int kDay = 24 * 60 * 60;
  return seconds < kDay || (seconds == kDay && is_whole);
}

// Z, +HH, +HHMM, +HH:MM, blanks before it; nothing is none, too.
bool take_offset(std::string_view& text) noexcept {
  text = trimmed(text);
  if (text.empty() || take(text, 'Z') || take(text, 'z')) return true;
  if (!take(text, '+') && !take(text, '-')) return false;
  auto hours = take_number(text, 1, 2);
  int minutes = 0;
  if (hours) {
    if (take(text, ':')) {
      const auto given = take_number(text, 2, 2);
      if (!given) return false;
      minutes = *given;
    }
  } else if (hours = take_number(text, 4, 4); hours) {
    minutes = *hours % 100;
    *hours /= 100;
  }
  return hours && *hours <= 15 && minutes <= 59;
}

ValueFault check_date(std::string_view text) noexcept {
  constexpr std::size_t kLeast = 10;
  text = trimmed(text);
  if (text.size() < kLeast) return ValueFault::short_date;
  if (!take_date(text)) return ValueFault::date;
  if (text.empty()) return ValueFault::none;
  // a time of day is dropped
  if (!take(text, ' ') && !take(text, 'T')) return ValueFault::date;
  return take_time(text) && take_offset(text) && text.empty() ? ValueFault::none : ValueFault::date;
}

ValueFault check_timestamp(std::string_view text, bool has_zone) noexcept {
  text = trimmed(text);
  const bool is_one =
      take_date(text) && take(text, ' ') && take_time(text, 2) && (!has_zone || take_offset(text)) && text.empty();
  return is_one ? ValueFault::none : ValueFault::timestamp;
}

ValueFault check_time(std::string_view text, bool has_zone) noexcept {
  text = trimmed(text);
  return take_time(text) && (!has_zone || take_offset(text)) && text.empty() ? ValueFault::none : ValueFault::time;
}

ValueFault check_length(std::size_t size, std::size_t room) noexcept {
  return size <= room ? ValueFault::none : ValueFault::too_long;
}

ValueFault check_character(const Type& type, std::string_view text) noexcept {
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    return ValueFault::not_ascii;
  }
  return check_length(text.size(), static_cast<std::size_t>(type.length));
}

ValueFault check_super(std::string_view text) noexcept {
  if (text.size() > kMaxSuper) return ValueFault::too_long;
  return is_json(text) ? ValueFault::none : ValueFault::json;
}

ValueFault check_varbyte(const Type& type, std::string_view text) noexcept {
  const auto is_hexadecimal = [](char c) { return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); };
  if (text.size() % 2 != 0 || !std::ranges::all_of(text, is_hexadecimal)) return ValueFault::hexadecimal;
  return check_length(text.size() / 2, static_cast<std::size_t>(type.length));
}

std::size_t size_of(const Type& type, std::string_view text) noexcept {
  return type.name == TypeName::varbyte ? text.size() / 2 : text.size();
}

std::size_t room_of(const Type& type) noexcept {
  return type.name == TypeName::super ? kMaxSuper : static_cast<std::size_t>(type.length);
}

// The place and the character that can't be, where one can be named.
std::string odd_digit(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && is_blank(text[at])) ++at;
  const std::size_t sign = at;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
  while (at < text.size() && is_digit(text[at])) ++at;
  if (at == text.size()) at = sign;
  if (at >= text.size()) return "no digit";
  const auto ends = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  const auto next = std::find_if(text.begin() + static_cast<std::ptrdiff_t>(at) + 1, text.end(), ends);
  return fmt::format("'{}' at place {} is no digit",
                     printable(text.substr(at, static_cast<std::size_t>(next - text.begin()) - at)), at + 1);
}

}  // namespace

bool can_check(const Type& type) noexcept {
  switch (type.name) {
    case TypeName::interval_year_to_month:
    case TypeName::interval_day_to_second:
    case TypeName::geometry:
    case TypeName::geography:
    case TypeName::hllsketch:
      return false;
    default:
      return true;
  }
}

bool reads_as_null(const Type& type, std::string_view text) noexcept {
  if (type.name == TypeName::character || type.name == TypeName::varchar) return false;
  return std::ranges::all_of(text, is_blank);
}

ValueFault check_value(const Type& type, std::string_view text) noexcept {
  if (reads_as_null(type, text)) return ValueFault::none;
  switch (type.name) {
    case TypeName::boolean:
      return check_boolean(text);
    case TypeName::smallint:
      return check_integer<std::int16_t>(text);
    case TypeName::integer:
      return check_integer<std::int32_t>(text);
    case TypeName::bigint:
      return check_integer<std::int64_t>(text);
    case TypeName::numeric:
      return check_decimal(type, text);
    case TypeName::real:
      return check_float<float>(text);
    case TypeName::double_precision:
      return check_float<double>(text);
    case TypeName::character:
      return check_character(type, text);
    case TypeName::varchar:
      return check_length(text.size(), static_cast<std::size_t>(type.length));
    case TypeName::date:
      return check_date(text);
    case TypeName::time:
      return check_time(text, false);
    case TypeName::timetz:
      return check_time(text, true);
    case TypeName::timestamp:
      return check_timestamp(text, false);
    case TypeName::timestamptz:
      return check_timestamp(text, true);
    case TypeName::super:
      return check_super(text);
    case TypeName::varbyte:
      return check_varbyte(type, text);
    case TypeName::interval_year_to_month:
    case TypeName::interval_day_to_second:
    case TypeName::geometry:
    case TypeName::geography:
    case TypeName::hllsketch:
      break;
  }
  return ValueFault::none;
}

std::string in_words(ValueFault fault, const Type& type, std::string_view text) {
  switch (fault) {
    case ValueFault::none:
      return {};
    case ValueFault::digit:
      return fmt::format("no {}: {}", to_string(type), odd_digit(text));
    case ValueFault::number:
      return fmt::format("no {}", to_string(type));
    case ValueFault::overflow:
      return fmt::format("out of {}'s range", to_string(type));
    case ValueFault::boolean:
      return "no boolean: true, t, yes, y, 1 and false, f, no, n, 0 are";
    case ValueFault::short_date:
    case ValueFault::date:
      return "no date of the form YYYY-MM-DD";
    case ValueFault::timestamp:
      return fmt::format("no timestamp of the form YYYY-MM-DD HH:MI:SS{}",
                         type.name == TypeName::timestamptz ? "[+HH:MM]" : "");
    case ValueFault::time:
      return fmt::format("no time of the form HH:MI:SS{}", type.name == TypeName::timetz ? "[+HH:MM]" : "");
    case ValueFault::too_long:
      return fmt::format("{} bytes, where {} has room for {}", size_of(type, text), to_string(type), room_of(type));
    case ValueFault::not_ascii:
      return fmt::format("{} holds ASCII alone; varchar holds all", to_string(type));
    case ValueFault::json:
      return "no JSON, which a SUPER is written as";
    case ValueFault::hexadecimal:
      return "not hexadecimal, which binary values are written as";
  }
  return {};
}

}  // namespace penstock::table
