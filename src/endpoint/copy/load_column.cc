#include "endpoint/copy/load_column.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace penstock::endpoint {
namespace {

struct KnownType {
  std::uint32_t oid;
  ColumnType type;
};

// PostgreSQL's own numbers for its built-in types.
constexpr KnownType kTypes[] = {
    {16, ColumnType::boolean},  {21, ColumnType::int2},        {23, ColumnType::int4},
    {20, ColumnType::int8},     {1700, ColumnType::numeric},   {700, ColumnType::float4},
    {701, ColumnType::float8},  {1042, ColumnType::character}, {1043, ColumnType::varchar},
    {25, ColumnType::varchar},  {1082, ColumnType::date},      {1083, ColumnType::time},
    {1266, ColumnType::timetz}, {1114, ColumnType::timestamp}, {1184, ColumnType::timestamptz},
    {4000, ColumnType::super},  // of the catalog's own making
};

constexpr std::int32_t kVarHeader = 4;  // what PostgreSQL adds to the length in a type modifier

LoadColumn load_column(const TargetColumn& column) {
  const auto* known = std::ranges::find(kTypes, column.type_oid, &KnownType::oid);
  if (known == std::end(kTypes)) {
    throw not_supported(fmt::format("COPY into column {}: its type (oid {})", column.name, column.type_oid));
  }
  LoadColumn load{.name = column.name, .type = known->type, .not_null = column.not_null, .identity = column.identity};
  if (column.not_null && !column.identity && !column.identity_by_default) load.instead_of_null = column.default_value;
  if (is_text(load.type) && column.type_modifier >= kVarHeader) load.length = column.type_modifier - kVarHeader;
  if (load.type == ColumnType::numeric && column.type_modifier >= kVarHeader) {
    const std::int32_t modifier = column.type_modifier - kVarHeader;
    load.precision = (modifier >> 16) & 0xffff;
    load.scale = modifier & 0x7ff;
  }
  return load;
}

bool left_out_unless_explicit(const TargetColumn& column) { return column.identity && !column.identity_by_default; }

const TargetColumn& find(const TargetTable& target, const std::string& name) {
  const auto found = std::ranges::find(target.columns, name, &TargetColumn::name);
  if (found != target.columns.end()) return *found;
  throw SqlError("42703", fmt::format("column \"{}\" of relation \"{}\" does not exist", name, target.name));
}

std::vector<const TargetColumn*> named_columns(const std::vector<std::string>& names, const TargetTable& target) {
  std::vector<const TargetColumn*> columns;
  for (const std::string& name : names) {
    const TargetColumn* column = &find(target, name);
    if (std::ranges::find(columns, column) != columns.end()) {
      throw SqlError("42701", fmt::format("column \"{}\" specified more than once", name));
    }
    columns.push_back(column);
  }
  return columns;
}

void check_identities(const CopyStatement& statement, const TargetTable& target,
                      const std::vector<const TargetColumn*>& listed) {
  for (const TargetColumn& column : target.columns) {
    if (!left_out_unless_explicit(column)) continue;
    const bool is_listed = std::ranges::find(listed, &column) != listed.end();
    if (is_listed && !statement.explicit_ids) {
      throw SqlError("0A000", fmt::format("cannot set an identity column to a value: COPY of column \"{}\" needs "
                                          "EXPLICIT_IDS",
                                          column.name));
    }
    if (!is_listed && statement.explicit_ids) {
      throw SqlError("0A000",
                     fmt::format("EXPLICIT_IDS needs the identity column \"{}\" in the column list", column.name));
    }
  }
}

void check_left_out(const TargetTable& target, const std::vector<const TargetColumn*>& listed) {
  for (const TargetColumn& column : target.columns) {
    const bool filled = column.default_expression || column.identity || column.identity_by_default;
    if (!column.not_null || filled || std::ranges::find(listed, &column) != listed.end()) continue;
    throw SqlError("23502", fmt::format("Cannot insert a NULL value into column {}", column.name),
                   "The column is NOT NULL, has no DEFAULT and is not in the column list of the COPY.");
  }
}

}  // namespace

std::vector<LoadColumn> columns_to_load(const CopyStatement& statement, const TargetTable& target) {
  std::vector<const TargetColumn*> columns;
  if (statement.columns) {
    columns = named_columns(*statement.columns, target);
    check_identities(statement, target, columns);
    check_left_out(target, columns);
  } else {
    for (const TargetColumn& column : target.columns) {
      if (statement.explicit_ids || !left_out_unless_explicit(column)) columns.push_back(&column);
    }
  }
  std::vector<LoadColumn> loads;
  for (const TargetColumn* column : columns) loads.push_back(load_column(*column));
  return loads;
}

std::string_view type_name(ColumnType type) noexcept {
  switch (type) {
    case ColumnType::boolean:
      return "bool";
    case ColumnType::int2:
      return "int2";
    case ColumnType::int4:
      return "int4";
    case ColumnType::int8:
      return "int8";
    case ColumnType::numeric:
      return "numeric";
    case ColumnType::float4:
      return "float4";
    case ColumnType::float8:
      return "float8";
    case ColumnType::character:
      return "char";
    case ColumnType::varchar:
      return "varchar";
    case ColumnType::date:
      return "date";
    case ColumnType::time:
      return "time";
    case ColumnType::timetz:
      return "timetz";
    case ColumnType::timestamp:
      return "timestamp";
    case ColumnType::timestamptz:
      return "timestamptz";
    case ColumnType::super:
      return "super";
  }
  return "";
}

std::string length_text(const LoadColumn& column) {
  if (is_text(column.type)) return column.length == LoadColumn::kUnlimited ? "65535" : std::to_string(column.length);
  if (column.type == ColumnType::numeric && column.precision != LoadColumn::kUnlimited) {
    return fmt::format("{}, {}", column.precision, column.scale);
  }
  return "0";
}

}  // namespace penstock::endpoint
