#include "endpoint/unload/row_format.h"

namespace penstock::endpoint {

std::unique_ptr<RowFormat> row_format(const UnloadStatement& statement, const std::vector<ResultColumn>& columns) {
  switch (statement.format) {
    case UnloadFormat::fixed_width:
      return fixed_width_rows(statement, columns);
    case UnloadFormat::csv:
      return csv_rows(statement, columns);
    case UnloadFormat::json:
      return json_rows(columns);
    case UnloadFormat::delimited:
    case UnloadFormat::parquet:
      break;
  }
  return delimited_rows(statement, columns);
}

std::string_view shown_value(ValueKind kind, std::string_view text) noexcept {
  if (kind == ValueKind::bytes && text.starts_with("\\x")) text.remove_prefix(2);
  return text;
}

}  // namespace penstock::endpoint
