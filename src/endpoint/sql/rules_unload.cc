// UNLOAD: the statement, and the query inside of it, which is recognised as every statement is.
#include <fmt/format.h>

#include "endpoint/sql/rules.h"

namespace penstock::endpoint {
namespace {

// Of the query itself; in a subquery both may stand.
void refuse_limit(std::span<const Token> tokens) {
  int depth = 0;
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (tokens[i].text == "(") ++depth;
    if (tokens[i].text == ")") --depth;
    if (depth != 0) continue;
    const bool top = is_keyword(tokens[i], "TOP") && i > 0 && is_keyword(tokens[i - 1], "SELECT") &&
                     tokens[i + 1].kind == TokenKind::number;
    if (is_keyword(tokens[i], "LIMIT") || top) {
      throw SqlError("42601", "Limit clause is not supported", "",
                     "Put the query with its limit into a subquery: SELECT * FROM (SELECT … LIMIT n) AS t");
    }
  }
}

}  // namespace

std::optional<Decision> unload(const StatementText& statement) {
  UnloadStatement unload = parse_unload(statement.tokens);
  const auto tokens = lex(unload.query);
  std::size_t first = 0;
  while (tokens[first].text == "(") ++first;
  if (!is_keyword(tokens[first], "SELECT") && !is_keyword(tokens[first], "WITH")) {
    throw SqlError("42601", "UNLOAD takes a SELECT: UNLOAD ('SELECT …') TO 's3://…'");
  }
  refuse_limit(tokens);
  Recognised query = recognise(unload.query, statement.resolved == nullptr ? Aliases() : *statement.resolved);
  auto* passed = std::get_if<PassThrough>(&query.action);
  if (passed == nullptr) throw not_supported("UNLOAD of a query that the endpoint runs by itself");
  unload.query = std::move(passed->sql);
  return Decision{.action = RunUnload{std::move(unload)},
                  .reads_history = query.reads_history,
                  .open_aliases = std::move(query.open_aliases)};
}

}  // namespace penstock::endpoint
