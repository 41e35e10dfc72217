#include "redshift/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/text.h"
#include "redshift/sql_files.h"

namespace penstock::redshift {
namespace {

int number_in(std::string_view text) {
  int value = 0;
  const auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || last != text.data() + text.size()) {
    throw Error(ErrorKind::internal, fmt::format("the catalog gave '{}' where a number belongs", printable(text)));
  }
  return value;
}

int number(const std::optional<std::string>& text) { return text ? number_in(*text) : 0; }

// An array as its text: {1,3}.
std::vector<int> numbers(std::string_view array) {
  std::vector<int> out;
  if (array.starts_with('{') && array.ends_with('}')) array = array.substr(1, array.size() - 2);
  while (!array.empty()) {
    const auto comma = array.find(',');
    out.push_back(number_in(array.substr(0, comma)));
    array = comma == std::string_view::npos ? std::string_view() : array.substr(comma + 1);
  }
  return out;
}

// By what it shows as its default: "identity"(100162, 0, '1,1'::text), or default_identity(…).
Identity identity_of(std::string_view default_text) {
  if (default_text.starts_with("\"identity\"(") || default_text.starts_with("identity(")) return Identity::always;
  return default_text.find("default_identity") < 2 ? Identity::by_default : Identity::none;
}

std::string_view kind_in_words(std::string_view relkind) {
  if (relkind == "v") return "a view";
  if (relkind == "m") return "a materialized view";
  if (relkind == "f") return "a foreign table";
  if (relkind == "c") return "a composite type";
  return "no plain table";
}

class TableReader {
 public:
  TableReader(Transaction& transaction, const std::string& schema, const std::string& name)
      : transaction_(transaction), schema_(schema), name_(name), doing_(fmt::format("inspect {}.{}", schema, name)) {}

  std::optional<CatalogTable> read() {
    const Result kind = ask(sql::kRelationKind);
    if (kind.rows.empty()) return std::nullopt;
    if (const auto& relkind = kind.scalar(); relkind != "r") {
      throw Error(ErrorKind::refused,
                  fmt::format("{}: it is {}, not a table", doing_, kind_in_words(relkind.value_or(""))));
    }
    read_columns();
    mark_primary_key();
    mark_attributes();
    return table_;
  }

 private:
  Result ask(Sql file) {
    return transaction_.execute(fill(file, {{"schema", Literal(schema_)}, {"name", Literal(name_)}}), doing_);
  }

  void read_columns() {
    table_ = {.schema = schema_, .name = name_, .columns = {}};
    for (const auto& row : ask(sql::kTableColumns).rows) {
      numbers_.push_back(number(row.at(0)));
      table_.columns.push_back({.name = row.at(1).value_or(""),
                                .type = row.at(2).value_or(""),
                                .not_null = number(row.at(3)) != 0,
                                .default_expression = row.at(4)});
    }
  }

  void mark_primary_key() {
    for (const auto& row : ask(sql::kPrimaryKey).rows) {
      for (const int key : numbers(row.at(0).value_or(""))) {
        const auto at = std::ranges::find(numbers_, key);
        if (at != numbers_.end()) table_.columns[static_cast<std::size_t>(at - numbers_.begin())].primary_key = true;
      }
    }
  }

  void mark_attributes() {
    for (const auto& row : ask(sql::kColumnAttributes).rows) {
      const auto column = std::ranges::find(table_.columns, row.at(0), &CatalogColumn::name);
      if (column == table_.columns.end()) continue;
      column->dist_key = number(row.at(1)) != 0;
      column->sort_order = std::abs(number(row.at(2)));
      column->identity = identity_of(row.at(3).value_or(""));
    }
  }

  Transaction& transaction_;
  const std::string& schema_;
  const std::string& name_;
  const std::string doing_;
  CatalogTable table_;
  std::vector<int> numbers_;  // pg_attribute's, of the column at the same place
};

}  // namespace

bool schema_exists(Transaction& transaction, const std::string& schema) {
  const Statement statement = Sql("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = ") << Literal(schema);
  return !transaction.execute(statement, fmt::format("look for the schema {}", printable(schema))).rows.empty();
}

std::optional<CatalogTable> read_table(Transaction& transaction, const std::string& schema, const std::string& name) {
  return TableReader(transaction, schema, name).read();
}

}  // namespace penstock::redshift
