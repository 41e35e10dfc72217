// 'auto': what Redshift's documentation lists, and what lies between the lines of that list.
#include <algorithm>
#include <array>
#include <chrono>

#include "base/text.h"
#include "endpoint/copy/datetime_parts.h"

namespace penstock::endpoint {
namespace {

// Days from the Julian day's zero, 4714-11-24 BC, to 2000-01-01.
constexpr std::int32_t kJulian2000 = 2'451'545;
constexpr std::int32_t kMaxJulian = 5'373'484;  // 9999-12-31

struct Zone {
  std::string_view name;
  std::int32_t hours;
};
constexpr std::array kZones = {Zone{"utc", 0},   Zone{"gmt", 0},  Zone{"z", 0},    Zone{"zulu", 0},  Zone{"ut", 0},
                               Zone{"est", -5},  Zone{"edt", -4}, Zone{"cst", -6}, Zone{"cdt", -5},  Zone{"mst", -7},
                               Zone{"mdt", -6},  Zone{"pst", -8}, Zone{"pdt", -7}, Zone{"akst", -9}, Zone{"akdt", -8},
                               Zone{"hst", -10}, Zone{"wet", 0},  Zone{"west", 1}, Zone{"bst", 1},   Zone{"cet", 1},
                               Zone{"cest", 2},  Zone{"eet", 2},  Zone{"eest", 3}, Zone{"msk", 3},   Zone{"jst", 9},
                               Zone{"kst", 9}};

// One date or time in the making. Words and numbers are taken from the left; what a number is depends on what stands
// around it and on what is known already.
class AutoParser {
 public:
  explicit AutoParser(std::string_view text) : text_(text) {}

  std::optional<DateTimeParts> parse() noexcept {
    while (true) {
      text_.skip_blanks();
      text_.take(',');
      text_.skip_blanks();
      if (text_.at_end()) break;
      if (!take_one()) return std::nullopt;
    }
    return finish();
  }

 private:
  bool take_one() noexcept {
    if (is_letter(text_.peek())) return take_word();
    if (is_digit(text_.peek())) return take_number();
    if (has_clock_ && !parts_.offset && (text_.peek() == '+' || text_.peek() == '-')) return take_zone_offset();
    return false;
  }

  bool take_word() noexcept {
    const std::string_view word = text_.take_letters();
    if ((word == "J" || word == "j") && is_digit(text_.peek())) return take_julian();
    if ((word == "T" || word == "t") && has_date() && !has_clock_) return true;
    if (const auto month = month_of(word); month && month_ == 0) {
      month_ = *month;
      text_.take('.');
      return !text_.take('-') || take_day_and_year();  // Jan-08-1995
    }
    if (equal_ignoring_case(word, "AM") || equal_ignoring_case(word, "PM")) return take_half(word);
    if (equal_ignoring_case(word, "BC")) return bc_ = true;
    if (equal_ignoring_case(word, "AD")) return true;
    if (is_weekday(word)) return true;
    const auto zone =
        std::ranges::find_if(kZones, [&](const Zone& known) { return equal_ignoring_case(word, known.name); });
    if (zone == kZones.end() || parts_.offset || !has_clock_) return false;
    parts_.offset = zone->hours * 3600;
    return true;
  }

  static bool is_weekday(std::string_view word) noexcept {
    static constexpr std::string_view kDays[] = {"monday", "tuesday",  "wednesday", "thursday",
                                                 "friday", "saturday", "sunday"};
    return std::ranges::any_of(kDays, [&](std::string_view day) {
      return equal_ignoring_case(word, day) || equal_ignoring_case(word, day.substr(0, 3));
    });
  }

  bool take_half(std::string_view word) noexcept {
    if (!has_clock_ || half_) return false;
    half_ = true;
    const bool afternoon = equal_ignoring_case(word, "PM");
    constexpr std::int64_t kHour = 3600 * kMicrosPerSecond;
    const auto hour = hour_of_half(static_cast<std::int32_t>(parts_.micros / kHour), afternoon);
    if (!hour) return false;
    parts_.micros = *hour * kHour + parts_.micros % kHour;
    return true;
  }

  bool take_julian() noexcept {
    const std::string_view digits = text_.take_digits(8);
    std::int32_t day = 0;
    for (const char c : digits) day = day * 10 + (c - '0');
    if (digits.size() > 7 || day > kMaxJulian || has_date()) return false;
    return set_days(day - kJulian2000);
  }

  bool set_days(std::int32_t days_from_2000) noexcept {
    const std::chrono::year_month_day date(std::chrono::sys_days(std::chrono::days(days_from_2000 + 10'957)));
    year_ = int{date.year()};
    month_ = static_cast<std::int32_t>(unsigned{date.month()});
    day_ = static_cast<std::int32_t>(unsigned{date.day()});
    has_year_ = true;
    return true;
  }

  bool take_number() noexcept {
    const std::string_view rest = text_.rest();
    const auto digits = static_cast<std::size_t>(std::ranges::find_if_not(rest, is_digit) - rest.begin());
    const char next = digits < rest.size() ? rest[digits] : '\0';
    if (next == ':') return take_colon_clock();
    if (has_date() && !has_clock_ && (digits == 6 || digits == 4)) return take_run_clock(digits);
    if (digits == 8 && !has_year_ && month_ == 0) return take_run_date(4);
    if (digits == 6 && !has_year_ && month_ == 0) return take_run_date(2);
    if (digits == 4 && next == '.' && rest.size() >= 8 && is_day_of_year(rest)) return take_day_of_year();
    if (digits <= 2 && next == '.' && !has_date()) return take_three('.', 3);
    if (digits == 4 && (next == '-' || next == '/' || next == '.') && !has_date()) return take_three(next, 1);
    if (digits <= 2 && next == '/' && !has_date()) return take_three('/', 2);
    if (digits <= 2 && next == '-' && !has_date()) return take_dashes();
    return take_bare(digits);
  }

  static bool is_day_of_year(std::string_view rest) noexcept {
    return is_digit(rest[5]) && is_digit(rest[6]) && is_digit(rest[7]) && (rest.size() == 8 || !is_digit(rest[8]));
  }

  bool take_colon_clock() noexcept {
    if (has_clock_ || !take_clock(text_, parts_, false)) return false;
    return has_clock_ = true;
  }

  // HHMISS, HHMI; perhaps a fraction.
  bool take_run_clock(std::size_t digits) noexcept {
    const std::int32_t hour = *text_.number(2, 2), minute = *text_.number(2, 2);
    const std::int32_t second = digits == 6 ? *text_.number(2, 2) : 0;
    if (hour > 23 || minute > 59 || second > 60) return false;
    parts_.micros = ((hour * 60 + minute) * 60LL + second) * kMicrosPerSecond + take_fraction(text_);
    return has_clock_ = true;
  }

  bool take_run_date(std::size_t year_digits) noexcept {
    const std::int32_t year = *text_.number(year_digits, year_digits);
    year_ = year_digits == 2 ? full_year(year) : year;
    month_ = *text_.number(2, 2);
    day_ = *text_.number(2, 2);
    return has_year_ = true;
  }

  bool take_day_of_year() noexcept {
    year_ = *text_.number(4, 4);
    text_.take('.');
    const std::int32_t day = *text_.number(3, 3);
    const bool leap = std::chrono::year(year_).is_leap();
    if (day < 1 || day > (leap ? 366 : 365)) return false;
    DateTimeParts new_year;
    return set_date(new_year, year_, 1, 1) && set_days(new_year.days() + day - 1);
  }

  // Three numbers with a separator: year first (order 1), month first (2), day first (3); the middle may be a name.
  bool take_three(char separator, int order) noexcept {
    const auto first = text_.number(1, 4);
    if (!first || !text_.take(separator)) return false;
    std::optional<std::int32_t> second;
    const bool named = is_letter(text_.peek());
    second = named ? month_of(text_.take_letters()) : text_.number(1, 2);
    if (!second || !text_.take(separator)) return false;
    if (order == 1) {
      year_ = *first;
      month_ = *second;
      const auto day = text_.number(1, 2);
      day_ = day.value_or(0);
      return has_year_ = day.has_value();
    }
    const bool month_first = order == 2 && !named;
    month_ = month_first ? *first : *second;
    day_ = month_first ? *second : *first;
    return take_year();
  }

  // 08-Jan-1995, 01-08-1995
  bool take_dashes() noexcept { return take_three('-', 2); }

  bool take_day_and_year() noexcept {
    const auto day = text_.number(1, 2);
    day_ = day.value_or(0);
    return day && text_.take('-') && take_year();
  }

  bool take_year() noexcept {
    const std::string_view digits = text_.take_digits(5);
    if (digits.size() != 2 && digits.size() != 4) return false;
    year_ = 0;
    for (const char c : digits) year_ = year_ * 10 + (c - '0');
    two_digit_year_ = digits.size() == 2;
    return has_year_ = true;
  }

  // A number by itself: the day beside a named month, then the year.
  bool take_bare(std::size_t digits) noexcept {
    if (digits <= 2 && day_ == 0 && !has_year_) {
      day_ = *text_.number(1, 2);
      return true;
    }
    return !has_year_ && (month_ != 0 || day_ != 0) && take_year();
  }

  bool take_zone_offset() noexcept {
    parts_.offset = take_offset(text_);
    return parts_.offset.has_value();
  }

  [[nodiscard]] bool has_date() const noexcept { return has_year_ && month_ != 0 && day_ != 0; }

  std::optional<DateTimeParts> finish() noexcept {
    if (!has_date()) return std::nullopt;
    if (two_digit_year_ && !bc_) year_ = full_year(year_);
    if (year_ == 0) return std::nullopt;  // after 1 BC comes 1
    if (bc_) year_ = 1 - year_;
    parts_.has_time = has_clock_;
    return set_date(parts_, year_, month_, day_) ? std::optional(parts_) : std::nullopt;
  }

  TextCursor text_;
  DateTimeParts parts_;
  std::int32_t year_ = 0, month_ = 0, day_ = 0;
  bool has_year_ = false;
  bool two_digit_year_ = false;
  bool has_clock_ = false;
  bool half_ = false;
  bool bc_ = false;
};

}  // namespace

std::optional<DateTimeParts> parse_any_datetime(std::string_view text) noexcept { return AutoParser(text).parse(); }

}  // namespace penstock::endpoint
