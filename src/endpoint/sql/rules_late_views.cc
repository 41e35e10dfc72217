// CREATE [OR REPLACE] VIEW name [(columns)] AS query WITH NO SCHEMA BINDING: the catalog keeps the query's text, and
// binds it as often as needed.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "endpoint/sql/query_scopes.h"
#include "endpoint/sql/rules.h"

namespace penstock::endpoint {
namespace {

using Json = nlohmann::json;
using Tokens = std::span<const Token>;

// name AS ( and name (columns) AS (: those of WITH, which are no relations. A WINDOW's name among them hurts nobody.
std::set<std::string> names_of_with(Tokens tokens) {
  std::set<std::string> out;
  for (std::size_t i = 1; i + 1 < tokens.size(); ++i) {
    if (!is_keyword(tokens[i], "AS") || tokens[i + 1].text != "(") continue;
    std::size_t name = i - 1;
    if (tokens[name].text == ")") {
      for (int depth = 0; name > 0; --name) {
        if (tokens[name].text == ")") ++depth;
        if (tokens[name].text == "(" && --depth == 0) break;
      }
      if (name > 0) --name;
    }
    if (tokens[name].kind == TokenKind::word || tokens[name].kind == TokenKind::quoted_name) {
      out.insert(name_value(tokens[name]));
    }
  }
  return out;
}

// schema.table of all that is read.
Json names_read(Tokens tokens) {
  const auto with = names_of_with(tokens);
  std::set<std::string> out;
  for (const QueryScope& query : read_query_scopes(tokens).queries) {
    for (const FromItem& item : query.items) {
      if (!item.name || item.name->steps.empty()) continue;
      const auto part = [&](std::size_t i) { return name_value(tokens[item.name->steps.at(i).token]); };
      const std::size_t parts = item.name->names();
      if (parts >= 2) {
        out.insert(fmt::format("{}.{}", part(parts - 2), part(parts - 1)));
      } else if (!with.contains(part(0))) {
        throw SqlError("0A000",
                       "All the relation names inside should be qualified when creating VIEW WITH NO SCHEMA BINDING.");
      }
    }
  }
  return out;
}

// The catalog takes one statement, which it knows by its having no semicolon: one in a literal is written as its code.
void hide_semicolons(Tokens tokens, Edits& edits) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (token.kind != TokenKind::string || token.text.find(';') == std::string_view::npos || token.text[0] == '$')
      continue;
    std::string text;
    for (const char c : token.text) text += c == ';' ? "\\073" : std::string(1, c);
    edits.imply(i, i + 1, text);
  }
}

}  // namespace

Decision create_late_view(const StatementText& statement, std::size_t end) {
  TokenReader reader = statement.reader();
  const bool replace = std::ranges::any_of(statement.tokens.first(statement.behind_words),
                                           [](const Token& token) { return is_keyword(token, "REPLACE"); });
  const QualifiedName name = reader.qualified_name();
  Json view{{"name", name.name}, {"replace", replace}, {"columns", nullptr}};
  if (reader.at_symbol('(')) view["columns"] = reader.list();
  reader.expect("AS");
  const std::size_t start = reader.peek().offset;
  if (reader.position() >= end) throw reader.syntax_error();
  const std::string_view text = statement.text.substr(start, statement.tokens[end].offset - start);
  const std::vector<Token> tokens = lex(text);
  view["names"] = names_read(tokens);
  Edits edits = StatementText{.text = text, .tokens = tokens}.edits();
  hide_semicolons(tokens, edits);
  view["query"] = edits.text();
  return {.action = Script{.statements = {fmt::format(
                               "SELECT pg_catalog.penstock_create_late_view({}, {}::jsonb)",
                               name.schema.empty() ? "pg_catalog.current_schema()::text" : quote_literal(name.schema),
                               quote_literal(view.dump(-1, ' ', false, Json::error_handler_t::replace)))},
                           .tag = "CREATE VIEW"}};
}

}  // namespace penstock::endpoint
