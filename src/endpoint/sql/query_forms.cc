#include "endpoint/sql/query_forms.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "endpoint/sql/function_rules.h"
#include "endpoint/sql/qualify.h"
#include "endpoint/sql/sql_error.h"

namespace penstock::endpoint {
namespace {

// What is between two parentheses, or the statement itself.
struct Level {
  std::optional<std::size_t> rows;  // TOP's number
  bool combined = false;            // by UNION and its like
  std::optional<QueryClauses> query{};
};

class QueryForms {
 public:
  QueryForms(std::span<const Token> tokens, Edits& edits) : tokens_(tokens), edits_(edits) {}

  void rewrite() {
    levels_.emplace_back();
    for (at_ = 0; at_ + 1 < tokens_.size(); ++at_) {
      if (tokens_[at_].text == "(") {
        refuse_outer_join_sign();
        note_token();
        levels_.emplace_back();
        continue;
      }
      if (tokens_[at_].text == ")") {
        close();
        if (levels_.size() > 1) levels_.pop_back();
      } else if (tokens_[at_].kind == TokenKind::word && !is_qualified()) {
        word();
      } else if (tokens_[at_].text == "*") {
        if (is(1, "EXCLUDE") && follows_a_list_start()) throw not_supported("SELECT * EXCLUDE");
      }
      note_token();
    }
    close();
  }

 private:
  [[nodiscard]] const Token& ahead(std::size_t by) const { return tokens_[std::min(at_ + by, tokens_.size() - 1)]; }
  [[nodiscard]] bool is(std::size_t by, std::string_view word) const { return is_keyword(ahead(by), word); }
  [[nodiscard]] bool was(std::size_t by, std::string_view word) const {
    return at_ >= by && is_keyword(tokens_[at_ - by], word);
  }
  [[nodiscard]] bool is_qualified() const { return at_ > 0 && tokens_[at_ - 1].text == "."; }
  // A name given to something, which may be any word.
  [[nodiscard]] bool is_a_name() const { return was(1, "AS"); }

  [[nodiscard]] bool follows_a_list_start() const {
    return was(1, "SELECT") || was(1, "ALL") || was(1, "DISTINCT") ||
           (at_ > 0 && (tokens_[at_ - 1].text == "," || tokens_[at_ - 1].text == "."));
  }

  void note_token() {
    if (levels_.back().query) levels_.back().query->tokens.push_back(at_);
  }

  void word() {
    if (is(0, "SELECT")) {
      levels_.back().query = QueryClauses{.select = at_};
      return top();
    }
    if (is_a_name()) return;
    if (levels_.back().query) note_clause(*levels_.back().query);
    if (is(0, "UNION") || is(0, "INTERSECT") || is(0, "EXCEPT") || is(0, "MINUS")) {
      combine();
    } else if (is(0, "INTO")) {
      into();
    } else if ((is(0, "PIVOT") || is(0, "UNPIVOT")) && ahead(1).text == "(") {
      throw not_supported(is(0, "PIVOT") ? "PIVOT" : "UNPIVOT");
    } else if (is(0, "CONNECT") && is(1, "BY")) {
      throw not_supported("CONNECT BY");
    } else if (is(0, "FILTER") && ahead(1).text == "(" && is(2, "WHERE")) {
      throw SqlError("0A000", "FILTER (WHERE …) is not supported by Redshift");
    }
  }

  void note_clause(QueryClauses& query) {
    if (is(0, "FROM")) {
      if (!query.from && !was(1, "DISTINCT")) query.from = at_;
    } else if (is(0, "WHERE") || is(0, "GROUP") || is(0, "HAVING")) {
      if (query.from && !query.behind_from) query.behind_from = at_;
    } else if (is(0, "QUALIFY") && query.from && !query.qualify) {
      if (levels_.back().combined) throw combined_form("QUALIFY");
      if (qualifying_++ > 0) throw not_supported("QUALIFY inside of the condition of another");
      query.qualify = at_;
      if (!query.behind_from) query.behind_from = at_;
    } else if (query.qualify && is(0, "ORDER")) {
      query.order = at_;
    } else if (query.qualify && (is(0, "LIMIT") || is(0, "OFFSET") || is(0, "FETCH"))) {
      if (!query.limit) query.limit = at_;
    }
  }

  // SELECT [ALL | DISTINCT] TOP n: becomes LIMIT n, where this level ends.
  void top() {
    const std::size_t at = is(1, "ALL") || is(1, "DISTINCT") ? at_ + 2 : at_ + 1;
    if (at + 1 >= tokens_.size() || !is_keyword(tokens_[at], "TOP")) return;
    const Token& rows = tokens_[at + 1];
    if (rows.kind != TokenKind::number && rows.kind != TokenKind::parameter) return;
    Level& level = levels_.back();
    if (level.combined) throw combined_form("TOP");
    level.query->top = level.rows = at + 1;
    edits_.remove(at, at + 2);
  }

  void combine() {
    const bool is_minus = is(0, "MINUS");
    const bool combines = is(1, "SELECT") || is(1, "ALL") || is(1, "DISTINCT") || is(1, "WITH") || is(1, "VALUES") ||
                          is(1, "TABLE") || ahead(1).text == "(";
    if (!combines || (is_minus && at_ == 0)) return;
    Level& level = levels_.back();
    if (level.rows) throw combined_form("TOP");
    if (level.query && level.query->qualify) throw combined_form("QUALIFY");
    level.combined = true;
    if (is_minus) edits_.replace(at_, at_ + 1, "EXCEPT");
  }

  // SELECT … INTO #t makes a temporary table; INSERT INTO #t and MERGE INTO #t need one.
  void into() {
    if (was(1, "INSERT") || was(1, "MERGE")) return;
    const std::size_t name = is(1, "TABLE") ? 2 : 1;
    if (ahead(name).text.starts_with('#') && ahead(name).kind == TokenKind::word) {
      edits_.insert_before(at_ + 1, "TEMPORARY ");
    }
  }

  void close() {
    Level& level = levels_.back();
    if (level.query && level.query->qualify) {
      level.query->end = at_;
      if (!functions_rewritten_) rewrite_functions(tokens_, edits_);  // those of the condition move with it
      functions_rewritten_ = true;
      rewrite_qualify(tokens_, *level.query, edits_);
      --qualifying_;
    }
    if (level.rows) edits_.insert_before(at_, " LIMIT " + std::string(tokens_[*level.rows].text));
    level = {};
  }

  void refuse_outer_join_sign() const {
    if (ahead(1).text == "+" && ahead(2).text == ")") throw not_supported("the outer join operator (+)");
  }

  static SqlError combined_form(std::string_view form) {
    return not_supported(
        fmt::format("{} in a SELECT that UNION, INTERSECT, EXCEPT or MINUS combines with another", form));
  }

  std::span<const Token> tokens_;
  Edits& edits_;
  std::vector<Level> levels_;
  bool functions_rewritten_ = false;
  int qualifying_ = 0;  // queries that are behind their QUALIFY
  std::size_t at_ = 0;
};

}  // namespace

void rewrite_queries(std::span<const Token> tokens, Edits& edits) { QueryForms(tokens, edits).rewrite(); }

}  // namespace penstock::endpoint
