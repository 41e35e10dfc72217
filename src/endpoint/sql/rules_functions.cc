#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "endpoint/sql/column_definition.h"
#include "endpoint/sql/function_rules.h"
#include "endpoint/sql/sql_error.h"
#include "endpoint/sql/token_reader.h"

namespace penstock::endpoint {
namespace {

using Tokens = std::span<const Token>;

struct Range {
  std::size_t first = 0;
  std::size_t last = 0;  // excluded
  [[nodiscard]] bool empty() const { return first >= last; }
};

// name ( argument, … )
struct Call {
  std::size_t name = 0;
  std::size_t close = 0;  // the closing parenthesis
  bool qualified = false;
  std::vector<Range> arguments;
};

bool is_symbol(const Token& token, char symbol) {
  return token.kind == TokenKind::symbol && token.text.size() == 1 && token.text[0] == symbol;
}

// Where each parenthesis is closed.
class Closings {
 public:
  explicit Closings(Tokens tokens) : at_(tokens.size()) {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (is_symbol(tokens[i], '(')) {
        open.push_back(i);
        // deeper than PostgreSQL's own parser goes, and each level is read with all that is inside of it
        if (open.size() > kDeepest) throw SqlError("54001", "stack depth limit exceeded");
      } else if (is_symbol(tokens[i], ')') && !open.empty()) {
        at_[open.back()] = i;
        open.pop_back();
      }
    }
  }
  [[nodiscard]] std::optional<std::size_t> of(std::size_t open) const {
    return at_[open] == 0 ? std::nullopt : std::optional(at_[open]);
  }

 private:
  static constexpr std::size_t kDeepest = 10'000;
  std::vector<std::size_t> at_;  // 0: nowhere
};

// A name behind these is that of something to be made or found, whatever stands behind it.
bool names_a_relation(const Token& before) {
  static constexpr auto kWords =
      std::to_array<std::string_view>({"TABLE", "INTO", "UPDATE", "VIEW", "EXISTS", "JOIN", "FUNCTION", "PROCEDURE",
                                       "REFERENCES", "COPY", "AS", "CALL", "ONLY", "USING"});
  return std::ranges::any_of(kWords, [&](std::string_view word) { return is_keyword(before, word); });
}

// Qualified by nothing, or by pg_catalog. (`with_parentheses` false: SYSDATE and the like.)
bool stands_for_a_function(Tokens tokens, std::size_t i) {
  if (i == 0) return true;
  if (tokens[i - 1].text == ".") return i > 1 && name_value(tokens[i - 2]) == "pg_catalog";
  return !names_a_relation(tokens[i - 1]);
}

bool begins_call(Tokens tokens, std::size_t name) {
  return name + 1 < tokens.size() && is_symbol(tokens[name + 1], '(') && stands_for_a_function(tokens, name);
}

Call read_call(Tokens tokens, std::size_t name, std::size_t close) {
  Call call{.name = name, .close = close, .qualified = name > 0 && tokens[name - 1].text == ".", .arguments = {}};
  int depth = 0;
  Range argument{name + 2, name + 2};
  for (std::size_t i = name + 2; i < close; ++i) {
    if (is_symbol(tokens[i], '(') || is_symbol(tokens[i], '[')) ++depth;
    if (is_symbol(tokens[i], ')') || is_symbol(tokens[i], ']')) --depth;
    if (depth == 0 && is_symbol(tokens[i], ',')) {
      call.arguments.push_back({argument.first, i});
      argument.first = i + 1;
    }
  }
  if (argument.first < close || !call.arguments.empty()) call.arguments.push_back({argument.first, close});
  return call;
}

class FunctionRewriter {
 public:
  FunctionRewriter(Tokens tokens, Edits& edits) : tokens_(tokens), edits_(edits), closings_(tokens) {}

  // From the end: what is inside of a call is done before the call.
  void run() {
    for (std::size_t i = tokens_.size(); i-- > 0;) {
      if (tokens_[i].kind != TokenKind::word) continue;
      if (const auto close = begins_call(tokens_, i) ? closings_.of(i + 1) : std::nullopt) {
        rewrite_call(i, *close);
      } else {
        rewrite_word(i);
      }
    }
  }

 private:
  struct Rule {
    std::string_view name;
    void (FunctionRewriter::*apply)(const Call& call);
  };
  static constexpr auto rules() {
    using Self = FunctionRewriter;
    return std::to_array<Rule>({
        {"DATEADD", &Self::date_add},
        {"DATE_ADD", &Self::date_add},
        {"DATEDIFF", &Self::date_diff},
        {"DATE_DIFF", &Self::date_diff},
        {"DATE_PART", &Self::date_part},
        {"PGDATE_PART", &Self::date_part},
        {"EXTRACT", &Self::extract},
        {"NVL", &Self::coalesce},
        {"ISNULL", &Self::coalesce},
        {"NVL2", &Self::nvl2},
        {"DECODE", &Self::decode},
        {"CONVERT", &Self::convert},
        {"TRY_CAST", &Self::try_cast},
        {"COLLATE", &Self::collate},
        {"ARRAY", &Self::of_super_parts},
        {"OBJECT", &Self::of_super_parts},
        {"LISTAGG", &Self::listagg},
        {"MEDIAN", &Self::of_user_tables},
        {"PERCENTILE_CONT", &Self::percentile_cont},
        {"PERCENTILE_DISC", &Self::percentile_disc},
        {"RATIO_TO_REPORT", &Self::ratio_to_report},
        {"AVG", &Self::window_aggregate},
        {"COUNT", &Self::window_aggregate},
        {"MAX", &Self::window_aggregate},
        {"MIN", &Self::window_aggregate},
        {"SUM", &Self::window_aggregate},
        {"STDDEV", &Self::window_aggregate},
        {"STDDEV_POP", &Self::window_aggregate},
        {"STDDEV_SAMP", &Self::window_aggregate},
        {"VARIANCE", &Self::window_aggregate},
        {"VAR_POP", &Self::window_aggregate},
        {"VAR_SAMP", &Self::window_aggregate},
    });
  }

  void rewrite_call(std::size_t name, std::size_t close) {
    static constexpr auto kRules = rules();
    const auto rule =
        std::ranges::find_if(kRules, [&](const Rule& each) { return is_keyword(tokens_[name], each.name); });
    if (rule != kRules.end()) (this->*rule->apply)(read_call(tokens_, name, close));
  }

  // Functions that are written without parentheses.
  void rewrite_word(std::size_t i) {
    static constexpr auto kWords = std::to_array<std::pair<std::string_view, std::string_view>>({
        {"SYSDATE", "pg_catalog.sysdate()"},
        {"CURRENT_DATE", "pg_catalog.date(pg_catalog.transaction_timestamp())"},
        {"CURRENT_USER_ID", "pg_catalog.current_user_id()"},
        {"CURRENT_AWS_ACCOUNT", "pg_catalog.current_aws_account()"},
        {"CURRENT_NAMESPACE", "pg_catalog.current_namespace()"},
    });
    if (is_keyword(tokens_[i], "APPROXIMATE") && i + 1 < tokens_.size() &&
        (is_keyword(tokens_[i + 1], "COUNT") || is_keyword(tokens_[i + 1], "PERCENTILE_DISC"))) {
      edits_.imply(i, i + 1, "");
      return;
    }
    const auto word =
        std::ranges::find_if(kWords, [&](const auto& each) { return is_keyword(tokens_[i], each.first); });
    const bool behind_a_dot = i > 0 && tokens_[i - 1].text == ".";
    const bool called = i + 1 < tokens_.size() && is_symbol(tokens_[i + 1], '(');
    if (word != kWords.end() && !behind_a_dot && !called && stands_for_a_function(tokens_, i)) {
      edits_.imply(i, i + 1, word->second);
    }
  }

  // ---- what the rules are made of

  [[nodiscard]] std::string text(Range range) const { return edits_.rendered(range.first, range.last); }

  void rename(const Call& call, std::string_view name) {
    edits_.imply(call.name, call.name + 1, call.qualified ? std::string(name) : fmt::format("pg_catalog.{}", name));
  }

  // From the name on; what qualified it goes, too.
  void replace(const Call& call, std::size_t last, std::string_view by) {
    edits_.imply(call.qualified ? call.name - 2 : call.name, last, by);
  }

  void quote_date_part(Range part) {
    if (part.last != part.first + 1) return;
    const Token& token = tokens_[part.first];
    if (token.kind != TokenKind::word && token.kind != TokenKind::quoted_name) return;
    edits_.imply(part.first, part.last, quote_literal(name_value(token)));
  }

  void read_type(std::size_t at) {
    TokenReader reader(tokens_, at);
    rewrite_cast_type(reader, edits_);
  }

  [[nodiscard]] bool at_word(std::size_t i, std::string_view word) const {
    return i < tokens_.size() && is_keyword(tokens_[i], word);
  }

  // [WITHIN GROUP (ORDER BY …)] at i: what is to be ordered by; i goes behind it.
  std::optional<Range> within_group(std::size_t& i) const {
    if (!at_word(i, "WITHIN") || !at_word(i + 1, "GROUP") || i + 2 >= tokens_.size()) return std::nullopt;
    const auto close = closings_.of(i + 2);
    if (!close || !at_word(i + 3, "ORDER") || !at_word(i + 4, "BY")) return std::nullopt;
    const Range order{i + 5, *close};
    i = *close + 1;
    return order;
  }

  // [OVER (…)] at i: what is between the parentheses.
  [[nodiscard]] std::optional<Range> over(std::size_t i) const {
    if (!at_word(i, "OVER") || i + 1 >= tokens_.size() || !is_symbol(tokens_[i + 1], '(')) return std::nullopt;
    const auto close = closings_.of(i + 1);
    if (!close) return std::nullopt;
    return Range{i + 2, *close};
  }

  [[nodiscard]] bool contains(Range range, std::string_view word) const {
    return std::ranges::any_of(tokens_.subspan(range.first, range.last - range.first),
                               [&](const Token& token) { return is_keyword(token, word); });
  }

  // ---- the rules

  void date_add(const Call& call) {
    if (call.arguments.size() != 3) return;
    rename(call, "date_add");
    quote_date_part(call.arguments[0]);
  }

  void date_diff(const Call& call) {
    if (call.arguments.size() != 3) return;
    rename(call, "date_diff");
    quote_date_part(call.arguments[0]);
  }

  void date_part(const Call& call) {
    if (call.arguments.size() != 2) return;
    rename(call, "pgdate_part");
    quote_date_part(call.arguments[0]);
  }

  void extract(const Call& call) {
    const std::size_t part = call.name + 2;
    if (!at_word(part + 1, "FROM")) return;
    rename(call, "date_part");
    quote_date_part({part, part + 1});
    edits_.imply(part + 1, part + 2, ",");
  }

  void coalesce(const Call& call) {
    if (!call.qualified) edits_.imply(call.name, call.name + 1, "coalesce");
  }

  // ARRAY(1, 'a', …) and OBJECT('k', 1, …): arguments of any scalar type, each a part of the SUPER. ARRAY(SELECT …) is
  // PostgreSQL's.
  void of_super_parts(const Call& call) {
    if (call.qualified) return;
    const bool array = is_keyword(tokens_[call.name], "ARRAY");
    if (!call.arguments.empty()) {
      std::size_t first = call.arguments.front().first;
      while (is_symbol(tokens_[first], '(')) ++first;
      if (array && (is_keyword(tokens_[first], "SELECT") || is_keyword(tokens_[first], "WITH"))) return;
    }
    std::string parts;
    for (const Range& argument : call.arguments) {
      parts += fmt::format("{}pg_catalog.penstock_part({})", parts.empty() ? "" : ", ", text(argument));
    }
    replace(call, call.close + 1, fmt::format("pg_catalog.{}({})", array ? "array" : "object", parts));
  }

  void nvl2(const Call& call) {
    if (call.arguments.size() != 3) return;
    replace(call, call.close + 1,
            fmt::format("CASE WHEN ({}) IS NOT NULL THEN {} ELSE {} END", text(call.arguments[0]),
                        text(call.arguments[1]), text(call.arguments[2])));
  }

  // Two NULLs are equal to DECODE. With two arguments it is PostgreSQL's, of encoded bytes.
  void decode(const Call& call) {
    const auto& arguments = call.arguments;
    if (arguments.size() < 3) return;
    std::string out = "CASE";
    const std::string value = text(arguments[0]);
    std::size_t i = 1;
    for (; i + 1 < arguments.size(); i += 2) {
      out += fmt::format(" WHEN ({}) IS NOT DISTINCT FROM ({}) THEN {}", value, text(arguments[i]),
                         text(arguments[i + 1]));
    }
    if (i < arguments.size()) out += fmt::format(" ELSE {}", text(arguments[i]));
    replace(call, call.close + 1, out + " END");
  }

  void convert(const Call& call) {
    if (call.arguments.size() != 2) return;
    read_type(call.arguments[0].first);
    replace(call, call.close + 1, fmt::format("CAST({} AS {})", text(call.arguments[1]), text(call.arguments[0])));
  }

  void try_cast(const Call& call) {
    if (call.arguments.empty()) return;
    const Range whole{call.arguments.front().first, call.arguments.back().last};
    int depth = 0;
    for (std::size_t i = whole.first; i < whole.last; ++i) {
      if (is_symbol(tokens_[i], '(')) ++depth;
      if (is_symbol(tokens_[i], ')')) --depth;
      if (depth > 0 || !is_keyword(tokens_[i], "AS")) continue;
      read_type(i + 1);
      const std::string type = text({i + 1, whole.last});
      replace(call, call.close + 1,
              fmt::format("pg_catalog.penstock_try_cast(({})::text, {}, NULL::{})", text({whole.first, i}),
                          quote_literal(type), type));
      return;
    }
  }

  void collate(const Call& call) {
    if (call.arguments.size() != 2) return;
    const Token& name = tokens_[call.arguments[1].first];
    const std::string collation = name.kind == TokenKind::string ? lower(string_value(name)) : std::string();
    if (collation != "case_sensitive" && collation != "cs") throw not_supported("COLLATE(…, 'case_insensitive')");
    replace(call, call.close + 1, fmt::format("({})", text(call.arguments[0])));
  }

  // These are computed where the tables are: a query without one can't have them.
  void of_user_tables(const Call& /*call*/) {
    if (!reads_a_table_) reads_a_table_ = reads_a_table();
    if (*reads_a_table_) return;
    throw SqlError("0A000",
                   "One or more of the used functions must be applied on at least one user created table. Examples of "
                   "user table only functions are LISTAGG, MEDIAN, PERCENTILE_CONT, etc");
  }

  [[nodiscard]] bool reads_a_table() const {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const bool of_extract = i > 2 && is_symbol(tokens_[i - 2], '(') && is_keyword(tokens_[i - 3], "EXTRACT");
      if (is_keyword(tokens_[i], "FROM") && !of_extract) return true;
    }
    return false;
  }

  void listagg(const Call& call) {
    if (call.arguments.empty() || call.arguments.size() > 2) return;
    of_user_tables(call);
    std::size_t end = call.close + 1;
    const auto order = within_group(end);
    const auto window = over(end);
    std::string arguments = text(call.arguments[0]);
    arguments += ", ";
    arguments += call.arguments.size() == 2 ? text(call.arguments[1]) : "''";
    if (!window) {
      if (order) arguments += " ORDER BY " + text(*order);
      replace(call, end, fmt::format("pg_catalog.listagg({})", arguments));
      return;
    }
    if (contains(call.arguments[0], "DISTINCT")) throw not_supported("LISTAGG(DISTINCT …) OVER");
    std::string frame = text(*window);
    if (order) {
      frame += fmt::format(" ORDER BY {} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING", text(*order));
    }
    replace(call, window->last + 1, fmt::format("pg_catalog.listagg({}) OVER ({})", arguments, frame));
  }

  void percentile_cont(const Call& call) {
    std::size_t end = call.close + 1;
    auto order = within_group(end);
    if (call.arguments.size() != 1 || !order) return;
    of_user_tables(call);
    std::string fraction = fmt::format("({})::numeric", text(call.arguments[0]));
    for (std::size_t i = order->first; i < order->last; ++i) {
      if (is_keyword(tokens_[i], "DESC")) fraction = "1 - " + fraction;
      if (!is_keyword(tokens_[i], "ASC") && !is_keyword(tokens_[i], "DESC") && !is_keyword(tokens_[i], "NULLS"))
        continue;
      order->last = i;
    }
    replace(call, end, fmt::format("pg_catalog.percentile_cont({}, {})", fraction, text(*order)));
  }

  void percentile_disc(const Call& call) {
    std::size_t end = call.close + 1;
    if (!within_group(end)) return;
    of_user_tables(call);
    if (over(end)) throw not_supported("PERCENTILE_DISC as a window function");
  }

  void ratio_to_report(const Call& call) {
    const auto window = over(call.close + 1);
    if (call.arguments.size() != 1 || !window) return;
    const std::string value = fmt::format("({})::double precision", text(call.arguments[0]));
    replace(call, window->last + 1,
            fmt::format("pg_catalog.ratio_to_report({0}, pg_catalog.sum({0}) OVER ({1}))", value, text(*window)));
  }

  void window_aggregate(const Call& call) {
    const auto window = over(call.close + 1);
    if (!window) return;
    for (const std::string_view frame : {"RANGE", "GROUPS"}) {
      if (contains(*window, frame)) throw SqlError("42601", fmt::format("syntax error at or near \"{}\"", frame));
    }
    if (contains(*window, "ORDER") && !contains(*window, "ROWS")) {
      throw SqlError("42601", "Aggregate window functions with an ORDER BY clause require a frame clause");
    }
  }

  Tokens tokens_;
  Edits& edits_;
  Closings closings_;
  std::optional<bool> reads_a_table_;
};

}  // namespace

void rewrite_functions(std::span<const Token> tokens, Edits& edits) { FunctionRewriter(tokens, edits).run(); }

}  // namespace penstock::endpoint
