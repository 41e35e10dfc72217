#include "load/postgres_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/text.h"
#include "penstock/error.h"
#include "table/postgres_type.h"
#include "table/type.h"

namespace penstock {
namespace {

using postgres::Column;
using table::Type;
using table::TypeName;
using Value = staging::PostgresField::Value;

constexpr std::array<std::string_view, 4> kJson{"json", "jsonb", "text", "character varying"};
constexpr std::array<std::string_view, 6> kNumbers{"smallint", "integer", "bigint",
                                                   "numeric",  "real",    "double precision"};
constexpr std::array<std::string_view, 3> kDates{"date", "timestamp without time zone", "timestamp with time zone"};

template <std::size_t count>
bool is_one_of(std::string_view kind, const std::array<std::string_view, count>& kinds) {
  return std::ranges::find(kinds, kind) != kinds.end();
}

bool is_text(const Type& type) { return type.name == TypeName::varchar || type.name == TypeName::character; }

// How the values go into a column of that type; nullopt and a cure where they can't.
std::optional<Value> value_of(const Column& column, const Type& into, std::string& cure) {
  const std::string kind = table::kind_of_postgres(column.type);
  const bool is_bytes = kind == "bytea";
  if (into.name == TypeName::varbyte) {
    if (is_bytes) return Value::bytes;
    if (is_one_of(kind, kJson)) return Value::any;  // text: hexadecimal digits, as COPY wants them
    cure = "as bytea it can";
    return std::nullopt;
  }
  if (is_bytes) {
    cure = "a varbyte can hold it, or encode(…, 'hex') makes it text";
    return std::nullopt;
  }
  if (is_text(into)) return Value::any;
  if (into.name == TypeName::super) {
    if (is_one_of(kind, kJson)) return Value::any;
    if (is_one_of(kind, kNumbers)) return Value::ordinary;
    cure = "to_json(…) can be";
    return std::nullopt;
  }
  if (kind.ends_with("[]") || kind == "json" || kind == "jsonb" || kind == "record" || kind == "money") {
    cure = kind == "money" ? "cast to numeric it can" : "a super or varchar can hold it";
    return std::nullopt;
  }
  const bool has_infinities = into.name == TypeName::real || into.name == TypeName::double_precision;
  if (is_one_of(kind, kDates) || (is_one_of(kind, kNumbers) && !has_infinities)) return Value::ordinary;
  return Value::any;
}

}  // namespace

std::vector<discovery::Column> postgres_types(const std::vector<Column>& columns) {
  std::vector<discovery::Column> found;
  std::vector<std::string> problems;
  for (const Column& column : columns) {
    const auto type = table::type_of_postgres(column.type);
    if (!type) {
      problems.push_back(
          fmt::format("{} is {} in PostgreSQL, whose digits no column is sure to hold: cast it in --query",
                      printable(column.name), printable(column.type)));
      continue;
    }
    found.push_back({.name = column.name, .type = *type, .tight = *type, .why = column.type + " in PostgreSQL"});
  }
  if (!problems.empty()) throw Error(ErrorKind::refused, fmt::format("{}", fmt::join(problems, "\n  ")));
  return found;
}

std::vector<staging::PostgresField> postgres_fields(const std::vector<Column>& columns,
                                                    const std::vector<std::string>& names,
                                                    const redshift::CatalogTable& table) {
  std::vector<staging::PostgresField> fields;
  std::vector<std::string> problems;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto into = std::ranges::find(table.columns, names[i], &redshift::CatalogColumn::name);
    const auto type = into == table.columns.end() ? std::nullopt : table::parse_type(into->type);
    staging::PostgresField& field = fields.emplace_back(staging::PostgresField{.name = columns[i].name});
    if (!type) continue;  // the plan says so
    std::string cure;
    if (const auto value = value_of(columns[i], *type, cure)) {
      field.value = *value;
    } else {
      problems.push_back(fmt::format("{} is {} in PostgreSQL, which can't be read into {}: {}",
                                     printable(columns[i].name), printable(columns[i].type), printable(into->type),
                                     cure));
    }
  }
  if (!problems.empty()) throw Error(ErrorKind::refused, fmt::format("{}", fmt::join(problems, "\n  ")));
  return fields;
}

}  // namespace penstock
