#include "endpoint/sql/super_navigation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "endpoint/sql/query_scopes.h"
#include "endpoint/sql/sql_error.h"

namespace penstock::endpoint {
namespace {

// The schemas that a table may be qualified by although FROM has it without.
constexpr auto kUsualSchemas = std::to_array<std::string_view>({"public", "pg_catalog", "information_schema"});

class Navigation {
 public:
  Navigation(std::span<const Token> tokens, Edits& edits)
      : tokens_(tokens), edits_(edits), scopes_(read_query_scopes(tokens)), unnested_(scopes_.queries.size()) {}

  void rewrite() {
    for (std::size_t query = 0; query < scopes_.queries.size(); ++query) {
      for (const FromItem& item : scopes_.queries[query].items) from_item(query, item);
    }
    for (const NameInExpression& each : scopes_.names) name_in_expression(each);
  }

 private:
  // ---- FROM

  void from_item(std::size_t query, const FromItem& item) {
    std::vector<bool>& unnested = unnested_[query];
    const std::size_t before = unnested.size();  // its items that stand before this one
    const auto steps = item.name ? column_of_from(query, before, *item.name) : std::nullopt;
    unnested.push_back(steps.has_value());
    if (steps) {
      unnest(item, *steps);
    } else if (item.unpivot) {
      throw SqlError("42601", "UNPIVOT in FROM takes an object: UNPIVOT alias.column AS value AT attribute");
    }
  }

  // How many steps of the name are a column, or an unnested array; nullopt: it is a table.
  [[nodiscard]] std::optional<std::size_t> column_of_from(std::size_t query, std::size_t before,
                                                          const DottedName& name) const {
    for (std::optional<std::size_t> scope = query; scope; scope = scopes_.queries[*scope].parent) {
      const auto& items = scopes_.queries[*scope].items;
      const std::size_t visible = *scope == query ? before : items.size();
      for (std::size_t i = 0; i < visible; ++i) {
        const auto steps = column_by_item(*scope, i, name);
        if (steps && *steps <= name.steps.size()) return steps;
      }
    }
    return std::nullopt;
  }

  void unnest(const FromItem& item, std::size_t column) {
    if (item.outer_right) {
      throw SqlError("0A000", "unnesting of SUPER by a RIGHT or FULL JOIN is not supported by Redshift");
    }
    const DottedName& name = *item.name;
    const std::string alias = quote_name(variable(item));
    std::string_view function = "pg_catalog.penstock_unnest(";
    if (item.place) function = "pg_catalog.penstock_unnest_at(";
    if (item.unpivot) function = "pg_catalog.penstock_unpivot(";
    if (item.unpivot) edits_.remove(name.first - 1, name.first);
    rewrite_path(name, column, function);
    const std::string columns = item.place ? fmt::format("({}, {})", alias, quote_name(*item.place)) : "";
    const std::string behind = fmt::format(") AS {}{}", alias, columns);
    if (item.behind == name.last) {
      edits_.insert_before(item.behind, behind + " ");
    } else {
      edits_.replace(name.last, item.behind, behind);
    }
  }

  // What the elements are called: without an alias, as the last name of the path.
  [[nodiscard]] std::string variable(const FromItem& item) const {
    if (!item.alias.empty()) return item.alias;
    const auto& steps = item.name->steps;
    const auto last = std::ranges::find(steps.rbegin(), steps.rend(), false, &DottedName::Step::index);
    return name_value(tokens_[last->token]);
  }

  // ---- expressions

  void name_in_expression(const NameInExpression& each) {
    const auto column = column_of_expression(each);
    const DottedName& name = each.name;
    if (!column || *column >= name.steps.size()) return;
    if (scopes_.queries[each.scope].kind == QueryScope::Kind::merge) {
      throw SqlError("0A000", "Partial reference of SUPER column is not supported in MERGE statement.");
    }
    rewrite_path(name, *column, "");
    if (each.begins_item) name_item(name);
  }

  // How many steps of the name are a column; nullopt: no query has it from anywhere.
  [[nodiscard]] std::optional<std::size_t> column_of_expression(const NameInExpression& each) const {
    bool reads = false;
    for (std::optional<std::size_t> scope = each.scope; scope; scope = scopes_.queries[*scope].parent) {
      const auto& items = scopes_.queries[*scope].items;
      reads = reads || !items.empty();
      for (std::size_t i = 0; i < items.size(); ++i) {
        if (const auto column = column_by_item(*scope, i, each.name)) return column;
      }
    }
    if (!reads && each.name.names() > 1) return std::nullopt;
    return 1;
  }

  // How many steps are a column, if the item is what the name begins with.
  [[nodiscard]] std::optional<std::size_t> column_by_item(std::size_t query, std::size_t number,
                                                          const DottedName& name) const {
    const FromItem& item = scopes_.queries[query].items[number];
    const bool unnested = number < unnested_[query].size() && unnested_[query][number];
    if (unnested) return step(name, 0) == variable(item) ? std::optional<std::size_t>(1) : std::nullopt;
    if (!item.alias.empty()) return column_behind(name, 1, step(name, 0) == item.alias);
    if (!item.name) return std::nullopt;
    const DottedName& table = *item.name;
    const std::size_t names = table.steps.size();
    if (begins_with(name, 0, table)) return column_behind(name, names, true);
    if (step(name, 0) == step(table, names - 1)) return column_behind(name, 1, true);
    const bool more = name.names() > names + 1 && begins_with(name, 1, table);
    if (!more) return std::nullopt;
    const bool usual = names > 1 || std::ranges::find(kUsualSchemas, step(name, 0)) != kUsualSchemas.end();
    return column_behind(name, names + 1, usual);
  }

  // The qualifier and the column's own name.
  static std::optional<std::size_t> column_behind(const DottedName& name, std::size_t qualifier, bool matches) {
    if (!matches || name.names() <= qualifier) return std::nullopt;
    return qualifier + 1;
  }

  [[nodiscard]] bool begins_with(const DottedName& name, std::size_t at, const DottedName& table) const {
    if (name.names() < at + table.steps.size()) return false;
    for (std::size_t i = 0; i < table.steps.size(); ++i) {
      if (step(name, at + i) != step(table, i)) return false;
    }
    return true;
  }

  [[nodiscard]] std::string step(const DottedName& name, std::size_t at) const {
    return name_value(tokens_[name.steps[at].token]);
  }

  // ---- writing

  // Each step behind the column is a call around what came before it; `around` is one more.
  void rewrite_path(const DottedName& name, std::size_t column, std::string_view around) {
    std::string calls;  // the last one stands first
    for (std::size_t i = column; i < name.steps.size(); ++i) {
      const DottedName::Step& step = name.steps[i];
      const Token& token = tokens_[step.token];
      if (step.index) {
        edits_.replace(step.token - 1, step.token + 2, fmt::format(", {})", token.text));
        calls.insert(0, "pg_catalog.penstock_element(");
      } else {
        edits_.replace(step.token - 1, step.token + 1, fmt::format(", {})", attribute(token)));
        calls.insert(0, "pg_catalog.penstock_attribute(");
      }
    }
    edits_.insert_before(name.first, std::string(around) + calls);
  }

  // As it is folded, and as it is written where that differs: a setting of the session decides between them.
  static std::string attribute(const Token& token) {
    const std::string folded = name_value(token);
    const std::string written = written_name(token);
    if (written == folded) return quote_literal(folded);
    return fmt::format("{}, {}", quote_literal(folded), quote_literal(written));
  }

  static std::string written_name(const Token& token) {
    std::string out(token.text);
    if (token.kind != TokenKind::quoted_name || !out.starts_with('"')) return out;
    out = out.substr(1, out.size() - 2);
    for (std::size_t at = 0; (at = out.find("\"\"", at)) != std::string::npos; ++at) out.erase(at, 1);
    return out;
  }

  // A column of the result is called by the last name of its path, whatever it is cast to.
  void name_item(const DottedName& name) {
    std::size_t behind = name.last;
    if (tokens_[behind].text == "::") {
      do ++behind;
      while (tokens_[behind].kind == TokenKind::word && !ends_item(behind));
      if (tokens_[behind].text == "(") {
        while (tokens_[behind].kind != TokenKind::end && tokens_[behind].text != ")") ++behind;
        if (tokens_[behind].text == ")") ++behind;
      }
    }
    if (!ends_item(behind)) return;
    const auto called = std::ranges::find_if(name.steps.rbegin(), name.steps.rend(),
                                             [](const DottedName::Step& step) { return !step.index; });
    edits_.insert_before(behind, fmt::format(" AS {}{}", quote_name(name_value(tokens_[called->token])),
                                             tokens_[behind].kind == TokenKind::word ? " " : ""));
  }

  [[nodiscard]] bool ends_item(std::size_t at) const {
    static constexpr auto kWords =
        std::to_array<std::string_view>({"FROM", "INTO", "UNION", "INTERSECT", "EXCEPT", "MINUS"});
    const Token& token = tokens_[at];
    return token.text == "," || token.text == ")" || token.kind == TokenKind::end ||
           std::ranges::any_of(kWords, [&](std::string_view word) { return is_keyword(token, word); });
  }

  std::span<const Token> tokens_;
  Edits& edits_;
  QueryScopes scopes_;
  std::vector<std::vector<bool>> unnested_;  // by query and item, as far as they are decided
};

}  // namespace

void rewrite_navigation(std::span<const Token> tokens, Edits& edits) { Navigation(tokens, edits).rewrite(); }

}  // namespace penstock::endpoint
