#include "endpoint/sql/token_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace penstock::endpoint {

const Token& TokenReader::peek(std::size_t ahead) const noexcept {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];  // the last one is `end`
}

bool TokenReader::at_symbol(char symbol) const noexcept {
  return peek().kind == TokenKind::symbol && peek().text.size() == 1 && peek().text[0] == symbol;
}

const Token& TokenReader::next() noexcept {
  const Token& token = peek();
  if (!at_end()) ++at_;
  return token;
}

bool TokenReader::accept(std::string_view keyword) noexcept {
  if (!is_keyword(peek(), keyword)) return false;
  next();
  return true;
}

bool TokenReader::accept_all(std::initializer_list<std::string_view> keywords) noexcept {
  std::size_t ahead = 0;
  for (const std::string_view keyword : keywords) {
    if (!is_keyword(peek(ahead++), keyword)) return false;
  }
  at_ += keywords.size();
  return true;
}

bool TokenReader::accept_symbol(char symbol) noexcept {
  if (!at_symbol(symbol)) return false;
  next();
  return true;
}

void TokenReader::expect(std::string_view keyword) {
  if (!accept(keyword)) throw syntax_error();
}

void TokenReader::expect_symbol(char symbol) {
  if (!accept_symbol(symbol)) throw syntax_error();
}

void TokenReader::expect_end() const {
  if (!at_end()) throw syntax_error();
}

std::string TokenReader::name() {
  if (peek().kind != TokenKind::word && peek().kind != TokenKind::quoted_name) throw syntax_error();
  return name_value(next());
}

QualifiedName TokenReader::qualified_name() {
  QualifiedName out{.schema = {}, .name = name()};
  for (int parts = 1; parts < 3 && accept_symbol('.'); ++parts) out = {.schema = out.name, .name = name()};
  return out;
}

std::string TokenReader::string() {
  if (peek().kind != TokenKind::string) throw syntax_error();
  return string_value(next());
}

std::string TokenReader::unescaped_string() {
  std::string value = string();
  if (value.size() < 2 || value[0] != '\\') return value;
  const std::string literal = "'" + value + "'";
  const auto tokens = lex(literal);
  return tokens[0].kind == TokenKind::string ? string_value(tokens[0]) : value;
}

std::int64_t TokenReader::integer() {
  const std::string_view text = peek().text;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (peek().kind != TokenKind::number || error != std::errc() || end != text.data() + text.size()) {
    throw syntax_error();
  }
  next();
  return value;
}

std::vector<std::string> TokenReader::list() {
  std::vector<std::string> out;
  expect_symbol('(');
  do {
    out.push_back(name());
  } while (accept_symbol(','));
  expect_symbol(')');
  return out;
}

void TokenReader::skip_parentheses() {
  expect_symbol('(');
  for (int depth = 1; depth > 0;) {
    if (at_end()) throw syntax_error();
    if (at_symbol('(')) ++depth;
    if (at_symbol(')')) --depth;
    next();
  }
}

SqlError TokenReader::syntax_error() const {
  if (at_end()) return {"42601", "syntax error at end of input"};
  if (peek().kind == TokenKind::broken) return {"42601", "a string, name or comment does not end"};
  // A literal may be a secret that stands in a wrong place.
  const std::string_view shown = peek().kind == TokenKind::string ? "'" : peek().text;
  return {"42601", fmt::format("syntax error at or near \"{}\"", shown)};
}

}  // namespace penstock::endpoint
