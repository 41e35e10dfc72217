// What discover() found, as YAML, DDL and JSON.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "load/table_fit.h"
#include "load/target.h"
#include "penstock/discover.h"
#include "penstock/error.h"
#include "table/config.h"
#include "table/diff.h"
#include "table/type.h"

namespace penstock {
namespace {

using Json = nlohmann::ordered_json;

std::string json_string(std::string_view text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// As it is where YAML can take it for nothing but text.
std::string yaml_text(const std::string& text) {
  const bool is_plain = !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == ' ' || c == '(' || c == ')';
  });
  static constexpr std::string_view kOthers[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
  const bool is_word = is_plain && text.front() >= 'a' && text.front() <= 'z' && !text.ends_with(' ');
  return is_word && std::ranges::find(kOthers, text) == std::end(kOthers) ? text : json_string(text);
}

table::Type type_of(const DiscoveredColumn& column) {
  const auto type = table::parse_type(column.type);
  if (!type) {
    throw Error(ErrorKind::invalid,
                fmt::format("column {}: {} is no type of Redshift's", printable(column.name), printable(column.type)));
  }
  return *type;
}

// The table, all of whose columns Redshift can have.
table::TableConfig table_of(const DiscoverOutcome& outcome, const TableWords& words) {
  const auto or_else = [](const std::string& first, const std::string& second) {
    return lower(first.empty() ? second : first);
  };
  table::TableConfig table{.schema = or_else(words.schema, outcome.schema.empty() ? "public" : outcome.schema),
                           .name = or_else(words.table, outcome.table.empty() ? "data" : outcome.table),
                           .columns = {},
                           .data_date_column = lower(words.data_date_column)};
  std::vector<discovery::Column> columns;
  for (const DiscoveredColumn& column : outcome.columns) {
    columns.push_back({.name = column.name, .type = type_of(column), .max_bytes = column.max_bytes.value_or(0)});
    table.columns.push_back(
        {.name = lower(column.name),
         .type = column.type,
         .written_type = column.type,
         .default_value = column.default_value.empty() ? std::nullopt : std::optional(column.default_value),
         .not_null = column.not_null,
         .primary_key = column.primary_key,
         .dist_key = column.dist_key,
         .sort_order = column.sort_order});
  }
  UpsertOptions how;
  how.create = true;
  fit_table(target_of(table.schema, table.name), std::nullopt, columns, how);  // throws, for names and sizes
  return table;
}

// The one that is named, else the first that may be it.
std::string date_column_of(const table::TableConfig& table) {
  const auto can_be = [](const table::ColumnConfig& column) {
    const auto type = table::parse_type(column.type);
    return type && table::can_hold_data_date(*type);
  };
  if (table.data_date_column.empty()) {
    const auto found = std::ranges::find_if(table.columns, can_be);
    return found == table.columns.end() ? "" : found->name;
  }
  const auto found = std::ranges::find(table.columns, table.data_date_column, &table::ColumnConfig::name);
  if (found == table.columns.end() || !can_be(*found)) {
    throw Error(ErrorKind::refused,
                fmt::format("--date-column is {}, which {}", printable(table.data_date_column),
                            found == table.columns.end() ? "the source has not"
                                                         : "is " + found->type + ", no date or timestamp"));
  }
  return found->name;
}

std::string looked_at(const DiscoverOutcome& outcome) {
  std::string text = printable(outcome.source);
  if (outcome.records) {
    text += fmt::format(": {} record{}{}", *outcome.records, *outcome.records == 1 ? "" : "s",
                        outcome.is_whole ? "" : ", a sample");
  }
  return text;
}

std::string yaml_column(const table::ColumnConfig& column) {
  std::string text = fmt::format("    - {{dest: {}, type: {}", yaml_text(column.name), yaml_text(column.type));
  if (column.default_value) text += ", defaultval: " + json_string(*column.default_value);
  if (column.not_null && !column.primary_key) text += ", notnull: true";
  if (column.primary_key) text += ", primarykey: true";
  if (column.dist_key) text += ", distkey: true";
  if (column.sort_order != 0) text += fmt::format(", sortord: {}", column.sort_order);
  return text + "}";
}

}  // namespace

std::string yaml_of(const DiscoverOutcome& outcome, const TableWords& words) {
  const table::TableConfig table = table_of(outcome, words);
  std::string text = fmt::format("# {}\n{}:\n  dest: {}\n  columns:\n", looked_at(outcome), yaml_text(table.name),
                                 yaml_text(table.name));
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    text += yaml_column(table.columns[i]);
    if (words.why) text += "  # " + printable(outcome.columns[i].why);
    text += '\n';
  }
  const std::string date = date_column_of(table);
  if (date.empty()) {
    return text + fmt::format(
                      "  # penstock load needs datadatecolumn, a date or timestamp, and none of these is one\n"
                      "  meta: {{schema: {}}}\n",
                      yaml_text(table.schema));
  }
  return text + fmt::format("  meta: {{datadatecolumn: {}, schema: {}}}\n", yaml_text(date), yaml_text(table.schema));
}

std::string ddl_of(const DiscoverOutcome& outcome, const TableWords& words) {
  const table::TableConfig table = table_of(outcome, words);
  std::string text = fmt::format("-- {}\n", looked_at(outcome));
  if (words.why) {
    for (const DiscoveredColumn& column : outcome.columns) {
      text += fmt::format("-- {}: {}\n", printable(column.name), printable(column.why));
    }
  }
  return text + table::evolve(table, std::nullopt).statements.front().text() + ";\n";
}

std::string json_of(const DiscoverOutcome& outcome) {
  auto fields = Json::array();
  auto columns = Json::array();
  for (const DiscoveredColumn& column : outcome.columns) {
    if (!column.field.empty()) fields.push_back(Json::parse(column.field));
    Json found{{"name", column.name}, {"type", column.type}};
    found["nulls"] = column.nulls ? Json(*column.nulls) : Json();
    found["max_bytes"] = column.max_bytes ? Json(*column.max_bytes) : Json();
    found["why"] = column.why;
    columns.push_back(std::move(found));
  }
  Json json{{"source", outcome.source}};
  json["records"] = outcome.records ? Json(*outcome.records) : Json();
  json["whole"] = outcome.is_whole;
  json["bytes_read"] = outcome.bytes_read;
  json["schema"] = {{"fields", std::move(fields)}};
  json["columns"] = std::move(columns);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace penstock
