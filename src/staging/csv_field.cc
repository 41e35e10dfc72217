#include "staging/csv_field.h"

#include <algorithm>

namespace penstock::staging {

CsvField csv_field(std::string_view raw, const CsvDialect& dialect, Buffer& unquoted) {
  const std::string_view inside = raw.size() >= 2 ? raw.substr(1, raw.size() - 2) : "";
  const bool is_simple = !dialect.escape && raw.size() >= 2 && raw.front() == dialect.quote &&
                         raw.back() == dialect.quote && inside.find(dialect.quote) == std::string_view::npos;
  if (is_simple) return {.value = inside, .is_quoted = true};
  const auto is_blank = [&](char c) { return (c == ' ' || c == '\t') && c != dialect.delimiter; };
  std::size_t at = 0;
  while (at < raw.size() && is_blank(raw[at])) ++at;
  CsvField field{.value = {}, .is_quoted = at < raw.size() && raw[at] == dialect.quote};
  at = field.is_quoted ? at + 1 : 0;
  const std::size_t begin = unquoted.size();
  for (; at < raw.size(); ++at) {
    const bool is_more = at + 1 < raw.size();
    if (raw[at] == dialect.escape && is_more) {
      ++at;
    } else if (raw[at] == dialect.quote) {
      if (!field.is_quoted) {
        field.fault = CsvFault::quote_inside;
        break;
      }
      if (!is_more || raw[at + 1] != dialect.quote) {
        if (!std::ranges::all_of(raw.substr(at + 1), is_blank)) field.fault = CsvFault::text_behind_quote;
        break;
      }
      ++at;
    }
    unquoted.append(raw[at]);
  }
  field.value = unquoted.view().substr(begin);
  return field;
}

}  // namespace penstock::staging
