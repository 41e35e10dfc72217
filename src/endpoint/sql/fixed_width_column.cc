#include "endpoint/sql/fixed_width_column.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "base/text.h"
#include "endpoint/sql/sql_error.h"

namespace penstock::endpoint {
namespace {

std::int32_t width_of(std::string_view digits) {
  while (digits.starts_with(' ')) digits.remove_prefix(1);
  while (digits.ends_with(' ')) digits.remove_suffix(1);
  std::int32_t width = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), width);
  return error == std::errc() && end == digits.data() + digits.size() ? width : 0;
}

}  // namespace

std::vector<FixedWidthColumn> fixed_width_argument(TokenReader& reader) {
  reader.accept("AS");
  const std::string specification = reader.unescaped_string();
  std::vector<FixedWidthColumn> columns;
  std::string_view rest = specification;
  for (bool more = true; more;) {
    const auto end = rest.find(',');
    const std::string_view column = rest.substr(0, end);
    const auto colon = column.rfind(':');
    const std::int32_t width = colon == std::string_view::npos ? 0 : width_of(column.substr(colon + 1));
    if (width < 1) {
      throw SqlError("42601", fmt::format("FIXEDWIDTH '{}': expected 'label:width,label:width,…', each width 1 or more",
                                          printable(specification)));
    }
    columns.push_back({.label = std::string(column.substr(0, colon)), .width = width});
    more = end != std::string_view::npos;
    if (more) rest.remove_prefix(end + 1);
  }
  return columns;
}

}  // namespace penstock::endpoint
