// Databases, schemas, views: PostgreSQL's own, where Redshift says the same; its other forms are carried out or
// named.
#include <fmt/format.h>

#include "endpoint/sql/rules.h"
#include "endpoint/sql/table_attributes.h"

namespace penstock::endpoint {
namespace {

Decision pass(const Edits& edits) {
  return {.action = PassThrough{edits.text()}, .effect = TransactionEffect::none, .kind = {}};
}

// QUOTA { n [MB | GB | TB] | UNLIMITED }: that there is no limit is the truth here.
void take_out_quota(TokenReader& reader, Edits& edits, std::string_view verb) {
  const std::size_t start = reader.position();
  if (!reader.accept("QUOTA")) return;
  if (!reader.accept("UNLIMITED")) throw not_supported(fmt::format("{} SCHEMA … QUOTA", verb));
  edits.remove(start, reader.position());
}

}  // namespace

// Redshift's two levels; sessions that begin from here on have it.
std::optional<Decision> alter_database(const StatementText& statement) {
  TokenReader reader = statement.reader();
  const std::string database = reader.name();
  if (is_keyword(reader.peek(), "SET") || is_keyword(reader.peek(), "RESET") || is_keyword(reader.peek(), "WITH")) {
    throw reader.syntax_error();
  }
  if (is_keyword(reader.peek(), "CONNECTION") || is_keyword(reader.peek(), "COLLATE")) {
    throw not_supported(fmt::format("ALTER DATABASE … {}", reader.peek().text));
  }
  if (!reader.accept_all({"ISOLATION", "LEVEL"})) return pass(statement.edits());
  const bool serializable = reader.accept("SERIALIZABLE");
  if (!serializable) reader.expect("SNAPSHOT");
  reader.expect_end();
  return Decision{
      .action = PassThrough{fmt::format("ALTER DATABASE {} SET default_transaction_isolation TO '{}'",
                                        quote_name(database), serializable ? "serializable" : "repeatable read")}};
}

std::optional<Decision> create_schema(const StatementText& statement) {
  TokenReader reader = statement.reader();
  Edits edits = statement.edits();
  reader.accept_all({"IF", "NOT", "EXISTS"});
  if (!is_keyword(reader.peek(), "AUTHORIZATION")) reader.name();
  if (reader.accept("AUTHORIZATION")) reader.name();
  take_out_quota(reader, edits, "CREATE");
  if (is_keyword(reader.peek(), "CREATE") || is_keyword(reader.peek(), "GRANT")) {
    throw not_supported("CREATE SCHEMA with the statements that fill it");
  }
  reader.expect_end();
  return pass(edits);
}

std::optional<Decision> alter_schema(const StatementText& statement) {
  TokenReader reader = statement.reader();
  reader.name();
  if (!is_keyword(reader.peek(), "QUOTA")) return pass(statement.edits());
  Edits edits = statement.edits();
  take_out_quota(reader, edits, "ALTER");
  reader.expect_end();
  return Decision{.action = Script{.statements = {}, .tag = "ALTER SCHEMA"}};
}

std::optional<Decision> create_view(const StatementText& statement) {
  const auto& tokens = statement.tokens;
  const std::size_t end = tokens.size() - 1;
  const bool unbound = end >= 4 && is_keyword(tokens[end - 4], "WITH") && is_keyword(tokens[end - 3], "NO") &&
                       is_keyword(tokens[end - 2], "SCHEMA") && is_keyword(tokens[end - 1], "BINDING");
  if (unbound) return create_late_view(statement, end - 4);
  return pass(statement.edits());
}

// CREATE MATERIALIZED VIEW name [BACKUP …] [attributes] [AUTO REFRESH NO] AS query
std::optional<Decision> create_materialized_view(const StatementText& statement) {
  TokenReader reader = statement.reader();
  Edits edits = statement.edits();
  reader.qualified_name();
  if (reader.at_symbol('(')) reader.list();
  const std::size_t start = reader.position();
  TableAttributes attributes;
  bool more = true;
  while (more) {
    more = read_table_attribute(reader, attributes);
    if (reader.accept_all({"AUTO", "REFRESH"})) {
      if (!reader.accept("NO")) throw not_supported("CREATE MATERIALIZED VIEW … AUTO REFRESH YES");
      more = true;
    }
  }
  settle(attributes);
  edits.remove(start, reader.position());
  reader.expect("AS");
  return pass(edits);
}

}  // namespace penstock::endpoint
