// Dates and times from text, by the default formats, by DATEFORMAT and TIMEFORMAT, and by 'auto'.
//
// Values are PostgreSQL's binary ones: days and microseconds from 2000-01-01. Parsing is noexcept: nullopt is no date.
// Errors: SqlError, for a format that can't be one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::endpoint {

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

// What a text said; what it did not say keeps these values.
struct DateTimeParts {
  std::int32_t year = 0, month = 0, day = 0;  // astronomical year: 0 is 1 BC
  std::int64_t micros = 0;                    // of the day
  std::optional<std::int32_t> offset;         // seconds east of UTC
  bool has_date = false;
  bool has_time = false;

  [[nodiscard]] std::int32_t days() const noexcept;   // from 2000-01-01
  [[nodiscard]] std::int64_t local() const noexcept;  // as if its zone were UTC
  [[nodiscard]] std::int64_t utc() const noexcept;    // its zone taken off; none: UTC
};

// "YYYY-MM-DD" and "HH:MI:SS[.ffffff]", whole and nothing behind; the formats that hold when none is given.
std::optional<DateTimeParts> parse_iso_date(std::string_view text) noexcept;
std::optional<DateTimeParts> parse_iso_timestamp(std::string_view text) noexcept;         // one blank between the two
std::optional<DateTimeParts> parse_iso_timestamp_offset(std::string_view text) noexcept;  // and perhaps an offset
std::optional<DateTimeParts> parse_clock(std::string_view text, bool offset_allowed) noexcept;
// What 'auto' recognises (datetime_auto.cc).
std::optional<DateTimeParts> parse_any_datetime(std::string_view text) noexcept;
// "1325376000", "-1.5": microseconds from 2000-01-01; scale: microseconds of one unit.
std::optional<std::int64_t> parse_epoch(std::string_view text, std::int64_t scale) noexcept;

// A format of the user, 'MM/DD/YYYY HH:MI:SS': compiled once.
class DateTimeFormat {
 public:
  // option: DATEFORMAT or TIMEFORMAT, for the message.
  DateTimeFormat(std::string_view option, std::string_view format);
  [[nodiscard]] std::optional<DateTimeParts> parse(std::string_view text) const noexcept;

 private:
  enum class Part { literal, year4, year2, month, month_name, day, hour, hour12, minute, second, half_day };
  struct Step {
    Part part = Part::literal;
    char literal = 0;
  };
  std::vector<Step> steps_;
};

}  // namespace penstock::endpoint
