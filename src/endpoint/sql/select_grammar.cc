#include "endpoint/sql/select_grammar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "base/text.h"
#include "endpoint/sql/sql_error.h"

namespace penstock::endpoint {
namespace {

using Tokens = std::span<const Token>;

struct Range {
  std::size_t first = 0;
  std::size_t last = 0;  // excluded
};

template <std::size_t count>
bool is_one_of(const Token& token, const std::array<std::string_view, count>& words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return is_keyword(token, word); });
}

bool is_name(const Token& token) { return token.kind == TokenKind::word || token.kind == TokenKind::quoted_name; }

// What ends a part of a query, and what may stand behind a table in FROM in place of an alias.
constexpr auto kClauses = std::to_array<std::string_view>(
    {"FROM", "WHERE", "GROUP", "HAVING", "QUALIFY", "WINDOW", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR"});
constexpr auto kSetOperators = std::to_array<std::string_view>({"UNION", "INTERSECT", "EXCEPT", "MINUS"});
constexpr auto kJoins = std::to_array<std::string_view>(
    {"JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL", "ON", "USING", "RETURNING", "SET", "WHEN"});

// One SELECT … up to a set operator, a closing parenthesis or the end.
struct Query {
  std::size_t select = 0;
  std::size_t end = 0;
  std::vector<Range> items;
  std::optional<Range> from;
  std::optional<Range> where;
  std::optional<Range> qualify;
};

class SelectGrammar {
 public:
  SelectGrammar(std::string_view text, Tokens tokens, const Aliases& resolved)
      : text_(text), tokens_(tokens), resolved_(resolved), closes_(tokens.size(), 0) {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (tokens[i].text == "(") open.push_back(i);
      if (tokens[i].text == ")" && !open.empty()) {
        closes_[open.back()] = i;
        open.pop_back();
      }
    }
    balanced_ = open.empty();
  }

  PlainSelect run() {
    if (!balanced_) return {};  // PostgreSQL's to refuse
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (is_keyword(tokens_[i], "MINUS") && i + 1 < tokens_.size() &&
          (is_keyword(tokens_[i + 1], "SELECT") || tokens_[i + 1].text == "(") && i > 0 && tokens_[i - 1].text != ".") {
        replace(i, "EXCEPT");
      }
      if (!is_keyword(tokens_[i], "SELECT") || (i > 0 && tokens_[i - 1].text == ".")) continue;
      const Query query = read(i);
      if (query.from) name_subqueries(*query.from);
      refuse_leader_functions(query);
      make_condition_boolean(query);
      move_top(query);
      resolve_aliases(query);
    }
    if (edits_.empty()) return {.text = {}, .open = std::move(open_)};
    return {.text = spliced({0, tokens_.size()}), .open = std::move(open_)};
  }

 private:
  // ---- reading

  // WITH NO SCHEMA BINDING
  [[nodiscard]] bool ends_view(std::size_t i) const {
    return i + 2 < tokens_.size() && is_keyword(tokens_[i], "WITH") && is_keyword(tokens_[i + 1], "NO") &&
           is_keyword(tokens_[i + 2], "SCHEMA");
  }

  [[nodiscard]] Query read(std::size_t select) const {
    Query query{.select = select, .end = select + 1, .items = {}, .from = {}, .where = {}, .qualify = {}};
    std::size_t i = select + 1;
    if (i < tokens_.size() && (is_keyword(tokens_[i], "DISTINCT") || is_keyword(tokens_[i], "ALL"))) ++i;
    std::size_t part = i;  // where the part that is being read begins
    std::string_view clause = "SELECT";
    const auto finish = [&](std::size_t at) {
      if (clause == "SELECT" && part < at) query.items.push_back({part, at});
      if (clause == "FROM") query.from = Range{part, at};
      if (clause == "WHERE") query.where = Range{part, at};
      if (clause == "QUALIFY") query.qualify = Range{part, at};
    };
    for (; i < tokens_.size(); ++i) {
      const Token& token = tokens_[i];
      if (token.text == "(") {
        i = closes_[i];
        continue;
      }
      const bool name = i > 0 && (tokens_[i - 1].text == "." || is_keyword(tokens_[i - 1], "AS"));
      if (token.text == ")" || token.kind == TokenKind::end || token.kind == TokenKind::semicolon ||
          (!name && (is_one_of(token, kSetOperators) || ends_view(i)))) {
        break;
      }
      if (clause == "SELECT" && token.text == ",") {
        finish(i);
        part = i + 1;
        continue;
      }
      const bool distinct_from = is_keyword(token, "FROM") && is_keyword(tokens_[i - 1], "DISTINCT");
      const auto* const found = std::ranges::find_if(kClauses, [&](auto word) { return is_keyword(token, word); });
      if (name || distinct_from || found == kClauses.end()) continue;
      finish(i);
      clause = *found;
      part = i + 1;
    }
    finish(i);
    query.end = i;
    return query;
  }

  // ---- subqueries without an alias

  [[nodiscard]] bool is_query(std::size_t open) const {
    const Token& first = tokens_[open + 1];
    if (is_keyword(first, "SELECT") || is_keyword(first, "WITH") || is_keyword(first, "VALUES")) return true;
    if (first.text != "(" || !is_query(open + 1)) return false;
    const std::size_t behind = closes_[open + 1] + 1;  // of a join, a table would have its alias here
    return tokens_[behind].text == ")" || is_one_of(tokens_[behind], kSetOperators);
  }

  void name_subqueries(Range from) {
    bool table_next = true;
    for (std::size_t i = from.first; i < from.last; ++i) {
      if (tokens_[i].text == "(") {
        const std::size_t close = closes_[i];
        if (table_next && is_query(i)) {
          const Token& behind = tokens_[close + 1];
          const bool has_alias = is_name(behind) && !is_one_of(behind, kClauses) && !is_one_of(behind, kSetOperators) &&
                                 !is_one_of(behind, kJoins);
          if (!has_alias) insert_behind(close, fmt::format(" AS penstock_subquery_{}", ++subqueries_));
        } else if (table_next) {
          name_subqueries(Range{i + 1, close});  // a join in parentheses
        }
        i = close;
        table_next = false;
      } else {
        table_next = tokens_[i].text == "," || is_keyword(tokens_[i], "JOIN") || is_keyword(tokens_[i], "LATERAL");
      }
    }
  }

  // ---- WHERE 1, TOP

  void make_condition_boolean(const Query& query) {
    if (!query.where || query.where->first >= query.where->last) return;
    const Token& first = tokens_[query.where->first];
    const Token& behind = tokens_[query.where->first + 1];
    const bool alone = query.where->last == query.where->first + 1;
    if (first.kind != TokenKind::number || (first.text != "1" && first.text != "0")) return;
    if (alone || is_keyword(behind, "AND") || is_keyword(behind, "OR")) {
      replace(query.where->first, first.text == "1" ? "true" : "false");
    }
  }

  void move_top(const Query& query) {
    const std::size_t top = query.select + 1;
    if (!is_keyword(tokens_[top], "TOP") || tokens_[top + 1].kind != TokenKind::number) return;
    const std::size_t all = query.select > 1 && (is_keyword(tokens_[query.select - 1], "ALL") ||
                                                 is_keyword(tokens_[query.select - 1], "DISTINCT"))
                                ? 2
                                : 1;
    const bool follows_another = query.select >= all && is_one_of(tokens_[query.select - all], kSetOperators);
    if (follows_another || is_one_of(tokens_[query.end], kSetOperators)) return;  // LIMIT would be that of the whole
    replace(top, "");
    replace(top + 1, "");
    insert_behind(query.end - 1, fmt::format(" LIMIT {}", tokens_[top + 1].text));
  }

  // ---- what FROM names

  struct Source {
    std::string schema{};
    std::string name{};
    bool is_function = false;
    bool is_query = false;  // in parentheses, and without a name here
  };

  // Whether one of them, in parentheses too, is wanted.
  template <typename Wanted>
  [[nodiscard]] bool any_of_from(Range from, const Wanted& is_wanted) const {
    bool source_next = true;
    for (std::size_t i = from.first; i < from.last; ++i) {
      if (source_next && is_name(tokens_[i])) {
        Source source;
        while (i + 2 < from.last && tokens_[i + 1].text == ".") {
          source.schema = name_value(tokens_[i]);
          i += 2;
        }
        source.name = name_value(tokens_[i]);
        source.is_function = i + 1 < tokens_.size() && tokens_[i + 1].text == "(";
        if (is_wanted(source)) return true;
        source_next = false;
      } else if (tokens_[i].text == "(") {
        if (source_next &&
            (is_query(i) ? is_wanted(Source{.is_query = true}) : any_of_from({i + 1, closes_[i]}, is_wanted))) {
          return true;
        }
        i = closes_[i];
        source_next = false;
      } else {
        source_next = tokens_[i].text == "," || is_keyword(tokens_[i], "JOIN");
      }
    }
    return false;
  }

  // ---- what only the leader node has

  // The name given to a query by WITH.
  [[nodiscard]] bool is_common_table(std::string_view name) const {
    for (std::size_t i = 0; i + 2 < tokens_.size(); ++i) {
      if (!is_name(tokens_[i]) || name_value(tokens_[i]) != name) continue;
      const std::size_t as = tokens_[i + 1].text == "(" ? closes_[i + 1] + 1 : i + 1;
      if (as + 1 < tokens_.size() && is_keyword(tokens_[as], "AS") && tokens_[as + 1].text == "(") return true;
    }
    return false;
  }

  [[nodiscard]] bool reads_a_users_table(Range from) const {
    return any_of_from(from, [&](const Source& source) {
      return !source.is_query && !source.is_function && !is_of_the_system(source.schema, source.name) &&
             !is_common_table(source.name);
    });
  }

  void refuse_leader_functions(const Query& query) const {
    if (!query.from || !reads_a_users_table(*query.from)) return;
    for (const Range item : query.items) refuse_leader_functions(item);
    if (query.where) refuse_leader_functions(*query.where);
  }

  void refuse_leader_functions(Range range) const {
    static constexpr auto kFunctions =
        std::to_array<std::string_view>({"AGE", "CURRENT_SCHEMA", "CURRENT_SCHEMAS", "GETBIT", "GET_BIT", "GET_BYTE",
                                         "HAS_DATABASE_PRIVILEGE", "HAS_SCHEMA_PRIVILEGE", "HAS_TABLE_PRIVILEGE",
                                         "ISFINITE", "NOW", "SET_BIT", "SET_BYTE", "TO_ASCII", "VERSION"});
    static constexpr auto kWords = std::to_array<std::string_view>({"CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME"});
    for (std::size_t i = range.first; i < range.last; ++i) {
      if (tokens_[i].text == "(" && is_query(i)) i = closes_[i];
      const bool qualified =
          i > 0 && tokens_[i - 1].text == "." && !(i > 1 && is_keyword(tokens_[i - 2], "PG_CATALOG"));
      const bool given = i > 0 && is_keyword(tokens_[i - 1], "AS");
      const bool called = i + 1 < tokens_.size() && tokens_[i + 1].text == "(";
      if (qualified || given || !((called && is_one_of(tokens_[i], kFunctions)) || is_one_of(tokens_[i], kWords))) {
        continue;
      }
      throw SqlError("0A000", "Specified types or functions (one per INFO message) not supported on Redshift tables.",
                     fmt::format("Function \"{}()\" not supported.", name_value(tokens_[i])));
    }
  }

  // ---- aliases

  [[nodiscard]] bool is_of_the_system(const std::string& schema, const std::string& name) const {
    static constexpr auto kFamilies = std::to_array<std::string_view>({"pg_", "svv_", "svl_", "stl_", "stv_", "sys_"});
    return schema == "pg_catalog" || schema == "information_schema" ||
           std::ranges::any_of(kFamilies, [&](std::string_view family) { return name.starts_with(family); });
  }

  [[nodiscard]] bool reads_only_the_system(Range from) const {
    return !any_of_from(
        from, [&](const Source& source) { return source.is_query || !is_of_the_system(source.schema, source.name); });
  }

  struct Item {
    Range expression;
    std::optional<std::string> alias;
  };

  // Without AS: what stands before it ends an expression.
  [[nodiscard]] bool is_bare_alias(std::size_t i) const {
    static constexpr auto kEnds = std::to_array<std::string_view>({"END", "NULL", "TRUE", "FALSE", "UNKNOWN"});
    static constexpr auto kOperators = std::to_array<std::string_view>(
        {"AND", "OR", "NOT", "IS", "IN", "LIKE", "ILIKE", "BETWEEN", "THEN", "ELSE", "WHEN", "CASE", "ZONE", "TO"});
    if (!is_name(tokens_[i]) || is_one_of(tokens_[i], kEnds)) return false;
    const Token& before = tokens_[i - 1];
    if (is_name(before)) return !is_one_of(before, kOperators);
    return before.kind == TokenKind::number || before.kind == TokenKind::string || before.text == ")" ||
           before.text == "]";
  }

  [[nodiscard]] Item read_item(Range item) const {
    if (item.last >= item.first + 3 && is_keyword(tokens_[item.last - 2], "AS") && is_name(tokens_[item.last - 1])) {
      return {.expression = {item.first, item.last - 2}, .alias = name_value(tokens_[item.last - 1])};
    }
    if (item.last >= item.first + 2 && is_bare_alias(item.last - 1)) {
      return {.expression = {item.first, item.last - 1}, .alias = name_value(tokens_[item.last - 1])};
    }
    return {.expression = item, .alias = {}};
  }

  // The places where the alias is used as a value; subqueries have names of their own.
  template <typename Use>
  void for_each_use(Range range, const std::string& alias, const Use& use) const {
    for (std::size_t i = range.first; i < range.last; ++i) {
      if (tokens_[i].text == "(" && is_query(i)) {
        i = closes_[i];
        continue;
      }
      if (!is_name(tokens_[i]) || name_value(tokens_[i]) != alias) continue;
      const bool part_of_a_name = (i > 0 && (tokens_[i - 1].text == "." || tokens_[i - 1].text == "::")) ||
                                  tokens_[i + 1].text == "." || tokens_[i + 1].text == "(";
      if (!part_of_a_name) use(i);
    }
  }

  [[nodiscard]] bool has_window(Range range) const {
    const auto tokens = tokens_.subspan(range.first, range.last - range.first);
    return std::ranges::any_of(tokens, [](const Token& token) { return is_keyword(token, "OVER"); });
  }

  void resolve_aliases(const Query& query) {
    const bool may_be_columns = query.from && !reads_only_the_system(*query.from);
    for (std::size_t n = 0; n < query.items.size(); ++n) {
      const Item item = read_item(query.items[n]);
      if (!item.alias) continue;
      bool column = false;  // an expression of the name that it is given uses a column
      for_each_use(item.expression, *item.alias, [&](std::size_t) { column = true; });
      if (column) continue;
      const bool known = !may_be_columns || resolved_.contains(*item.alias);
      const std::string value = known ? fmt::format("({})", spliced(item.expression)) : std::string();
      const auto use = [&](std::size_t i) {
        if (known) {
          replace(i, value);
        } else {
          open_.insert(*item.alias);
        }
      };
      for (std::size_t later = n + 1; later < query.items.size(); ++later) {
        for_each_use(read_item(query.items[later]).expression, *item.alias, use);
      }
      if (query.where) for_each_use(*query.where, *item.alias, use);
      // A window has no other name: there the alias is meant whatever the columns are.
      if (query.qualify && has_window(item.expression)) {
        const std::string window = fmt::format("({})", spliced(item.expression));
        for_each_use(*query.qualify, *item.alias, [&](std::size_t i) { replace(i, window); });
      } else if (query.qualify) {
        for_each_use(*query.qualify, *item.alias, use);
      }
    }
  }

  // ---- writing

  struct Edit {
    std::optional<std::string> by;
    std::string behind;
  };

  void replace(std::size_t token, std::string by) {
    if (!edits_[token].by) edits_[token].by = std::move(by);  // of two items of one alias the first
  }
  void insert_behind(std::size_t token, const std::string& text) { edits_[token].behind += text; }

  [[nodiscard]] std::string spliced(Range range) const {
    std::string out;
    std::size_t behind = range.first == 0 ? 0 : tokens_[range.first].offset;
    for (std::size_t i = range.first; i < range.last; ++i) {
      const Token& token = tokens_[i];
      out += text_.substr(behind, token.offset - behind);
      behind = token.offset + token.text.size();
      const auto edit = edits_.find(i);
      out += edit != edits_.end() && edit->second.by ? *edit->second.by : std::string(token.text);
      if (edit != edits_.end()) out += edit->second.behind;
    }
    return out;
  }

  std::string_view text_;
  Tokens tokens_;
  const Aliases& resolved_;
  Aliases open_;
  std::vector<std::size_t> closes_;  // by an opening parenthesis: the closing one
  bool balanced_ = true;
  int subqueries_ = 0;
  std::map<std::size_t, Edit> edits_;
};

}  // namespace

PlainSelect plain_select(std::string_view text, std::span<const Token> tokens, const Aliases& resolved) {
  const auto is_select = [](const Token& token) { return is_keyword(token, "SELECT"); };
  if (std::ranges::none_of(tokens, is_select)) return {};
  return SelectGrammar(text, tokens, resolved).run();
}

}  // namespace penstock::endpoint
