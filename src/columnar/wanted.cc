#include "columnar/wanted.h"

#include <arrow/type.h>
#include <fmt/format.h>

#include "base/text.h"
#include "columnar/types.h"

namespace penstock::columnar {

std::vector<std::string> misfits(const std::string& name, const arrow::Schema& schema, std::span<const Wanted> wanted) {
  std::vector<std::string> problems;
  for (const Wanted& column : wanted) {
    const int field = schema.GetFieldIndex(column.name);
    if (field < 0) {
      problems.push_back(fmt::format("{} has no column {}, or several", printable(name), printable(column.name)));
      continue;
    }
    const table::Type text{.name = table::TypeName::varchar};
    if (const auto why = misfit(*schema.field(field)->type(), column.into.value_or(text))) {
      problems.push_back(fmt::format("{} column {}: {}", printable(name), printable(column.name), *why));
    }
  }
  return problems;
}

}  // namespace penstock::columnar
