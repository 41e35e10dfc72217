// SUPER in a statement: paths into a document (c.orders[0].price), and FROM items that unnest an array (FROM c,
// c.orders AS o AT i) or an object (UNPIVOT c.attributes AS v AT k).
//
// What columns a table has is not known here. A dotted name is told apart by what the queries around it read FROM:
//
//   head of the name                       column                  path
//   the alias of a FROM item, a            a.column                what follows
//   a table without an alias, as FROM      [s.]t.column            what follows
//     has it or with more before it          (s.t for t: of public and the system's schemas alone)
//   the alias of an unnested array, x      x                       what follows
//   none of these                          the head                what follows
//
// The innermost query goes first, and in it the alias. In FROM, a name is unnested if its head is an alias that stands
// before it or around the query; otherwise it is a table. Indexes are plain numbers; others are left as they are.
//
// Errors: SqlError 0A000 for a path in a MERGE, and for unnesting by a RIGHT or FULL JOIN.
#pragma once

#include <span>

#include "endpoint/sql/edits.h"
#include "endpoint/sql/lexer.h"

namespace penstock::endpoint {

void rewrite_navigation(std::span<const Token> tokens, Edits& edits);

}  // namespace penstock::endpoint
