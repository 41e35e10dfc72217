// ALTER TABLE: one action a statement, and only those that Redshift has.
#include <fmt/format.h>

#include "endpoint/sql/column_definition.h"
#include "endpoint/sql/rules.h"
#include "endpoint/sql/table_attributes.h"

namespace penstock::endpoint {
namespace {

struct AlterTable {
  const StatementText& statement;
  TokenReader reader;
  Edits edits;
  QualifiedName table;
  TableAttributes attributes;
};

// Moves rows, in a transaction of its own.
Decision append(AlterTable& alter) {
  TokenReader& reader = alter.reader;
  reader.expect("FROM");
  const QualifiedName source = reader.qualified_name();
  const bool ignore_extra = reader.accept("IGNOREEXTRA");
  const bool fill_target = !ignore_extra && reader.accept("FILLTARGET");
  reader.expect_end();
  const std::string call = fmt::format(
      "BEGIN PERFORM pg_catalog.penstock_append({}::pg_catalog.regclass, {}::pg_catalog.regclass, {}, {}); END",
      quote_literal(quoted(alter.table)), quote_literal(quoted(source)), ignore_extra, fill_target);
  return {.action = Script{.statements = {"DO " + quote_literal(call)},
                           .tag = "ALTER TABLE APPEND",
                           .outside_block = true,
                           .refused_as = "ALTER TABLE APPEND"},
          .effect = TransactionEffect::none,
          .kind = {}};
}

SqlError refused(const std::string& message) { return {"0A000", message}; }

Decision pass(AlterTable& alter) {
  return {.action = PassThrough{alter.edits.text()}, .effect = TransactionEffect::none, .kind = {}};
}

// Attributes alone: an ALTER that changes nothing finds the table, checks who owns it, and has them kept.
Decision remember(AlterTable& alter, bool outside_block) {
  alter.reader.expect_end();
  settle(alter.attributes);
  const std::string nothing = fmt::format("ALTER TABLE {} RESET (fillfactor)", quoted(alter.table));
  Script script{.statements = {alter.attributes.statement(), nothing}, .tag = "ALTER TABLE"};
  if (outside_block) {  // each statement of such a script is a transaction: both in one
    script.statements = {
        "DO " + quote_literal(fmt::format("BEGIN PERFORM {}; {}; END",
                                          script.statements[0].substr(std::string_view("SELECT ").size()), nothing))};
    script.outside_block = true;
    script.refused_as = "ALTER TABLE ALTER COLUMN";
  }
  return {.action = std::move(script), .effect = TransactionEffect::none, .kind = {}};
}

Decision add_column(AlterTable& alter) {
  TokenReader& reader = alter.reader;
  if (is_keyword(reader.peek(), "IF") && is_keyword(reader.peek(1), "NOT")) {
    reader.next();
    throw reader.syntax_error();
  }
  const ColumnFacts column = rewrite_column(reader, alter.edits, alter.attributes, alter.table);
  if (column.identity || column.key || column.dist_or_sort_key) {
    throw refused("ALTER TABLE ADD COLUMN takes no IDENTITY, UNIQUE, PRIMARY KEY, REFERENCES, DISTKEY or SORTKEY");
  }
  if (column.not_null && !column.has_default) {
    throw refused("ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression");
  }
  reader.expect_end();
  if (alter.attributes.empty()) return pass(alter);
  return {.action = Script{.statements = {alter.attributes.statement(), alter.edits.text()}, .tag = "ALTER TABLE"},
          .effect = TransactionEffect::none,
          .kind = {}};
}

Decision add(AlterTable& alter) {
  TokenReader& reader = alter.reader;
  std::optional<std::string> name;
  if (reader.accept("CONSTRAINT")) name = reader.name();
  if (is_keyword(reader.peek(), "CHECK") || is_keyword(reader.peek(), "EXCLUDE")) {
    throw refused("CHECK and EXCLUDE constraints are not supported by Redshift");
  }
  if (reader.accept_all({"FOREIGN", "KEY"})) {
    ForeignKey key{.name = name, .columns = reader.list(), .table = {}, .referenced_columns = {}};
    read_references(reader, alter.table, key);
    alter.attributes.foreign_keys.push_back(std::move(key));
    return remember(alter, false);
  }
  const bool primary = reader.accept_all({"PRIMARY", "KEY"});
  if (primary || reader.accept("UNIQUE")) {
    alter.attributes.added_keys.push_back({.name = name, .primary = primary, .columns = reader.list()});
    return remember(alter, false);
  }
  if (name) throw reader.syntax_error();
  reader.accept("COLUMN");
  return add_column(alter);
}

Decision drop(AlterTable& alter) {
  TokenReader& reader = alter.reader;
  if (!reader.accept("CONSTRAINT")) reader.accept("COLUMN");
  reader.name();
  if (!reader.accept("RESTRICT")) reader.accept("CASCADE");
  reader.expect_end();
  return pass(alter);
}

Decision alter_type(AlterTable& alter, const std::string& column) {
  TokenReader& reader = alter.reader;
  const bool varchar = is_keyword(reader.peek(), "VARCHAR") || is_keyword(reader.peek(), "NVARCHAR") ||
                       is_keyword(reader.peek(1), "VARYING");
  const std::string type = rewrite_type(reader, alter.edits, alter.table.name + "." + column);
  if (is_keyword(reader.peek(), "USING")) throw refused("ALTER TABLE ALTER COLUMN does not support USING expression");
  if (!varchar) throw refused("ALTER TABLE ALTER COLUMN TYPE changes the size of VARCHAR columns only");
  reader.expect_end();
  const std::string_view length = std::string_view(type).substr(type.find('(') + 1);
  const std::string check = fmt::format("PERFORM pg_catalog.penstock_may_alter_type({}::pg_catalog.regclass, {}, {}",
                                        quote_literal(quoted(alter.table)), quote_literal(column), length);
  return {.action =
              Script{.statements = {"DO " + quote_literal(fmt::format("BEGIN {}; {}; END", check, alter.edits.text()))},
                     .tag = "ALTER TABLE",
                     .outside_block = true,
                     .refused_as = "ALTER TABLE ALTER COLUMN"},
          .effect = TransactionEffect::none,
          .kind = {}};
}

Decision alter_column(AlterTable& alter) {
  TokenReader& reader = alter.reader;
  const std::string column = reader.name();
  if (reader.accept("TYPE")) return alter_type(alter, column);
  if (reader.accept("ENCODE")) {
    alter.attributes.encodings[column] = read_encoding(reader);
    while (reader.accept_symbol(',')) {
      reader.expect("ALTER");
      reader.accept("COLUMN");
      const std::string other = reader.name();
      reader.expect("ENCODE");
      alter.attributes.encodings[other] = read_encoding(reader);
    }
    return remember(alter, true);
  }
  for (const std::string_view verb : {"SET", "DROP"}) {
    if (!reader.accept(verb)) continue;
    if (reader.accept("DEFAULT")) throw refused("ALTER COLUMN SET/DROP DEFAULT is not supported");
    if (reader.accept_all({"NOT", "NULL"})) throw refused("ALTER COLUMN SET/DROP NOT NULL is not supported");
  }
  throw reader.syntax_error();
}

// DISTKEY c, DISTSTYLE s, SORTKEY (…); two of them may stand in one statement.
Decision alter_keys(AlterTable& alter) {
  TokenReader& reader = alter.reader;
  TableAttributes& attributes = alter.attributes;
  while (true) {
    if (reader.accept("DISTKEY")) {
      attributes.diststyle = "KEY";
      attributes.distkey = reader.name();
    } else if (reader.accept_all({"DISTSTYLE", "KEY"})) {
      attributes.diststyle = "KEY";
      reader.expect("DISTKEY");
      attributes.distkey = reader.name();
    } else if (reader.accept_all({"SORTKEY", "NONE"})) {
      attributes.sortstyle = "NONE";
    } else if (!read_table_attribute(reader, attributes)) {
      throw reader.syntax_error();
    }
    if (!reader.accept_symbol(',')) break;
    reader.expect("ALTER");
  }
  return attributes.empty() ? pass(alter) : remember(alter, false);
}

bool at_keys(const TokenReader& reader) {
  for (const std::string_view word : {"DISTKEY", "DISTSTYLE", "SORTKEY", "COMPOUND", "INTERLEAVED"}) {
    if (is_keyword(reader.peek(), word)) return true;
  }
  return false;
}

}  // namespace

std::optional<Decision> alter_table(const StatementText& statement) {
  AlterTable alter{
      .statement = statement, .reader = statement.reader(), .edits = statement.edits(), .table = {}, .attributes = {}};
  TokenReader& reader = alter.reader;
  alter.table = reader.qualified_name();
  if (reader.accept("ADD")) return add(alter);
  if (reader.accept("DROP")) return drop(alter);
  if (reader.accept("APPEND")) return append(alter);
  if (reader.accept("RENAME")) {
    if (reader.accept("COLUMN") || !is_keyword(reader.peek(), "TO")) reader.name();
    reader.expect("TO");
    reader.name();
    reader.expect_end();
    return pass(alter);
  }
  if (reader.accept_all({"OWNER", "TO"})) {
    reader.name();
    reader.expect_end();
    return pass(alter);
  }
  reader.expect("ALTER");
  if (reader.accept_all({"ENCODE", "AUTO"})) {
    reader.expect_end();
    return Decision{
        .action = Script{.statements = {fmt::format("ALTER TABLE {} RESET (fillfactor)", quoted(alter.table))},
                         .tag = "ALTER TABLE"},
        .effect = TransactionEffect::none,
        .kind = {}};
  }
  if (at_keys(reader)) return alter_keys(alter);
  reader.accept("COLUMN");
  return alter_column(alter);
}

}  // namespace penstock::endpoint
