#include "endpoint/sql/statement.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <iterator>

#include "base/text.h"
#include "endpoint/sql/rules.h"
#include "endpoint/sql/select_grammar.h"

namespace penstock::endpoint {
namespace {

constexpr std::string_view kSpace = " \t\r\n\f\v";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) + 1 - first);
}

bool names_one_of(std::span<const Token> tokens, std::initializer_list<std::string_view> beginnings) {
  return std::ranges::any_of(tokens, [&](const Token& token) {
    if (token.kind != TokenKind::word && token.kind != TokenKind::quoted_name) return false;
    std::string_view name = token.text;
    if (token.kind == TokenKind::quoted_name) name.remove_prefix(1);
    return std::ranges::any_of(beginnings, [&](std::string_view beginning) {
      return equal_ignoring_case(name.substr(0, beginning.size()), beginning);
    });
  });
}

std::string first_words(const StatementText& statement) {
  std::string out;
  for (const Token& token : statement.tokens.first(statement.behind_words)) {
    if (!out.empty()) out += ' ';
    std::ranges::transform(token.text, std::back_inserter(out),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  }
  return out;
}

// nullopt: the rule declines.
std::optional<Decision> decide(const Rule& rule, const StatementText& statement) {
  if (rule.standing == Standing::not_here) throw not_supported(first_words(statement));
  if (rule.standing == Standing::not_in_redshift) {
    throw SqlError("0A000", fmt::format("{} is not supported by Redshift", first_words(statement)));
  }
  if (rule.apply != nullptr) return rule.apply(statement);
  return Decision{.action = PassThrough{statement.edits().text()}};
}

// The tokens of one statement: a semicolon may end it, and nothing may follow.
std::vector<Token> lex_one(std::string_view text) {
  std::vector<Token> tokens = lex(text);
  const auto semicolon = std::ranges::find(tokens, TokenKind::semicolon, &Token::kind);
  const bool more = std::any_of(semicolon, tokens.end(), [](const Token& token) {
    return token.kind != TokenKind::semicolon && token.kind != TokenKind::end;
  });
  if (more) throw SqlError("42601", "cannot insert multiple commands into a prepared statement");
  if (semicolon != tokens.end()) tokens.erase(semicolon, tokens.end() - 1);
  return tokens;
}

// The query of a statement as PostgreSQL can PREPARE it: the statement itself, or what it makes a table, a view or a
// cursor of.
std::string query_of(std::string_view text, std::span<const Token> tokens, const Recognised& statement,
                     const Aliases& resolved) {
  static constexpr auto kWhole = std::to_array<std::string_view>({"SELECT", "WITH", "INSERT", "UPDATE", "DELETE"});
  const auto is_whole = [&](std::string_view word) { return is_keyword(tokens[0], word); };
  const auto* passed = std::get_if<PassThrough>(&statement.action);
  if (passed != nullptr && std::ranges::any_of(kWhole, is_whole)) return passed->sql;
  const auto starts = [](const Token& token) { return is_keyword(token, "SELECT") || is_keyword(token, "WITH"); };
  const auto first = std::ranges::find_if(tokens, starts);
  int depth = 0;
  const auto ends = [&](const Token& token) {
    if (token.text == "(") ++depth;
    return token.kind == TokenKind::end || (token.text == ")" && --depth < 0);
  };
  const auto last = std::find_if(first, tokens.end(), ends);
  if (first == tokens.begin() || first == tokens.end() || last == tokens.end()) return {};
  const Recognised query = recognise(text.substr(first->offset, last->offset - first->offset), resolved);
  const auto* sql = std::get_if<PassThrough>(&query.action);
  return sql == nullptr ? std::string() : sql->sql;
}

}  // namespace

std::optional<QualifiedName> written_table(std::string_view statement) {
  static constexpr auto kStarts = std::to_array<std::string_view>(
      {"INSERT INTO", "UPDATE", "DELETE [FROM]", "MERGE INTO", "COPY", "TRUNCATE [TABLE]", "LOCK [TABLE]"});
  const auto tokens = lex(statement);
  for (const std::string_view start : kStarts) {
    const auto words = match_words(start, tokens);
    if (!words) continue;
    const TokenKind kind = tokens[*words].kind;
    if (kind != TokenKind::word && kind != TokenKind::quoted_name) return std::nullopt;
    try {
      return TokenReader(tokens, *words).qualified_name();
    } catch (const SqlError&) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

std::vector<std::string_view> split_statements(std::string_view sql) {
  std::vector<std::string_view> out;
  std::size_t start = 0;
  bool empty = true;  // nothing but white space and comments since the last semicolon
  for (const Token& token : lex(sql)) {
    if (token.kind == TokenKind::semicolon || token.kind == TokenKind::end) {
      if (!empty) out.push_back(trimmed(sql.substr(start, token.offset - start)));
      start = token.offset + token.text.size();
      empty = true;
    } else {
      empty = false;
    }
  }
  return out;
}

Recognised recognise(std::string_view written, const Aliases& resolved) {
  std::string_view text = written;
  std::vector<Token> tokens = lex_one(text);
  Recognised out;
  out.kind = Recognised::Kind::utility;
  out.logged_text = without_secrets(text, tokens);
  out.reads_activity = names_one_of(tokens, {"stv_", "svv_transactions"});
  out.reads_history = out.reads_activity || names_one_of(tokens, {"stl_", "svl_", "sys_"});
  const PlainSelect plain = plain_select(text, tokens, resolved);
  if (plain.text) {
    text = *plain.text;
    tokens = lex_one(text);
  }
  for (const Rule& rule : rules()) {
    const auto words = match_words(rule.words, tokens);
    if (!words) continue;
    auto decision = decide(rule, {.text = text, .tokens = tokens, .behind_words = *words, .resolved = &resolved});
    if (!decision) continue;
    out.kind = decision->kind.value_or(rule.kind);
    out.action = std::move(decision->action);
    out.effect = decision->effect;
    out.reads_history = out.reads_history || decision->reads_history;
    out.open_aliases = std::move(decision->open_aliases);
    if (!plain.open.empty()) {
      out.open_aliases = {.names = plain.open, .query = query_of(text, tokens, out, resolved)};
    }
    return out;
  }
  const StatementText statement{.text = text, .tokens = tokens};
  out.action = PassThrough{statement.edits().text()};
  return out;
}

}  // namespace penstock::endpoint
