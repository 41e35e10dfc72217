// The pieces that every date format is made of; shared by datetime.cc and datetime_auto.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "endpoint/copy/datetime.h"
#include "endpoint/copy/text_cursor.h"

namespace penstock::endpoint {

// Sets the date if there is such a day. false: no such day.
bool set_date(DateTimeParts& parts, std::int32_t year, std::int32_t month, std::int32_t day) noexcept;
// "18:45", "18:45:05", "18:45:05.123456"; seconds may be left out only if they are not needed.
bool take_clock(TextCursor& text, DateTimeParts& parts, bool seconds_needed) noexcept;
// ".123456" behind seconds, rounded to microseconds; nothing there is 0.
std::int64_t take_fraction(TextCursor& text) noexcept;
// "Z", "+02", "-08:30", "+0530": seconds east of UTC.
std::optional<std::int32_t> take_offset(TextCursor& text) noexcept;
// 1 to 12 for "jan", "January", …; nullopt: no month.
std::optional<std::int32_t> month_of(std::string_view name) noexcept;
// 12-hour clocks: hour 1 to 12. nullopt: there is no such hour.
std::optional<std::int32_t> hour_of_half(std::int32_t hour, bool afternoon) noexcept;
// 00–69 are 2000–2069, 70–99 are 1970–1999.
std::int32_t full_year(std::int32_t two_digits) noexcept;

}  // namespace penstock::endpoint
