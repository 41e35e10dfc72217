// What one value, as text, can be: the narrowest kind of column that takes it and gives it back as it was.
//
// A value is of a kind only where COPY reads it as such (dates and times by 'auto') and nothing of it is lost: a whole
// number with leading zeros or a plus sign is text, as is a time with more than microseconds, or anything with blanks
// around it.
//
// Threads: any. Memory: none. Errors: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace penstock::discovery {

enum class Kind : std::uint8_t {
  empty,    // nothing, or only blanks: NULL to every type but text
  boolean,  // true, false, t, f
  int2,     // whole numbers, by what holds them
  int4,
  int8,
  wide,         // up to 38 digits
  decimal,      // digits with a point
  exponent,     // 1e5, as a double holds it
  no_number,    // NaN, Infinity: what only a double holds
  date,         // 2024-02-29
  time,         // 23:59:59[.999999]
  timestamp,    // a date, a blank or T, a clock to the minute at least
  timestamptz,  // and behind it Z or an offset
  nested,       // an object or array of JSON
  text,
};
inline constexpr std::size_t kKinds = static_cast<std::size_t>(Kind::text) + 1;

struct Value {
  Kind kind = Kind::text;
  std::uint8_t whole_digits = 0;     // of a number, without a lone 0 before the point
  std::uint8_t fraction_digits = 0;  // behind the point
};

Value value_of(std::string_view text) noexcept;  // never nested

}  // namespace penstock::discovery
