// What Redshift says of a table and PostgreSQL can't keep: collected while a statement is rewritten, and handed to the
// function of the catalog that remembers it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "endpoint/sql/token_reader.h"

namespace penstock::endpoint {

struct ForeignKey {
  std::optional<std::string> name;
  std::vector<std::string> columns;
  std::optional<QualifiedName> table;           // nullopt: the same table
  std::vector<std::string> referenced_columns;  // empty: its primary key
};

// UNIQUE or PRIMARY KEY that a table gets later: PostgreSQL's own would look for duplicates in what it holds.
struct AddedKey {
  std::optional<std::string> name;
  bool primary = false;
  std::vector<std::string> columns;
};

struct TableAttributes {
  std::optional<std::string> diststyle;  // AUTO, EVEN, KEY, ALL
  std::optional<std::string> distkey;
  std::optional<std::string> sortstyle;  // AUTO, NONE, COMPOUND, INTERLEAVED
  std::vector<std::string> sortkeys;
  std::optional<bool> backup;
  std::map<std::string, std::string> encodings;  // by column, as pg_table_def shows them
  std::optional<QualifiedName> like;
  std::vector<ForeignKey> foreign_keys;
  std::vector<AddedKey> added_keys;

  [[nodiscard]] bool empty() const;
  // The call of penstock_attributes() that makes the next DDL of the transaction keep them.
  [[nodiscard]] std::string statement() const;
};

std::string quoted(const QualifiedName& name);  // for PostgreSQL

// DISTSTYLE KEY DISTKEY(a) COMPOUND SORTKEY(a, b) BACKUP NO ENCODE AUTO, in any order: takes one, if the reader stands
// before one. Throws SqlError for one given twice.
bool read_table_attribute(TokenReader& reader, TableAttributes& attributes);
// ENCODE's argument; throws SqlError for what is no encoding.
std::string read_encoding(TokenReader& reader);
// When all are read: a DISTKEY means DISTSTYLE KEY, and goes with no other. Throws SqlError.
void settle(TableAttributes& attributes);

}  // namespace penstock::endpoint
