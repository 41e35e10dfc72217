#include "load/column_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "penstock/error.h"
#include "table/value_check.h"

namespace penstock {

ColumnRules::ColumnRules(const redshift::CatalogTable& table, const std::vector<std::string>& columns,
                         bool has_defaults)
    : names_(columns) {
  std::vector<std::string> unknown;
  for (const std::string& name : columns) {
    const auto column = std::ranges::find(table.columns, name, &redshift::CatalogColumn::name);
    if (column == table.columns.end()) throw Error(ErrorKind::internal, fmt::format("no column {}", printable(name)));
    const auto type = table::parse_type(column->type);
    if (!type || !table::can_check(*type)) {
      unknown.push_back(fmt::format("{} ({})", printable(name), printable(column->type)));
      continue;
    }
    const bool has_default = has_defaults && column->default_expression;
    rules_.push_back({.type = *type, .is_required = column->not_null && !has_default});
  }
  if (!unknown.empty()) {
    throw Error(ErrorKind::refused, fmt::format("only COPY knows what these columns take, so that records can't be "
                                                "checked before it: {}",
                                                fmt::join(unknown, ", ")));
  }
}

std::optional<std::string> ColumnRules::fault_of(std::size_t field, std::optional<std::string_view> value) const {
  const Rule& rule = rules_[field];
  if (!value || table::reads_as_null(rule.type, *value)) {
    return rule.is_required ? std::optional<std::string>("NULL, which the column does not take") : std::nullopt;
  }
  const table::ValueFault fault = table::check_value(rule.type, *value);
  if (fault == table::ValueFault::none) return std::nullopt;
  return table::in_words(fault, rule.type, *value);
}

bool ColumnRules::takes_json(std::size_t field) const { return rules_[field].type.name == table::TypeName::super; }

}  // namespace penstock
