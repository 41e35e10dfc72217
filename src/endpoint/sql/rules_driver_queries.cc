// Queries that drivers send as they are, and that PostgreSQL can't be made to take piece by piece.
#include <fmt/format.h>

#include <algorithm>

#include "endpoint/sql/rules.h"

namespace penstock::endpoint {
namespace {

// The pattern of the first <column> LIKE 'pattern'; % without one.
std::string pattern_of(std::span<const Token> tokens, std::string_view column) {
  for (std::size_t i = 0; i + 2 < tokens.size(); ++i) {
    if (is_keyword(tokens[i], column) && is_keyword(tokens[i + 1], "LIKE") && tokens[i + 2].kind == TokenKind::string) {
      return string_value(tokens[i + 2]);
    }
  }
  return "%";
}

}  // namespace

// JDBC's getProcedureColumns(): sets inside of CASE, indexes into vectors, aliases of aliases.
std::optional<Decision> driver_query(const StatementText& statement) {
  const auto named = [&](std::string_view name) {
    return std::ranges::any_of(statement.tokens, [&](const Token& token) { return is_keyword(token, name); });
  };
  if (!named("INPUT_PARAM_TABLE") || !named("PROBIN_BYTES")) return std::nullopt;
  return Decision{.action = PassThrough{fmt::format(
                      "SELECT * FROM pg_catalog.penstock_procedure_columns WHERE procedure_schem LIKE {} AND "
                      "procedure_name LIKE {} AND column_name LIKE {} ORDER BY procedure_cat, procedure_schem, "
                      "procedure_name, specific_name, ordinal_position",
                      quote_literal(pattern_of(statement.tokens, "NSPNAME")),
                      quote_literal(pattern_of(statement.tokens, "PRONAME")),
                      quote_literal(pattern_of(statement.tokens, "COLUMN_NAME")))}};
}

}  // namespace penstock::endpoint
