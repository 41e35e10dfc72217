// One field of CSV as what it says: without its quotes, and of what is escaped or doubled in it just itself.
//
// Pure. Errors: none; what is wrong with a field is told, and the caller knows where it stands.
#pragma once

#include <string_view>

#include "staging/chunk.h"
#include "staging/csv_index.h"

namespace penstock::staging {

enum class CsvFault {
  none,
  quote_inside,       // of a field that does not begin with one
  text_behind_quote,  // that closed the field
};

struct CsvField {
  std::string_view value;
  bool is_quoted = false;
  CsvFault fault = CsvFault::none;
};

// raw: between its delimiters; blanks around quotes are none of it. What is not a piece of raw is appended to
// `unquoted`: earlier values there stand as long as it has room.
CsvField csv_field(std::string_view raw, const CsvDialect& dialect, Buffer& unquoted);

}  // namespace penstock::staging
