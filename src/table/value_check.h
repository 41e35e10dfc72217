// Whether COPY takes a text as a value of a type: its rules where no option bends them (no DATEFORMAT, TIMEFORMAT,
// ROUNDEC, TRUNCATECOLUMNS, ACCEPT…).
//
// NULL is not asked about here, but what COPY takes for NULL: nothing or only blanks is, for every type but char and
// varchar.
//
// Pure. Threads: any. Memory: none. Errors: none; what COPY refuses is a fault.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "table/type.h"

namespace penstock::table {

enum class ValueFault : std::uint8_t {
  none,
  digit,        // of an integer, or at the start of a decimal
  number,       // a decimal or float that goes on as none
  overflow,     // out of the type's range
  boolean,      // none of its words
  short_date,   // less than YYYY-MM-DD
  date,         // no such date, or another form
  timestamp,    // likewise
  time,         // likewise
  too_long,     // bytes of char, varchar, varbyte, super
  not_ascii,    // char holds nothing else
  json,         // super
  hexadecimal,  // varbyte
};

// What there are rules for here. Of the rest only COPY knows: geometry, geography, hllsketch, intervals.
bool can_check(const Type& type) noexcept;

bool reads_as_null(const Type& type, std::string_view text) noexcept;
// none for what reads as NULL, and for types that can't be checked. The text is UTF-8 without a NUL.
ValueFault check_value(const Type& type, std::string_view text) noexcept;
inline bool takes(const Type& type, std::string_view text) noexcept {
  return check_value(type, text) == ValueFault::none;
}

// Why, for people: "out of smallint's range", "12 bytes, where varchar(10) has room for 10".
std::string in_words(ValueFault fault, const Type& type, std::string_view text);

}  // namespace penstock::table
