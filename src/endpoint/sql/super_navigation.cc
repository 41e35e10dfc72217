#include "endpoint/sql/super_navigation.h"

#include <algorithm>
#include <array>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/sql/sql_error.h"

namespace penstock::endpoint {
namespace {

bool is_name(const Token& token) { return token.kind == TokenKind::word || token.kind == TokenKind::quoted_name; }

class Navigation {
 public:
  Navigation(std::span<const Token> tokens, Edits& edits) : tokens_(tokens), edits_(edits) {}

  void rewrite() {
    for (std::size_t at = 0; at + 1 < tokens_.size();) {
      if (!is_name(tokens_[at])) {
        enter_or_leave(tokens_[at]);
        ++at;
        continue;
      }
      std::size_t last = at;  // of the column's names
      while (is_member(last + 1)) last += 2;
      if (last == at) note_clause(at);
      at = is_index(last + 1) && begins_a_column(at) ? rewrite_path(at, last + 1) : last + 1;
    }
  }

 private:
  // What is between two parentheses, or the statement itself.
  struct Level {
    bool query = false;
    bool from = false;  // in its FROM clause
  };

  void enter_or_leave(const Token& token) {
    if (token.text == "(") levels_.emplace_back();
    if (token.text == ")" && levels_.size() > 1) levels_.pop_back();
  }

  void note_clause(std::size_t at) {
    static constexpr auto kEnds =
        std::to_array<std::string_view>({"SELECT", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "WINDOW",
                                         "FETCH", "UNION", "INTERSECT", "EXCEPT", "MINUS", "FOR", "SET", "VALUES"});
    Level& level = levels_.back();
    const Token& word = tokens_[at];
    if (is_keyword(word, "SELECT")) level.query = true;
    if (std::ranges::any_of(kEnds, [&](std::string_view end) { return is_keyword(word, end); })) level.from = false;
    const bool distinct_from = at > 0 && is_keyword(tokens_[at - 1], "DISTINCT");
    if ((is_keyword(word, "FROM") && !distinct_from) || is_keyword(word, "USING")) level.from = level.query;
  }

  // FROM t, t.orders[0] AS o: what unnests it in Redshift would be one row here.
  [[nodiscard]] bool stands_in_from(std::size_t at) const {
    const Token& before = tokens_[at - 1];
    return levels_.back().from && (before.text == "," || is_keyword(before, "FROM") || is_keyword(before, "JOIN") ||
                                   is_keyword(before, "USING"));
  }

  [[nodiscard]] const Token& token(std::size_t at) const { return tokens_[std::min(at, tokens_.size() - 1)]; }
  [[nodiscard]] bool is_member(std::size_t at) const { return token(at).text == "." && is_name(token(at + 1)); }
  [[nodiscard]] bool is_index(std::size_t at) const {
    return token(at).text == "[" && token(at + 1).kind == TokenKind::number && token(at + 2).text == "]" &&
           std::ranges::all_of(token(at + 1).text, [](char c) { return c >= '0' && c <= '9'; });
  }
  // Not a type's name, nor PostgreSQL's ARRAY[…].
  [[nodiscard]] bool begins_a_column(std::size_t at) const {
    if (is_keyword(tokens_[at], "ARRAY")) return false;
    return at > 0 && tokens_[at - 1].text != "::" && tokens_[at - 1].text != "." && !is_keyword(tokens_[at - 1], "AS");
  }

  // Each step is a call around what came before it. Gives the token behind the path.
  std::size_t rewrite_path(std::size_t column, std::size_t at) {
    if (stands_in_from(column)) throw not_supported("unnesting of SUPER in FROM");
    std::vector<std::string_view> calls;
    while (true) {
      if (is_index(at)) {
        edits_.replace(at, at + 3, ", " + std::string(token(at + 1).text) + ")");
        calls.emplace_back("pg_catalog.penstock_element(");
        at += 3;
      } else if (is_member(at)) {
        edits_.replace(at, at + 2, ", " + quote_literal(name_value(token(at + 1))) + ")");
        calls.emplace_back("pg_catalog.penstock_attribute(");
        at += 2;
      } else {
        std::string before;  // the last one stands first
        for (const std::string_view call : std::ranges::reverse_view(calls)) before += call;
        edits_.insert_before(column, before);
        return at;
      }
    }
  }

  std::span<const Token> tokens_;
  Edits& edits_;
  std::vector<Level> levels_{{.query = true, .from = false}};
};

}  // namespace

void rewrite_navigation(std::span<const Token> tokens, Edits& edits) { Navigation(tokens, edits).rewrite(); }

}  // namespace penstock::endpoint
