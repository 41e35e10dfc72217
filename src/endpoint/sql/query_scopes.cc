#include "endpoint/sql/query_scopes.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace penstock::endpoint {
namespace {

using Kind = QueryScope::Kind;

bool is_name(const Token& token) { return token.kind == TokenKind::word || token.kind == TokenKind::quoted_name; }

template <std::size_t count>
bool is_one_of(const Token& token, const std::array<std::string_view, count>& words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return is_keyword(token, word); });
}

// What ends FROM, and every clause behind it.
constexpr auto kClauses =
    std::to_array<std::string_view>({"WHERE", "GROUP", "HAVING", "QUALIFY", "WINDOW", "ORDER", "LIMIT", "OFFSET",
                                     "FETCH", "FOR", "UNION", "INTERSECT", "EXCEPT", "MINUS", "START", "CONNECT"});
// What else may stand behind a table without being its alias.
constexpr auto kNoAlias = std::to_array<std::string_view>(
    {"JOIN", "INNER",       "LEFT",  "RIGHT",   "FULL",   "CROSS",   "NATURAL", "ON",   "USING", "SET",   "WHEN",
     "FROM", "TABLESAMPLE", "PIVOT", "UNPIVOT", "VALUES", "DEFAULT", "SELECT",  "WITH", "INTO",  "REMOVE"});

// Statements that a query may be in.
constexpr auto kStatements = std::to_array<std::string_view>(
    {"SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "EXPLAIN", "DECLARE", "PREPARE"});

class Reader {
 public:
  explicit Reader(std::span<const Token> tokens) : tokens_(tokens) {}

  QueryScopes run() {
    if (!is_one_of(tokens_.front(), kStatements) && tokens_.front().text != "(") return {};  // GRANT SELECT ON s.t
    while (at_ + 1 < tokens_.size()) step();
    return std::move(out_);
  }

 private:
  enum class Part { expression, list, from, set };
  // What is between two parentheses, or the statement itself.
  struct Level {
    std::optional<std::size_t> query;   // whose names are visible here
    std::optional<std::size_t> parent;  // … and in a SELECT that begins here
    bool own = false;                   // the query began here
    Part part = Part::expression;
    bool item_next = false;
    bool in_from = false;  // stands where FROM has a table
    bool using_seen = false;
    FromItem item{};  // what closes with this level, if it is in FROM
  };

  [[nodiscard]] const Token& token(std::size_t at) const { return tokens_[std::min(at, tokens_.size() - 1)]; }
  [[nodiscard]] bool was(std::string_view keyword) const { return at_ > 0 && is_keyword(tokens_[at_ - 1], keyword); }
  [[nodiscard]] bool was_symbol(std::string_view symbol) const { return at_ > 0 && tokens_[at_ - 1].text == symbol; }

  void step() {
    Level& level = levels_.back();
    const Token& now = tokens_[at_];
    if (now.text == "(") {
      open(level.item_next, {});
    } else if (now.text == ")") {
      close();
    } else if (now.text == ",") {
      level.item_next = level.part == Part::from;
      ++at_;
    } else if (is_name(now)) {
      name();
    } else {
      ++at_;
    }
  }

  void open(bool in_from, FromItem item) {
    const Level& outer = levels_.back();
    Level inner{.query = outer.query, .parent = outer.query ? outer.query : outer.parent};
    if (in_from) {
      inner.parent = outer.query ? out_.queries[*outer.query].parent : outer.parent;  // its neighbours are not visible
      inner.in_from = true;
      inner.item_next = !item.name && item.alias.empty();  // not of a function
      inner.part = inner.item_next ? Part::from : Part::expression;
      inner.item = std::move(item);
    }
    levels_.back().item_next = false;
    levels_.push_back(std::move(inner));
    ++at_;
  }

  void close() {
    ++at_;
    if (levels_.size() == 1) return;
    const Level closed = std::move(levels_.back());
    levels_.pop_back();
    if (closed.in_from) finish_item(closed.item);
  }

  void name() {
    Level& level = levels_.back();
    const bool is_qualified = was_symbol(".");
    const bool is_alias = was("AS") && !is_keyword(tokens_[at_], "SELECT");
    if (!is_qualified && !is_alias && keyword(level)) {
      ++at_;
    } else if (level.item_next && level.part == Part::from && level.query) {
      from_item(level);
    } else if (is_qualified || was("AS") || was_symbol("::") || was("COLLATE") || was("INTO") || was("TABLE")) {
      at_ = read_name().last;  // a type, an alias, …
    } else {
      name_in_expression(level);
    }
  }

  // True: the word is one, and what it means for the level is noted.
  bool keyword(Level& level) {
    if (begins_query(level)) return true;
    if (!level.own && level.part != Part::from) return false;
    return is_in_from(level) || is_clause(level);
  }

  bool begins_query(Level& level) {
    const Token& word = tokens_[at_];
    if (is_keyword(word, "SELECT")) return begin(level, Kind::select, Part::list);
    if (level.own || was("FOR") || was("THEN")) return false;
    if (is_keyword(word, "UPDATE")) return begin(level, Kind::update, Part::from);
    if (is_keyword(word, "DELETE")) return begin(level, Kind::erase, Part::from);
    const bool merges = is_keyword(word, "MERGE") && is_keyword(token(at_ + 1), "INTO");
    return merges && begin(level, Kind::merge, Part::from);
  }

  bool is_in_from(Level& level) {
    static constexpr auto kBeforeTable = std::to_array<std::string_view>({"JOIN", "LATERAL", "ONLY"});
    const Token& word = tokens_[at_];
    if (is_keyword(word, "FROM")) {
      if (was("DISTINCT")) return true;  // IS DISTINCT FROM
      level.part = Part::from;
      level.item_next = true;
      return true;
    }
    if (is_keyword(word, "USING")) {
      using_clause(level);
      return true;
    }
    if (level.part != Part::from) return false;
    if (is_one_of(word, kBeforeTable)) level.item_next = true;
    return is_one_of(word, kBeforeTable) || is_keyword(word, "UNPIVOT");
  }

  bool is_clause(Level& level) const {
    const Token& word = tokens_[at_];
    if (is_keyword(word, "SET")) {
      level.part = Part::set;
    } else if (is_keyword(word, "WHEN") || is_keyword(word, "THEN")) {
      if (level.part == Part::set) level.part = Part::expression;
    } else if (is_one_of(word, kClauses)) {
      level.part = Part::expression;
      level.item_next = false;
    } else {
      return is_keyword(word, "INTO") || is_keyword(word, "ON");
    }
    return true;
  }

  // DELETE FROM t USING u and MERGE INTO t USING u read u; a JOIN's USING lists columns.
  void using_clause(Level& level) const {
    const Kind kind = level.query ? out_.queries[*level.query].kind : Kind::select;
    level.item_next = !level.using_seen && (kind == Kind::erase || kind == Kind::merge);
    level.using_seen = true;
    if (level.item_next) level.part = Part::from;
  }

  bool begin(Level& level, Kind kind, Part part) {
    out_.queries.push_back({.kind = kind, .parent = level.parent, .items = {}});
    level.query = out_.queries.size() - 1;
    level.own = true;
    level.part = part;
    level.item_next = part == Part::from;
    return true;
  }

  void from_item(Level& level) {
    FromItem item;
    item.unpivot = was("UNPIVOT");
    item.outer_right = joins_to_the_right();
    DottedName name = read_name();
    at_ = name.last;
    level.item_next = false;
    if (token(at_).text == "(") {  // a function
      item.alias = name_value(tokens_[name.steps.back().token]);
      return open(true, std::move(item));
    }
    item.name = std::move(name);
    finish_item(std::move(item));
  }

  [[nodiscard]] bool joins_to_the_right() const {
    std::size_t at = at_;
    while (at > 0 && (is_keyword(tokens_[at - 1], "LATERAL") || is_keyword(tokens_[at - 1], "UNPIVOT"))) --at;
    if (at == 0 || !is_keyword(tokens_[at - 1], "JOIN")) return false;
    --at;
    if (at > 0 && is_keyword(tokens_[at - 1], "OUTER")) --at;
    return at > 0 && (is_keyword(tokens_[at - 1], "RIGHT") || is_keyword(tokens_[at - 1], "FULL"));
  }

  // [[AS] alias] [AT place]
  void finish_item(FromItem item) {
    const bool as = is_keyword(token(at_), "AS") && is_name(token(at_ + 1));
    if (as) ++at_;
    const Token& alias = token(at_);
    if (as || (may_be_alias(alias) && !at_place())) {
      item.alias = name_value(alias);
      ++at_;
    }
    if (item.name && at_place()) {
      item.place = name_value(token(at_ + 1));
      at_ += 2;
    }
    item.behind = at_;
    const auto query = levels_.back().query;
    if (query) out_.queries[*query].items.push_back(std::move(item));
  }

  static bool may_be_alias(const Token& token) {
    return is_name(token) && !is_one_of(token, kClauses) && !is_one_of(token, kNoAlias);
  }
  [[nodiscard]] bool at_place() const { return is_keyword(token(at_), "AT") && may_be_alias(token(at_ + 1)); }

  void name_in_expression(Level& level) {
    const bool behind_top = at_ > 1 && is_keyword(tokens_[at_ - 2], "TOP");
    const bool list_begins = was("SELECT") || was("ALL") || was("DISTINCT") || was_symbol(",") || behind_top;
    const bool begins_item = level.part == Part::list && list_begins;
    const bool is_target = level.part == Part::set && level.own && (was("SET") || was_symbol(","));
    DottedName name = read_name();
    at_ = name.last;
    const bool is_function = token(at_).text == "(";
    const bool is_star = token(at_).text == "." && token(at_ + 1).text == "*";
    if (!level.query || is_function || is_star || is_target || name.steps.size() == 1) return;
    out_.names.push_back({.name = std::move(name), .scope = *level.query, .begins_item = begins_item});
  }

  [[nodiscard]] DottedName read_name() const {
    DottedName out{.first = at_, .last = at_ + 1, .steps = {{.token = at_}}};
    if (is_keyword(tokens_[at_], "ARRAY")) return out;  // PostgreSQL's ARRAY[…]
    while (true) {
      if (token(out.last).text == "." && is_name(token(out.last + 1))) {
        out.steps.push_back({.token = out.last + 1});
        out.last += 2;
      } else if (token(out.last).text == "[" && is_number(token(out.last + 1)) && token(out.last + 2).text == "]") {
        out.steps.push_back({.token = out.last + 1, .index = true});
        out.last += 3;
      } else {
        return out;
      }
    }
  }

  static bool is_number(const Token& token) {
    return token.kind == TokenKind::number &&
           std::ranges::all_of(token.text, [](char c) { return c >= '0' && c <= '9'; });
  }

  std::span<const Token> tokens_;
  std::size_t at_ = 0;
  std::vector<Level> levels_{1};
  QueryScopes out_;
};

}  // namespace

std::size_t DottedName::names() const {
  return static_cast<std::size_t>(std::ranges::find(steps, true, &Step::index) - steps.begin());
}

QueryScopes read_query_scopes(std::span<const Token> tokens) { return Reader(tokens).run(); }

}  // namespace penstock::endpoint
