// SHOW DATABASES, SCHEMAS, TABLES, COLUMNS and TABLE: queries of the catalog's views.
#include <fmt/format.h>

#include "endpoint/sql/rules.h"
#include "endpoint/sql/table_attributes.h"

namespace penstock::endpoint {
namespace {

// [LIKE 'pattern'] [LIMIT n], and nothing behind them.
std::string read_filter(TokenReader& reader, std::string_view column) {
  std::string out;
  if (reader.accept("LIKE")) out += fmt::format(" AND {} LIKE {}", column, quote_literal(reader.string()));
  out += " ORDER BY 1, 2, 3";
  if (reader.accept("LIMIT")) out += fmt::format(" LIMIT {}", reader.integer());
  reader.expect_end();
  return out;
}

Decision query(const std::string& sql) { return {.action = PassThrough{sql}}; }

// [database.]schema
std::string read_schema(TokenReader& reader) {
  const QualifiedName name = reader.qualified_name();
  std::string condition = fmt::format("schema_name = {}", quote_literal(name.name));
  if (!name.schema.empty()) condition += fmt::format(" AND database_name = {}", quote_literal(name.schema));
  return condition;
}

}  // namespace

std::optional<Decision> show_databases(const StatementText& statement) {
  TokenReader reader = statement.reader();
  return query(
      "SELECT database_name, database_owner, database_type, database_acl, database_options, database_isolation_level "
      "FROM pg_catalog.svv_redshift_databases WHERE true" +
      read_filter(reader, "database_name"));
}

std::optional<Decision> show_schemas(const StatementText& statement) {
  TokenReader reader = statement.reader();
  reader.expect("FROM");
  reader.expect("DATABASE");
  const std::string database = reader.name();
  return query(
      fmt::format("SELECT database_name, schema_name, schema_owner, schema_type, schema_acl, source_database, "
                  "schema_option FROM pg_catalog.svv_all_schemas WHERE database_name = {}{}",
                  quote_literal(database), read_filter(reader, "schema_name")));
}

std::optional<Decision> show_tables(const StatementText& statement) {
  TokenReader reader = statement.reader();
  reader.expect("FROM");
  reader.expect("SCHEMA");
  const std::string condition = read_schema(reader);
  return query(fmt::format("SELECT * FROM pg_catalog.penstock_show_tables WHERE {}{}", condition,
                           read_filter(reader, "table_name")));
}

std::optional<Decision> show_columns(const StatementText& statement) {
  TokenReader reader = statement.reader();
  reader.expect("FROM");
  reader.expect("TABLE");
  std::vector<std::string> names{reader.name()};
  while (reader.accept_symbol('.')) names.push_back(reader.name());
  if (names.size() < 2 || names.size() > 3) throw reader.syntax_error();
  const std::size_t schema = names.size() - 2;
  std::string condition = fmt::format("schema_name = {} AND table_name = {}", quote_literal(names[schema]),
                                      quote_literal(names[schema + 1]));
  if (schema > 0) condition += fmt::format(" AND database_name = {}", quote_literal(names[0]));
  std::string like;
  if (reader.accept("LIKE")) like = fmt::format(" AND column_name LIKE {}", quote_literal(reader.string()));
  std::string limit;
  if (reader.accept("LIMIT")) limit = fmt::format(" LIMIT {}", reader.integer());
  reader.expect_end();
  return query(fmt::format("SELECT * FROM pg_catalog.penstock_show_columns WHERE {}{} ORDER BY ordinal_position{}",
                           condition, like, limit));
}

std::optional<Decision> show_table(const StatementText& statement) {
  TokenReader reader = statement.reader();
  const QualifiedName table = reader.qualified_name();
  reader.expect_end();
  return query(
      fmt::format("SELECT pg_catalog.penstock_table_script({}::pg_catalog.regclass) AS "
                  "\"Show Table DDL statement\"",
                  quote_literal(quoted(table))));
}

}  // namespace penstock::endpoint
