// INSERT, UPDATE, DELETE: PostgreSQL's own, less what Redshift hasn't; FROM of a DELETE may be left out.
#include <fmt/format.h>

#include "endpoint/sql/rules.h"

namespace penstock::endpoint {
namespace {

SqlError syntax_error_at(const Token& token) {
  return {"42601", fmt::format("syntax error at or near \"{}\"", token.text)};
}

}  // namespace

std::optional<Decision> change_data(const StatementText& statement) {
  const auto& tokens = statement.tokens;
  Edits edits = statement.edits();
  int depth = 0;
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (tokens[i].text == "(") ++depth;
    if (tokens[i].text == ")") --depth;
    if (is_keyword(tokens[i], "RETURNING")) throw syntax_error_at(tokens[i]);
    if (is_keyword(tokens[i], "ON") && is_keyword(tokens[i + 1], "CONFLICT")) throw syntax_error_at(tokens[i]);
    const bool starts = depth == 0 && (i == 0 || tokens[i - 1].text == ")");  // the statement, perhaps behind WITH
    if (starts && i > 0 && is_keyword(tokens[i], "MERGE")) throw syntax_error_at(tokens[i]);
    if (starts && is_keyword(tokens[i], "DELETE") && !is_keyword(tokens[i + 1], "FROM")) {
      edits.insert_before(i + 1, "FROM ");
    }
  }
  return Decision{.action = PassThrough{edits.text()}};
}

}  // namespace penstock::endpoint
