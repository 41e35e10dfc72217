// QUALIFY, which PostgreSQL has not: the query becomes one over itself, with the condition as a column more.
//
//   SELECT a, b FROM t QUALIFY row_number() OVER (ORDER BY c) = 1
//   SELECT "a", "b" FROM (SELECT a, b, (row_number() OVER (ORDER BY c) = 1) AS penstock_qualified FROM t) penstock_rows
//     WHERE penstock_qualified
//
// Errors: SqlError 0A000 for a query whose columns can't be named by its text alone.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "endpoint/sql/edits.h"
#include "endpoint/sql/lexer.h"

namespace penstock::endpoint {

// Where the clauses of one query begin, all of them between the same parentheses.
struct QueryClauses {
  std::size_t select = 0;
  std::optional<std::size_t> top{};  // TOP's number
  std::optional<std::size_t> from{};
  std::optional<std::size_t> behind_from{};  // WHERE, GROUP, HAVING, or QUALIFY itself
  std::optional<std::size_t> qualify{};
  std::optional<std::size_t> order{};
  std::optional<std::size_t> limit{};  // LIMIT, OFFSET, FETCH
  std::size_t end = 0;                 // the token behind the query
  std::vector<std::size_t> tokens{};   // all between these parentheses from SELECT on, less what is inside of others
};

void rewrite_qualify(std::span<const Token> tokens, const QueryClauses& query, Edits& edits);

}  // namespace penstock::endpoint
