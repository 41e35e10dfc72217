// One column of CREATE TABLE or ALTER TABLE ADD, rewritten: Redshift's types and defaults of types, IDENTITY(1,1), and
// the attributes that PostgreSQL has not, which are collected.
#pragma once

#include <span>
#include <string>

#include "endpoint/sql/edits.h"
#include "endpoint/sql/table_attributes.h"
#include "endpoint/sql/token_reader.h"

namespace penstock::endpoint {

struct ColumnFacts {
  std::string name;
  bool not_null = false;
  bool has_default = false;
  bool identity = false;
  bool key = false;  // UNIQUE, PRIMARY KEY, REFERENCES
  bool dist_or_sort_key = false;
};

// Reads from the column's name to the comma or parenthesis behind it (or the end). `table` names it in errors, and is
// what a reference to itself is recognised by. Throws SqlError for what Redshift refuses or we can't do.
ColumnFacts rewrite_column(TokenReader& reader, Edits& edits, TableAttributes& attributes, const QualifiedName& table);

// A type at the reader: rewritten where Redshift means another than PostgreSQL by its name. Gives what it became;
// empty: it stays as it is.
std::string rewrite_type(TokenReader& reader, Edits& edits, const std::string& column);

// The same behind :: or CAST(… AS, where a type without a length is left as it is, and any other passes.
void rewrite_cast_type(TokenReader& reader, Edits& edits);
// All casts of a statement.
void rewrite_casts(std::span<const Token> tokens, Edits& edits);

// FOREIGN KEY's second half: REFERENCES table [(columns)].
void read_references(TokenReader& reader, const QualifiedName& table, ForeignKey& key);

}  // namespace penstock::endpoint
