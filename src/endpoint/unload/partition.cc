#include "endpoint/unload/partition.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

namespace penstock::endpoint {
namespace {

constexpr std::string_view kNullFolder = "__HIVE_DEFAULT_PARTITION__";

bool can_be_key(ValueKind kind) noexcept {
  switch (kind) {
    case ValueKind::int2:
    case ValueKind::int4:
    case ValueKind::int8:
    case ValueKind::numeric:
    case ValueKind::float4:
    case ValueKind::boolean:
    case ValueKind::text:
    case ValueKind::date:
    case ValueKind::timestamp:
      return true;
    default:
      return false;
  }
}

void append_escaped(std::string& out, std::string_view value) {
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || std::string_view("\"#%'*/:=?\\{}[]^").find(c) != std::string_view::npos) {
      fmt::format_to(std::back_inserter(out), "%{:02X}", byte);
    } else {
      out += c;
    }
  }
}

}  // namespace

Partitioning partitioning(const UnloadStatement& statement, const std::vector<ResultColumn>& columns) {
  Partitioning out;
  for (const std::string& name : statement.partition_by) {
    const auto found = std::ranges::find(columns, name, &ResultColumn::name);
    if (found == columns.end()) {
      throw SqlError("42703", fmt::format("PARTITION BY column \"{}\" is not in the query's result", name));
    }
    if (std::ranges::find(std::next(found), columns.end(), name, &ResultColumn::name) != columns.end()) {
      throw SqlError("42702", fmt::format("PARTITION BY column \"{}\" is ambiguous", name));
    }
    if (!can_be_key(kind_of(*found))) {
      throw SqlError("0A000", fmt::format("PARTITION BY does not support the type {} of the column \"{}\"",
                                          type_name(*found), name));
    }
    out.keys.push_back(static_cast<std::size_t>(found - columns.begin()));
  }
  if (!out.keys.empty() && out.keys.size() == columns.size()) {
    throw SqlError("42601", "PARTITION BY must leave at least one column that it does not name");
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const bool is_key = std::ranges::find(out.keys, i) != out.keys.end();
    if (!is_key || statement.partition_include) out.kept.push_back(i);
  }
  return out;
}

std::string by_partition(const std::string& query, std::size_t columns, std::span<const std::size_t> keys) {
  if (keys.empty()) return query;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < columns; ++i) names.push_back(fmt::format("c{}", i));
  std::vector<std::string> texts;
  std::vector<std::string> order;
  for (const std::size_t key : keys) {
    texts.push_back(fmt::format("c{}::text", key));
    // by bytes: what compares equal may still be two folders
    order.push_back(fmt::format("pg_catalog.convert_to(c{}::text, 'UTF8')", key));
  }
  return fmt::format(
      "SELECT {0}, {1} FROM (SELECT *, pg_catalog.row_number() OVER () AS row FROM ({2}\n) AS query ({0})) AS numbered "
      "ORDER BY {3}, row",
      fmt::join(names, ", "), fmt::join(texts, ", "), query, fmt::join(order, ", "));
}

std::string partition_folder(const UnloadStatement& statement, std::span<const ResultField> values) {
  std::string out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    append_escaped(out, statement.partition_by[i]);
    out += '=';
    if (values[i]) {
      append_escaped(out, *values[i]);
    } else {
      out += kNullFolder;
    }
    out += '/';
  }
  return out;
}

}  // namespace penstock::endpoint
