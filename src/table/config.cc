#include "table/config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>

#include "base/text.h"
#include "penstock/error.h"
#include "redshift/sql.h"
#include "table/default_value.h"
#include "table/type.h"
#include "table/yaml.h"

namespace penstock::table {
namespace {

constexpr std::size_t kMaxColumns = 1600;
constexpr std::size_t kMaxSortColumns = 400;
constexpr auto kSystemColumns =
    std::to_array<std::string_view>({"oid", "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"});

std::string shown(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::sequence:
      return "a list";
    case YamlNode::Kind::map:
      return "a map";
    case YamlNode::Kind::scalar:
      break;
  }
  return fmt::format("'{}'", printable(std::string_view(node.value).substr(0, 100)));
}

std::optional<bool> boolean_of(std::string_view word) {
  for (const std::string_view yes : {"true", "yes", "on", "y"}) {
    if (equal_ignoring_case(word, yes)) return true;
  }
  for (const std::string_view no : {"false", "no", "off", "n"}) {
    if (equal_ignoring_case(word, no)) return false;
  }
  return std::nullopt;
}

// A column with where its parts stand, for problems that show only when all columns are known.
struct ReadColumn {
  ColumnConfig column;
  std::optional<Type> type;
  Position at;
  Position key_at;
};

// One table's columns against each other.
class TableChecks {
 public:
  TableChecks(const std::vector<ReadColumn>& columns, Problems& problems) : columns_(columns), problems_(problems) {}

  void names_differ() {
    std::set<std::string> seen;
    for (const auto& [column, type, at, key_at] : columns_) {
      if (!column.name.empty() && !seen.insert(column.name).second) {
        problems_.add(at,
                      fmt::format("the column {} is here twice (Redshift does not heed case)", printable(column.name)));
      }
    }
  }

  void one_distribution_key() {
    std::string first;
    for (const auto& [column, type, at, key_at] : columns_) {
      if (!column.dist_key) continue;
      if (first.empty()) {
        first = column.name;
      } else {
        problems_.add(key_at,
                      fmt::format("distkey: a table has one distribution key, and {} is it already", printable(first)));
      }
    }
  }

  void sort_key_is_a_sequence() {
    std::map<int, const ReadColumn*> by_order;
    for (const ReadColumn& read : columns_) {
      if (read.column.sort_order == 0) continue;
      const auto [at, fresh] = by_order.emplace(read.column.sort_order, &read);
      if (!fresh) {
        problems_.add(read.key_at, fmt::format("sortord: {} is already {}'s", read.column.sort_order,
                                               printable(at->second->column.name)));
      }
    }
    int expected = 1;
    for (const auto& [order, read] : by_order) {
      if (order != expected) {
        problems_.add(read->key_at,
                      fmt::format("sortord: there is a {} and no {}; they count from 1", order, expected));
        return;
      }
      ++expected;
    }
    if (by_order.size() > kMaxSortColumns) {
      problems_.add(columns_.front().at, fmt::format("sortord: a sort key of {} columns; Redshift takes {}",
                                                     by_order.size(), kMaxSortColumns));
    }
  }

 private:
  const std::vector<ReadColumn>& columns_;
  Problems& problems_;
};

class ConfigReader {
 public:
  explicit ConfigReader(Problems& problems) : problems_(problems) {}

  std::vector<TableConfig> read(const YamlNode& root) {
    if (root.kind != YamlNode::Kind::map) {
      problems_.add(
          root.at,
          fmt::format("expected tables, as 'name: {{dest: …, columns: […], meta: {{…}}}}', and found {}", shown(root)));
      return {};
    }
    std::vector<TableConfig> tables;
    std::set<std::pair<std::string, std::string>> seen;
    for (const auto& [key, node] : root.entries) {
      TableConfig table = read_table(key, node);
      if (!table.name.empty() && !seen.emplace(table.schema, table.name).second) {
        problems_.add(key.at,
                      fmt::format("the table {}.{} is here twice", printable(table.schema), printable(table.name)));
      }
      tables.push_back(std::move(table));
    }
    return tables;
  }

 private:
  // Calls `take` with each entry of the map whose key is among the known ones, and says what else there is.
  template <typename Take>
  bool read_map(const YamlNode& node, const std::string& path, std::initializer_list<std::string_view> known,
                Take take) {
    if (node.kind != YamlNode::Kind::map) {
      problems_.add(node.at,
                    fmt::format("{}: expected a map with {}, and found {}", path, fmt::join(known, ", "), shown(node)));
      return false;
    }
    for (const auto& [key, value] : node.entries) {
      if (std::ranges::find(known, key.value) == known.end()) {
        problems_.add(key.at,
                      fmt::format("{}: unknown key {}; known are {}", path, shown(key), fmt::join(known, ", ")));
      } else {
        take(key.value, value);
      }
    }
    return true;
  }

  TableConfig read_table(const YamlNode& key, const YamlNode& node) {
    const std::string path = printable(key.value);
    TableConfig table;
    bool has_dest = false;
    const YamlNode* columns = nullptr;
    const YamlNode* meta = nullptr;
    if (!read_map(node, path, {"dest", "columns", "meta"}, [&](std::string_view name, const YamlNode& value) {
          if (name == "dest") {
            has_dest = true;
            table.name = read_name(value, path + ".dest");
          } else if (name == "columns") {
            columns = &value;
          } else {
            meta = &value;
          }
        })) {
      return table;
    }
    if (!has_dest) problems_.add(key.at, fmt::format("{}: no dest, the table's name", path));
    std::vector<ReadColumn> read;
    if (columns == nullptr) {
      problems_.add(key.at, fmt::format("{}: no columns", path));
    } else {
      read = read_columns(*columns, path + ".columns");
    }
    if (meta == nullptr) {
      problems_.add(key.at, fmt::format("{}: no meta, with datadatecolumn and schema", path));
    } else {
      read_meta(*meta, path + ".meta", table, columns == nullptr ? nullptr : &read);
    }
    for (ReadColumn& column : read) table.columns.push_back(std::move(column.column));
    return table;
  }

  void read_meta(const YamlNode& node, const std::string& path, TableConfig& table,
                 const std::vector<ReadColumn>* columns) {
    const YamlNode* data_date = nullptr;
    bool has_schema = false;
    if (!read_map(node, path, {"datadatecolumn", "schema"}, [&](std::string_view name, const YamlNode& value) {
          if (name == "schema") {
            has_schema = true;
            table.schema = read_name(value, path + ".schema");
          } else {
            data_date = &value;
          }
        })) {
      return;
    }
    if (!has_schema) problems_.add(node.at, fmt::format("{}: no schema", path));
    if (data_date == nullptr) {
      problems_.add(node.at, fmt::format("{}: no datadatecolumn, the column that holds the data's date", path));
      return;
    }
    table.data_date_column = read_name(*data_date, path + ".datadatecolumn");
    if (columns == nullptr || table.data_date_column.empty()) return;
    const auto found = std::ranges::find_if(
        *columns, [&](const ReadColumn& read) { return read.column.name == table.data_date_column; });
    if (found == columns->end()) {
      problems_.add(data_date->at,
                    fmt::format("{}.datadatecolumn: {} is not among the columns", path, shown(*data_date)));
      return;
    }
    if (const auto& type = found->type; type && !can_hold_data_date(*type)) {
      problems_.add(data_date->at,
                    fmt::format("{}.datadatecolumn: {} is {}; it must be a date, timestamp or timestamptz", path,
                                shown(*data_date), to_string(*type)));
    }
  }

  std::vector<ReadColumn> read_columns(const YamlNode& node, const std::string& path) {
    if (node.kind != YamlNode::Kind::sequence || node.items.empty()) {
      problems_.add(node.at, fmt::format("{}: expected a list of columns, and found {}", path,
                                         node.kind == YamlNode::Kind::sequence ? "an empty one" : shown(node)));
      return {};
    }
    std::vector<ReadColumn> columns;
    columns.reserve(node.items.size());
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      columns.push_back(read_column(node.items[i], fmt::format("{}[{}]", path, i + 1)));
    }
    if (columns.size() > kMaxColumns) {
      problems_.add(node.at, fmt::format("{}: {} columns; Redshift takes {}", path, columns.size(), kMaxColumns));
    }
    TableChecks checks(columns, problems_);
    checks.names_differ();
    checks.one_distribution_key();
    checks.sort_key_is_a_sequence();
    return columns;
  }

  ReadColumn read_column(const YamlNode& node, const std::string& path) {
    ReadColumn read{.column = {}, .type = {}, .at = node.at, .key_at = node.at};
    ColumnConfig& column = read.column;
    bool has_dest = false;
    bool has_type = false;
    const YamlNode* default_value = nullptr;
    const bool is_map =
        read_map(node, path, {"dest", "type", "defaultval", "notnull", "primarykey", "distkey", "sortord"},
                 [&](std::string_view name, const YamlNode& value) {
                   if (name == "dest") {
                     has_dest = true;
                     column.name = read_column_name(value, path + ".dest");
                   } else if (name == "type") {
                     has_type = true;
                     read.type = read_type(value, path + ".type", column);
                   } else if (name == "defaultval") {
                     default_value = &value;
                   } else if (name == "notnull") {
                     column.not_null = read_boolean(value, path + ".notnull");
                   } else if (name == "primarykey") {
                     column.primary_key = read_boolean(value, path + ".primarykey");
                   } else if (name == "distkey") {
                     column.dist_key = read_boolean(value, path + ".distkey");
                     if (column.dist_key) read.key_at = value.at;
                   } else {
                     column.sort_order = read_sort_order(value, path + ".sortord");
                     if (column.sort_order != 0) read.key_at = value.at;
                   }
                 });
    if (!is_map) return read;
    if (!has_dest) problems_.add(node.at, fmt::format("{}: no dest, the column's name", path));
    if (!has_type) problems_.add(node.at, fmt::format("{}: no type", path));
    if (column.primary_key) column.not_null = true;
    if (default_value != nullptr) read_default(*default_value, path + ".defaultval", read);
    if (read.type && (column.dist_key || column.sort_order != 0) && !can_be_key(*read.type)) {
      problems_.add(read.key_at, fmt::format("{}: a {} can be neither distkey nor in the sort key", path, column.type));
    }
    return read;
  }

  std::string read_text(const YamlNode& node, const std::string& path) {
    if (node.kind == YamlNode::Kind::scalar && !node.value.empty()) return node.value;
    problems_.add(node.at, fmt::format("{}: expected text, and found {}", path,
                                       node.kind == YamlNode::Kind::scalar ? "an empty one" : shown(node)));
    return {};
  }

  // As Redshift has it: in lower case.
  std::string read_name(const YamlNode& node, const std::string& path) {
    std::string name = lower(read_text(node, path));
    if (name.empty()) return name;
    try {
      const redshift::Identifier checked(name);
    } catch (const Error& e) {
      problems_.add(node.at, fmt::format("{}: {}", path, e.what()));
      return {};
    }
    return name;
  }

  std::string read_column_name(const YamlNode& node, const std::string& path) {
    std::string name = read_name(node, path);
    if (std::ranges::find(kSystemColumns, name) != kSystemColumns.end()) {
      problems_.add(node.at, fmt::format("{}: every table has a column {} of the system's own", path, name));
    }
    return name;
  }

  std::optional<Type> read_type(const YamlNode& node, const std::string& path, ColumnConfig& column) {
    column.written_type = read_text(node, path);
    if (column.written_type.empty()) return std::nullopt;
    const auto type = parse_type(column.written_type);
    if (!type) {
      problems_.add(node.at,
                    fmt::format("{}: {} is no type of Redshift's (boolean, int, bigint, float, date, timestamp, text, "
                                "longtext, varchar(n), numeric(p,s), …)",
                                path, shown(node)));
      return std::nullopt;
    }
    column.type = to_string(*type);
    return type;
  }

  bool read_boolean(const YamlNode& node, const std::string& path) {
    if (node.kind == YamlNode::Kind::null) return false;
    if (node.kind == YamlNode::Kind::scalar) {
      if (const auto value = boolean_of(node.value)) return *value;
    }
    problems_.add(node.at, fmt::format("{}: expected true or false, and found {}", path, shown(node)));
    return false;
  }

  int read_sort_order(const YamlNode& node, const std::string& path) {
    if (node.kind == YamlNode::Kind::null) return 0;
    int order = -1;
    const char* const end = node.value.data() + node.value.size();
    const auto [last, error] = std::from_chars(node.value.data(), end, order);
    if (node.kind == YamlNode::Kind::scalar && error == std::errc() && last == end && order >= 0) return order;
    problems_.add(node.at,
                  fmt::format("{}: expected a place in the sort key, from 1, and found {}", path, shown(node)));
    return 0;
  }

  void read_default(const YamlNode& node, const std::string& path, ReadColumn& read) {
    if (node.kind == YamlNode::Kind::null || (node.kind == YamlNode::Kind::scalar && node.value.empty())) return;
    if (node.kind != YamlNode::Kind::scalar) {
      problems_.add(node.at, fmt::format("{}: expected a value, and found {}", path, shown(node)));
      return;
    }
    if (node.value.find('\0') != std::string::npos) {
      problems_.add(node.at, fmt::format("{}: {} has a NUL byte, which SQL can't hold", path, shown(node)));
      return;
    }
    read.column.default_value = node.value;
    if (!read.type) return;
    if (const auto problem = value_problem(node.value, *read.type)) {
      problems_.add(node.at, fmt::format("{}: {} {} (a default is a value of the column's type, {}, not an expression)",
                                         path, shown(node), *problem, to_string(*read.type)));
    }
  }

  Problems& problems_;
};

}  // namespace

std::vector<TableConfig> parse_config(std::string_view yaml, std::string_view origin) {
  Problems problems(printable(origin));
  const YamlNode root = parse_yaml(yaml, problems);
  if (root.kind == YamlNode::Kind::null && !problems.empty()) problems.throw_if_any();
  auto tables = ConfigReader(problems).read(root);
  problems.throw_if_any();
  return tables;
}

TableConfig find_table(std::vector<TableConfig> tables, std::string_view schema, std::string_view table,
                       std::string_view origin) {
  for (TableConfig& candidate : tables) {
    if (equal_ignoring_case(candidate.schema, schema) && equal_ignoring_case(candidate.name, table)) {
      return std::move(candidate);
    }
  }
  std::vector<std::string> known;
  known.reserve(tables.size());
  for (const TableConfig& candidate : tables) {
    known.push_back(printable(candidate.schema) + "." + printable(candidate.name));
  }
  throw Error(ErrorKind::invalid, fmt::format("{}: no table {}.{} in it; there is {}", printable(origin),
                                              printable(schema), printable(table), fmt::join(known, ", ")));
}

}  // namespace penstock::table
