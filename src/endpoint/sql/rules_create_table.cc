// CREATE TABLE, with columns, LIKE, or AS a query: attributes are taken out, wherever they stand, and remembered.
#include <fmt/format.h>

#include "endpoint/sql/column_definition.h"
#include "endpoint/sql/rules.h"
#include "endpoint/sql/table_attributes.h"

namespace penstock::endpoint {
namespace {

struct CreateTable {
  TokenReader reader;
  Edits edits;
  QualifiedName table;
  TableAttributes attributes;
};

void read_attributes(CreateTable& create) {
  const std::size_t start = create.reader.position();
  while (read_table_attribute(create.reader, create.attributes)) {
  }
  create.edits.remove(start, create.reader.position());
}

// True when something of the item is left for PostgreSQL.
bool rewrite_item(CreateTable& create) {
  TokenReader& reader = create.reader;
  std::optional<std::string> name;
  const std::size_t start = reader.position();
  if (reader.accept("CONSTRAINT")) name = reader.name();
  if (reader.accept_all({"PRIMARY", "KEY"}) || (is_keyword(reader.peek(), "UNIQUE") && reader.accept("UNIQUE"))) {
    reader.list();
    return true;
  }
  if (reader.accept_all({"FOREIGN", "KEY"})) {
    ForeignKey key{.name = name, .columns = reader.list(), .table = {}, .referenced_columns = {}};
    read_references(reader, create.table, key);
    create.attributes.foreign_keys.push_back(std::move(key));
    create.edits.remove(start, reader.position());
    return false;
  }
  if (is_keyword(reader.peek(), "CHECK") || is_keyword(reader.peek(), "EXCLUDE")) {
    throw SqlError("0A000", "CHECK and EXCLUDE constraints are not supported by Redshift");
  }
  if (name) throw reader.syntax_error();
  if (reader.accept("LIKE")) {
    create.attributes.like = reader.qualified_name();
    if (reader.accept("INCLUDING") || reader.accept("EXCLUDING")) reader.expect("DEFAULTS");
    return true;
  }
  rewrite_column(reader, create.edits, create.attributes, create.table);
  return true;
}

void rewrite_items(CreateTable& create) {
  TokenReader& reader = create.reader;
  reader.expect_symbol('(');
  std::optional<std::size_t> comma;  // before the item
  bool any = false;                  // is left of the items so far
  while (true) {
    const bool left = rewrite_item(create);
    if (comma && (!left || !any)) create.edits.remove(*comma, *comma + 1);
    any = any || left;
    if (!reader.at_symbol(',')) break;
    comma = reader.position();
    reader.next();
  }
  reader.expect_symbol(')');
}

bool at_names_only(TokenReader reader) {
  reader.expect_symbol('(');
  reader.name();
  return reader.at_symbol(',') || reader.at_symbol(')');
}

}  // namespace

std::optional<Decision> create_table(const StatementText& statement) {
  CreateTable create{.reader = statement.reader(), .edits = statement.edits(), .table = {}, .attributes = {}};
  TokenReader& reader = create.reader;
  const bool if_not_exists = reader.accept_all({"IF", "NOT", "EXISTS"});
  const bool temporary_by_name = reader.peek().text.starts_with('#');
  const bool temporary_by_word = statement.behind_words > 2;
  if (temporary_by_name && !temporary_by_word) create.edits.insert_before(statement.behind_words - 1, "TEMPORARY ");
  create.table = reader.qualified_name();

  bool has_columns = false;
  if (reader.at_symbol('(')) {
    has_columns = !at_names_only(reader);
    if (has_columns) {
      rewrite_items(create);
    } else {
      reader.list();
    }
  }
  if (create.attributes.like) {
    if (!reader.at_end()) throw SqlError("42601", "no attributes may be given to a table that is made LIKE another");
  }
  read_attributes(create);

  if (if_not_exists && is_keyword(reader.peek(), "AS")) throw reader.syntax_error();
  const bool as_query = !has_columns && reader.accept("AS");
  if (as_query) {
    if (reader.at_symbol('(')) {
      reader.skip_parentheses();
      read_attributes(create);
    }
  } else {
    if (!has_columns) throw reader.syntax_error();
    reader.expect_end();
  }
  settle(create.attributes);

  Decision decision;
  if (as_query) decision.kind = Recognised::Kind::query;
  std::string sql = create.edits.text();
  if (create.attributes.empty()) {
    decision.action = PassThrough{std::move(sql)};
  } else {
    decision.action = Script{.statements = {create.attributes.statement(), std::move(sql)},
                             .tag = as_query ? "SELECT" : "CREATE TABLE"};
  }
  return decision;
}

}  // namespace penstock::endpoint
