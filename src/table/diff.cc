#include "table/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "penstock/error.h"
#include "table/default_value.h"
#include "table/type.h"

namespace penstock::table {
namespace {

using redshift::CatalogColumn;
using redshift::CatalogTable;
using redshift::Identifier;
using redshift::Literal;
using redshift::Qualified;
using redshift::Sql;
using redshift::Statement;

Type type_of(const ColumnConfig& column) {
  const auto type = parse_type(column.type);
  if (!type) throw Error(ErrorKind::internal, fmt::format("column {}: no type '{}'", column.name, column.type));
  return *type;
}

// "id" bigint DEFAULT '0' NOT NULL
Statement definition(const ColumnConfig& column) {
  Statement out = Statement(Identifier(column.name)) << " " << ddl_of(type_of(column));
  if (column.default_value) out << " DEFAULT " << Literal(*column.default_value);
  if (column.not_null) out << " NOT NULL";
  return out;
}

Statement names_of(const std::vector<ColumnConfig>& columns) {
  return redshift::comma_separated(columns, [](const ColumnConfig& column) { return Identifier(column.name); });
}

template <typename Condition>
std::vector<ColumnConfig> columns_where(const TableConfig& table, Condition condition) {
  std::vector<ColumnConfig> out;
  std::ranges::copy_if(table.columns, std::back_inserter(out), condition);
  return out;
}

Statement create_table(const TableConfig& wanted) {
  Statement out = Sql("CREATE TABLE ") << Qualified{wanted.schema, wanted.name} << " (";
  for (bool first = true; const ColumnConfig& column : wanted.columns) {
    out << (first ? Sql("\n  ") : Sql(",\n  ")) << definition(column);
    first = false;
  }
  if (const auto keys = columns_where(wanted, &ColumnConfig::primary_key); !keys.empty()) {
    out << ",\n  PRIMARY KEY (" << names_of(keys) << ")";
  }
  out << "\n)";
  if (const auto dist = columns_where(wanted, &ColumnConfig::dist_key); !dist.empty()) {
    out << "\nDISTKEY (" << names_of(dist) << ")";
  }
  auto sorted = columns_where(wanted, [](const ColumnConfig& column) { return column.sort_order != 0; });
  std::ranges::sort(sorted, {}, &ColumnConfig::sort_order);
  if (!sorted.empty()) out << "\nSORTKEY (" << names_of(sorted) << ")";
  return out;
}

std::string place_in_sort_key(int order) {
  return order == 0 ? "is not in the sort key" : fmt::format("is number {} of the sort key", order);
}

std::string default_in_words(const std::optional<std::string>& value) {
  return value ? fmt::format("the default {}", printable(*value)) : "no default";
}

// One configured column against the table's.
class ColumnComparison {
 public:
  ColumnComparison(const ColumnConfig& wanted, const CatalogColumn& found, std::vector<std::string>& drift)
      : wanted_(wanted), found_(found), drift_(drift) {}

  void compare() {
    compare_type();
    compare_default();
    if (wanted_.not_null != found_.not_null) differ(null_in_words(wanted_.not_null), null_in_words(found_.not_null));
    if (wanted_.primary_key != found_.primary_key) {
      differ(wanted_.primary_key ? "is in the primary key" : "is not in the primary key",
             found_.primary_key ? "is in it" : "is not in it");
    }
    if (wanted_.dist_key != found_.dist_key) {
      differ(wanted_.dist_key ? "is the distribution key" : "is not the distribution key",
             found_.dist_key ? "is it" : "is not it");
    }
    if (wanted_.sort_order != found_.sort_order) {
      differ(place_in_sort_key(wanted_.sort_order), place_in_sort_key(found_.sort_order));
    }
  }

 private:
  void compare_type() {
    const Type wanted = type_of(wanted_);
    const auto found = parse_type(found_.type);
    const bool both_varchar = found && wanted.name == TypeName::varchar && found->name == TypeName::varchar;
    if (!both_varchar && found != wanted) differ("has type " + wanted_.type, "has type " + printable(found_.type));
  }

  void compare_default() {
    const std::optional<std::string> found =
        found_.default_expression ? constant_of(*found_.default_expression) : std::nullopt;
    const bool is_expression = found_.default_expression && !found && !is_null(*found_.default_expression);
    const bool same = wanted_.default_value && found ? same_value(*wanted_.default_value, *found, type_of(wanted_))
                                                     : !wanted_.default_value && !found && !is_expression;
    if (!same) {
      differ("has " + default_in_words(wanted_.default_value),
             "has " + default_in_words(is_expression ? found_.default_expression : found));
    }
  }

  static bool is_null(std::string_view expression) {
    return lower(expression.substr(0, expression.find(':'))) == "null";
  }
  static std::string null_in_words(bool not_null) { return not_null ? "is NOT NULL" : "may be NULL"; }

  void differ(const std::string& by_config, const std::string& in_table) {
    drift_.push_back(
        fmt::format("column {} {} by the config, and {} in the table", printable(wanted_.name), by_config, in_table));
  }

  const ColumnConfig& wanted_;
  const CatalogColumn& found_;
  std::vector<std::string>& drift_;
};

// What ALTER TABLE … ADD COLUMN can't do.
std::optional<std::string> cannot_be_added(const ColumnConfig& column) {
  std::string key;
  if (column.primary_key) key = "in the primary key";
  if (column.dist_key) key = "the distribution key";
  if (column.sort_order != 0) key = "in the sort key";
  if (!key.empty()) {
    return fmt::format(
        "column {} is new and {}, which no ADD COLUMN can say: leave it out of the key, or make the "
        "table anew",
        printable(column.name), key);
  }
  if (column.not_null && !column.default_value) {
    return fmt::format(
        "column {} is new and NOT NULL, and the table's rows would have no value for it: give it a "
        "defaultval, or let it be NULL",
        printable(column.name));
  }
  return std::nullopt;
}

}  // namespace

Evolution evolve(const TableConfig& wanted, const std::optional<CatalogTable>& found) {
  if (!found) return {.statements = {create_table(wanted)}, .drift = {}};
  Evolution out;
  for (const ColumnConfig& column : wanted.columns) {
    const auto existing = std::ranges::find(found->columns, column.name, &CatalogColumn::name);
    if (existing != found->columns.end()) {
      ColumnComparison(column, *existing, out.drift).compare();
    } else if (auto impossible = cannot_be_added(column)) {
      out.drift.push_back(std::move(*impossible));
    } else {
      out.statements.push_back(Sql("ALTER TABLE ")
                               << Qualified{wanted.schema, wanted.name} << " ADD COLUMN " << definition(column));
    }
  }
  if (!out.drift.empty()) out.statements.clear();
  return out;
}

}  // namespace penstock::table
