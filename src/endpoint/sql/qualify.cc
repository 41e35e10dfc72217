#include "endpoint/sql/qualify.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/sql/sql_error.h"

namespace penstock::endpoint {
namespace {

bool is_name(const Token& token) { return token.kind == TokenKind::word || token.kind == TokenKind::quoted_name; }

SqlError refused(std::string_view why) { return not_supported(fmt::format("QUALIFY {}", why)); }

class Qualify {
 public:
  Qualify(std::span<const Token> tokens, const QueryClauses& query, Edits& edits)
      : tokens_(tokens), query_(query), edits_(edits) {}

  void rewrite() {
    if (!query_.from || !query_.behind_from) throw refused("of a query without FROM");
    std::size_t list = query_.select + 1;
    if (is_keyword(tokens_[list], "DISTINCT")) throw refused("of a SELECT DISTINCT");
    if (is_keyword(tokens_[list], "ALL")) ++list;
    if (query_.top) list = *query_.top + 1;
    read_items(between(list, *query_.from));
    const std::size_t inner_end = query_.limit.value_or(query_.end);
    const std::size_t condition_end = query_.order.value_or(inner_end);
    const std::string condition = edits_.rendered(*query_.qualify + 1, condition_end);
    edits_.remove(*query_.qualify, condition_end);
    edits_.insert_before(*query_.from, fmt::format(", ({}) AS penstock_qualified ", condition));
    edits_.insert_before(query_.select, fmt::format("SELECT {} FROM (", columns_));
    edits_.insert_before(inner_end, ") penstock_rows WHERE penstock_qualified ");
  }

 private:
  using Words = std::span<const std::size_t>;  // of the query's own, by their numbers

  [[nodiscard]] Words between(std::size_t first, std::size_t last) const {
    const auto begin = std::ranges::lower_bound(query_.tokens, first);
    const auto end = std::ranges::lower_bound(query_.tokens, last);
    return {begin, end};
  }
  [[nodiscard]] std::string_view text(std::size_t token) const { return tokens_[token].text; }

  void read_items(Words list) {
    while (true) {
      const auto comma = std::ranges::find_if(list, [&](std::size_t token) { return text(token) == ","; });
      read_item({list.begin(), comma});
      if (comma == list.end()) return;
      columns_ += ", ";
      list = {comma + 1, list.end()};
    }
  }

  void read_item(Words item) {
    if (item.empty()) throw refused("of a SELECT without columns");
    if (text(item.back()) == "*" && (item.size() == 1 || text(item[item.size() - 2]) == ".")) {
      if (item.size() > 1) throw refused("of a SELECT with t.*");
      if (query_.order && orders_by_number()) throw refused("of a SELECT * that is ordered by a column's number");
      return read_star(item.back());
    }
    const Token& name = tokens_[item.back()];
    const bool given = item.size() > 2 && is_keyword(tokens_[item[item.size() - 2]], "AS");
    if (!is_name(name) || (!given && !is_column(item))) throw refused("of an expression without AS");
    columns_ += quote_name(name_value(name));
  }

  // All of a table's columns travel as its row.
  void read_star(std::size_t star) {
    const std::string row = fmt::format("penstock_row_{}", star);
    edits_.replace(star, star + 1,
                   fmt::format("{} AS {}", only_table(between(*query_.from + 1, *query_.behind_from)), row));
    columns_ += fmt::format("(penstock_rows.{}).*", row);
  }

  [[nodiscard]] bool is_column(Words words) const {
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (i % 2 == 0 ? !is_name(tokens_[words[i]]) : text(words[i]) != ".") return false;
    }
    return words.size() % 2 == 1;
  }

  // FROM table [[AS] alias] or FROM (…) [AS] alias, and nothing else.
  [[nodiscard]] std::string only_table(Words from) const {
    std::size_t at = 0;
    std::optional<std::size_t> name;
    if (from.size() > 1 && text(from[0]) == "(" && text(from[1]) == ")") {
      at = 2;
    } else if (!from.empty()) {
      while (at + 2 < from.size() && text(from[at + 1]) == ".") at += 2;
      name = from[at++];
    }
    if (at < from.size() && is_keyword(tokens_[from[at]], "AS")) ++at;
    if (at < from.size()) name = from[at++];
    if (at != from.size() || !name || !is_name(tokens_[*name])) throw refused("of a SELECT * from more than one table");
    return quote_name(name_value(tokens_[*name]));
  }

  [[nodiscard]] bool orders_by_number() const {
    return std::ranges::any_of(between(*query_.order + 1, query_.limit.value_or(query_.end)), [&](std::size_t token) {
      const bool begins = text(token - 1) == "," || is_keyword(tokens_[token - 1], "BY");
      return begins && tokens_[token].kind == TokenKind::number;
    });
  }

  std::span<const Token> tokens_;
  const QueryClauses& query_;
  Edits& edits_;
  std::string columns_;  // of the outer query
};

}  // namespace

void rewrite_qualify(std::span<const Token> tokens, const QueryClauses& query, Edits& edits) {
  Qualify(tokens, query, edits).rewrite();
}

}  // namespace penstock::endpoint
