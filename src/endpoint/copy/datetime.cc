#include "endpoint/copy/datetime.h"

#include <fmt/format.h>

#include <chrono>
#include <limits>

#include "base/text.h"
#include "endpoint/copy/datetime_parts.h"
#include "endpoint/sql/sql_error.h"

namespace penstock::endpoint {
namespace {

constexpr std::int64_t kDaysTo2000 = 10'957;  // from 1970-01-01
constexpr std::int32_t kFirstYear = -4712;    // 4713 BC
constexpr std::int32_t kLastYear = 9999;      // what Redshift's formats can write

// Two digits at text[at]; -1: not two digits.
int two_digits(std::string_view text, std::size_t at) noexcept {
  const char high = text[at], low = text[at + 1];
  return is_digit(high) && is_digit(low) ? (high - '0') * 10 + (low - '0') : -1;
}

// "YYYY-MM-DD" at the beginning of the text.
bool iso_date(std::string_view text, DateTimeParts& parts) noexcept {
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return false;
  const int century = two_digits(text, 0), year = two_digits(text, 2);
  if (century < 0 || year < 0 || century + year == 0) return false;
  return set_date(parts, century * 100 + year, two_digits(text, 5), two_digits(text, 8));
}

}  // namespace

std::int32_t DateTimeParts::days() const noexcept {
  const auto date = std::chrono::year(year) / month / day;
  return static_cast<std::int32_t>(std::chrono::sys_days(date).time_since_epoch().count() - kDaysTo2000);
}

std::int64_t DateTimeParts::local() const noexcept { return days() * kMicrosPerDay + micros; }

std::int64_t DateTimeParts::utc() const noexcept { return local() - offset.value_or(0) * kMicrosPerSecond; }

bool set_date(DateTimeParts& parts, std::int32_t year, std::int32_t month, std::int32_t day) noexcept {
  if (year < kFirstYear || year > kLastYear || month < 1 || month > 12 || day < 1 || day > 31) return false;
  if (!(std::chrono::year(year) / month / day).ok()) return false;
  parts.year = year;
  parts.month = month;
  parts.day = day;
  parts.has_date = true;
  return true;
}

std::int64_t take_fraction(TextCursor& text) noexcept {
  if (!text.take('.')) return 0;
  const std::string_view digits = text.take_digits(std::numeric_limits<std::size_t>::max());
  std::int64_t micros = 0;
  for (std::size_t i = 0; i < 6; ++i) micros = micros * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  return micros + (digits.size() > 6 && digits[6] >= '5' ? 1 : 0);
}

bool take_clock(TextCursor& text, DateTimeParts& parts, bool seconds_needed) noexcept {
  const auto hour = text.number(1, 2);
  if (!hour || !text.take(':')) return false;
  const auto minute = text.number(2, 2);
  if (!minute) return false;
  std::int32_t second = 0;
  std::int64_t fraction = 0;
  if (text.take(':')) {
    const auto seconds = text.number(2, 2);
    if (!seconds) return false;
    second = *seconds;
    fraction = take_fraction(text);
  } else if (seconds_needed) {
    return false;
  }
  const bool midnight_at_the_end = *hour == 24 && *minute == 0 && second == 0 && fraction == 0;
  if ((*hour > 23 && !midnight_at_the_end) || *minute > 59 || second > 60) return false;
  parts.micros = ((*hour * 60 + *minute) * 60LL + second) * kMicrosPerSecond + fraction;
  parts.has_time = true;
  return true;
}

std::optional<std::int32_t> take_offset(TextCursor& text) noexcept {
  if (text.take('Z') || text.take('z')) return 0;
  const bool west = text.peek() == '-';
  if (!text.take('-') && !text.take('+')) return std::nullopt;
  const auto hours = text.number(1, 2);
  if (!hours) return std::nullopt;
  std::int32_t minutes = 0;
  if (text.take(':') || is_digit(text.peek())) {
    const auto given = text.number(2, 2);
    if (!given) return std::nullopt;
    minutes = *given;
  }
  if (*hours > 15 || minutes > 59) return std::nullopt;
  const std::int32_t seconds = (*hours * 60 + minutes) * 60;
  return west ? -seconds : seconds;
}

std::optional<std::int32_t> month_of(std::string_view name) noexcept {
  static constexpr std::string_view kMonths[] = {"january", "february", "march",     "april",   "may",      "june",
                                                 "july",    "august",   "september", "october", "november", "december"};
  for (std::int32_t month = 1; const std::string_view full : kMonths) {
    if (equal_ignoring_case(name, full) || equal_ignoring_case(name, full.substr(0, 3))) return month;
    if (month == 9 && equal_ignoring_case(name, "sept")) return month;
    ++month;
  }
  return std::nullopt;
}

std::optional<std::int32_t> hour_of_half(std::int32_t hour, bool afternoon) noexcept {
  if (hour < 1 || hour > 12) return std::nullopt;
  return hour % 12 + (afternoon ? 12 : 0);
}

std::int32_t full_year(std::int32_t two_digits) noexcept { return two_digits + (two_digits < 70 ? 2000 : 1900); }

std::optional<DateTimeParts> parse_iso_date(std::string_view text) noexcept {
  DateTimeParts parts;
  return text.size() == 10 && iso_date(text, parts) ? std::optional(parts) : std::nullopt;
}

std::optional<DateTimeParts> parse_iso_timestamp(std::string_view text) noexcept {
  const auto parts = parse_iso_timestamp_offset(text);
  return parts && !parts->offset ? parts : std::nullopt;
}

std::optional<DateTimeParts> parse_iso_timestamp_offset(std::string_view text) noexcept {
  DateTimeParts parts;
  if (text.size() < 19 || !iso_date(text, parts) || text[10] != ' ') return std::nullopt;
  const auto clock = parse_clock(text.substr(11), true);
  if (!clock) return std::nullopt;
  parts.micros = clock->micros;
  parts.offset = clock->offset;
  parts.has_time = true;
  return parts;
}

std::optional<DateTimeParts> parse_clock(std::string_view text, bool offset_allowed) noexcept {
  DateTimeParts parts;
  TextCursor cursor(text);
  if (!take_clock(cursor, parts, true)) return std::nullopt;
  if (offset_allowed && !cursor.at_end()) {
    cursor.skip_blanks();
    parts.offset = take_offset(cursor);
    if (!parts.offset) return std::nullopt;
  }
  return cursor.at_end() ? std::optional(parts) : std::nullopt;
}

std::optional<std::int64_t> parse_epoch(std::string_view text, std::int64_t scale) noexcept {
  constexpr std::int64_t kMicrosTo2000 = kDaysTo2000 * kMicrosPerDay;
  constexpr std::int64_t kMaxUnits = std::int64_t{1} << 43;  // far beyond the year 9999, far below an overflow
  TextCursor cursor(text);
  const bool negative = cursor.take('-');
  if (!negative) cursor.take('+');
  const std::string_view digits = cursor.take_digits(std::numeric_limits<std::size_t>::max());
  if (digits.empty()) return std::nullopt;
  std::int64_t units = 0;
  for (const char c : digits) {
    units = units * 10 + (c - '0');
    if (units > kMaxUnits) return std::nullopt;
  }
  const std::int64_t fraction = take_fraction(cursor);  // millionths of a unit
  if (!cursor.at_end()) return std::nullopt;
  if (units > kMaxUnits / 8 && scale == kMicrosPerSecond) return std::nullopt;
  const std::int64_t micros = units * scale + fraction * scale / kMicrosPerSecond;
  return (negative ? -micros : micros) - kMicrosTo2000;
}

DateTimeFormat::DateTimeFormat(std::string_view option, std::string_view format) {
  struct Word {
    std::string_view text;
    Part part;
  };
  // longer words first: HH24 before HH, YYYY before YY, MONTH before MON
  static constexpr Word kWords[] = {{"YYYY", Part::year4},     {"YY", Part::year2},    {"MONTH", Part::month_name},
                                    {"MON", Part::month_name}, {"MM", Part::month},    {"DD", Part::day},
                                    {"HH24", Part::hour},      {"HH12", Part::hour12}, {"HH", Part::hour},
                                    {"MI", Part::minute},      {"SS", Part::second},   {"AM", Part::half_day},
                                    {"PM", Part::half_day}};
  std::string_view rest = format;
  while (!rest.empty()) {
    const Word* found = nullptr;
    for (const Word& word : kWords) {
      if (equal_ignoring_case(rest.substr(0, word.text.size()), word.text)) {
        found = &word;
        break;
      }
    }
    const bool iso_t = !steps_.empty() && steps_.back().part == Part::day && rest.front() == 'T';
    if (found != nullptr) {
      steps_.push_back({found->part});
      rest.remove_prefix(found->text.size());
    } else if (is_letter(rest.front()) && !iso_t) {
      throw SqlError("42601", fmt::format("Invalid {} '{}': '{}' is not a part of a date or time that it takes", option,
                                          printable(format), printable(rest)));
    } else {
      steps_.push_back({Part::literal, rest.front()});
      rest.remove_prefix(1);
    }
  }
  if (steps_.empty()) throw SqlError("42601", fmt::format("Invalid {}: it is empty", option));
  // HH with AM or PM behind it can only be a 12-hour clock
  bool halves = false;
  for (const Step& step : steps_) halves = halves || step.part == Part::half_day;
  for (Step& step : steps_) {
    if (halves && step.part == Part::hour) step.part = Part::hour12;
  }
}

std::optional<DateTimeParts> DateTimeFormat::parse(std::string_view text) const noexcept {
  TextCursor cursor(text);
  std::int32_t year = 1, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  std::int64_t fraction = 0;
  bool afternoon = false, halves = false, has_date = false;
  const auto take_number = [&](std::int32_t& value, std::size_t least, std::size_t most) {
    const auto number = cursor.number(least, most);
    value = number.value_or(0);
    return number.has_value();
  };
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const bool digits_follow = i + 1 < steps_.size() && steps_[i + 1].part != Part::literal;
    const std::size_t least = digits_follow ? 2 : 1;  // 6/20/2017 is fine where separators tell the parts apart
    bool good = true;
    switch (steps_[i].part) {
      case Part::literal:
        good = cursor.take(steps_[i].literal);
        break;
      case Part::year4:
        has_date = true;
        good = take_number(year, 4, 4);
        break;
      case Part::year2:
        has_date = true;
        good = take_number(year, 2, 2);
        year = full_year(year);
        break;
      case Part::month:
        good = take_number(month, least, 2);
        break;
      case Part::month_name: {
        const auto named = month_of(cursor.take_letters());
        month = named.value_or(0);
        good = named.has_value();
        break;
      }
      case Part::day:
        good = take_number(day, least, 2);
        break;
      case Part::hour:
        good = take_number(hour, least, 2) && hour < 24;
        break;
      case Part::hour12:
        halves = true;
        good = take_number(hour, least, 2) && hour >= 1 && hour <= 12;
        break;
      case Part::minute:
        good = take_number(minute, 2, 2) && minute < 60;
        break;
      case Part::second:
        good = take_number(second, 2, 2) && second <= 60;
        if (good) fraction = take_fraction(cursor);
        break;
      case Part::half_day: {
        const std::string_view half = cursor.take_letters();
        afternoon = equal_ignoring_case(half, "PM");
        good = afternoon || equal_ignoring_case(half, "AM");
        break;
      }
    }
    if (!good) return std::nullopt;
  }
  if (!cursor.at_end()) return std::nullopt;
  if (halves) hour = *hour_of_half(hour, afternoon);
  DateTimeParts parts;
  if (year == 0 || !set_date(parts, year, month, day)) return std::nullopt;  // after 1 BC comes 1
  parts.has_date = has_date;
  parts.micros = ((hour * 60 + minute) * 60LL + second) * kMicrosPerSecond + fraction;
  parts.has_time = true;
  return parts;
}

}  // namespace penstock::endpoint
