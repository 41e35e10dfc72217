#include "endpoint/sql/statement.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
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

bool names_history(std::span<const Token> tokens) {
  return std::ranges::any_of(tokens, [](const Token& token) {
    std::string_view name = token.text;
    if (token.kind == TokenKind::quoted_name) name.remove_prefix(1);
    const std::string_view family = name.substr(0, 4);
    return (token.kind == TokenKind::word || token.kind == TokenKind::quoted_name) &&
           (equal_ignoring_case(family, "stl_") || equal_ignoring_case(family, "svl_") ||
            equal_ignoring_case(family, "sys_"));
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

Recognised recognise(std::string_view written) {
  std::string_view text = written;
  std::vector<Token> tokens = lex_one(text);
  Recognised out;
  out.kind = Recognised::Kind::utility;
  out.logged_text = without_secrets(text, tokens);
  out.reads_history = names_history(tokens);
  const auto plain = plain_select(text, tokens);
  if (plain) {
    text = *plain;
    tokens = lex_one(text);
  }
  for (const Rule& rule : rules()) {
    const auto words = match_words(rule.words, tokens);
    if (!words) continue;
    auto decision = decide(rule, {.text = text, .tokens = tokens, .behind_words = *words});
    if (!decision) continue;
    out.kind = decision->kind.value_or(rule.kind);
    out.action = std::move(decision->action);
    out.effect = decision->effect;
    out.reads_history = out.reads_history || decision->reads_history;
    return out;
  }
  const StatementText statement{.text = text, .tokens = tokens};
  out.action = PassThrough{statement.edits().text()};
  return out;
}

}  // namespace penstock::endpoint
