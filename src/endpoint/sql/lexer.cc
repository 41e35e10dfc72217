#include "endpoint/sql/lexer.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/text.h"

namespace penstock::endpoint {
namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr bool starts_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
constexpr bool continues_word(char c) noexcept { return starts_word(c) || is_digit(c) || c == '$'; }

class Lexer {
 public:
  explicit Lexer(std::string_view sql) : sql_(sql) {}

  std::vector<Token> tokens() {
    while (true) {
      const std::size_t comment = at_;
      if (!skip_space_and_comments()) {
        emit(TokenKind::broken, comment);
        continue;
      }
      if (at_ == sql_.size()) break;
      const std::size_t start = at_;
      emit(scan(), start);
    }
    emit(TokenKind::end, at_);
    return std::move(tokens_);
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const noexcept {
    return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0';
  }
  [[nodiscard]] bool at(std::string_view text) const noexcept { return sql_.substr(at_).starts_with(text); }

  void emit(TokenKind kind, std::size_t start) {
    tokens_.push_back({.kind = kind, .text = sql_.substr(start, at_ - start), .offset = start});
  }

  // False: a comment that doesn't end; it is behind us, whole.
  bool skip_space_and_comments() noexcept {
    while (at_ < sql_.size()) {
      if (is_space(sql_[at_])) {
        ++at_;
      } else if (at("--")) {
        at_ = std::min(sql_.find_first_of("\r\n", at_), sql_.size());
      } else if (at("/*")) {
        if (!skip_block_comment()) return false;
      } else {
        break;
      }
    }
    return true;
  }

  bool skip_block_comment() noexcept {
    int depth = 0;
    while (at_ < sql_.size()) {
      if (at("/*")) {
        ++depth;
        at_ += 2;
      } else if (at("*/")) {
        at_ += 2;
        if (--depth == 0) return true;
      } else {
        ++at_;
      }
    }
    return false;
  }

  TokenKind scan() noexcept {
    const char c = peek();
    if (c == '\'') return string(true);
    if (c == '"') return quoted_name();
    if (starts_word(c)) return word();
    if (c == '#' && starts_word(peek(1)) && !touches_an_operand()) {  // a temporary table's short name
      ++at_;
      return word();
    }
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (c == '$') return dollar();
    ++at_;
    if (c == ';') return TokenKind::semicolon;
    if (c == ':' && peek() == ':') ++at_;
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? TokenKind::broken : TokenKind::symbol;
  }

  [[nodiscard]] bool touches_an_operand() const noexcept {
    if (at_ == 0) return false;
    const char before = sql_[at_ - 1];
    return continues_word(before) || before == ')' || before == '"' || before == '\'';
  }

  TokenKind word() noexcept {
    const std::size_t start = at_;
    while (at_ < sql_.size() && continues_word(sql_[at_])) ++at_;
    const std::string_view text = sql_.substr(start, at_ - start);
    if (peek() == '\'' && text.size() == 1) {
      switch (text[0]) {
        case 'e':
        case 'E':
        case 'n':
        case 'N':
          return string(true);
        case 'b':
        case 'B':
        case 'x':
        case 'X':
          return string(false);
        default:
          break;
      }
    }
    if (peek() == '&' && equal_ignoring_case(text, "u") && (peek(1) == '\'' || peek(1) == '"')) {
      ++at_;
      return peek() == '"' ? quoted_name() : string(false);
    }
    return TokenKind::word;
  }

  TokenKind string(bool backslash_escapes) noexcept {
    for (++at_; at_ < sql_.size(); ++at_) {
      if (sql_[at_] == '\\' && backslash_escapes) {
        ++at_;
      } else if (sql_[at_] == '\'') {
        if (peek(1) != '\'') {
          ++at_;
          return TokenKind::string;
        }
        ++at_;
      }
    }
    at_ = sql_.size();
    return TokenKind::broken;
  }

  TokenKind quoted_name() noexcept {
    for (++at_; at_ < sql_.size(); ++at_) {
      if (sql_[at_] != '"') continue;
      if (peek(1) != '"') {
        ++at_;
        return TokenKind::quoted_name;
      }
      ++at_;
    }
    return TokenKind::broken;
  }

  TokenKind number() noexcept {
    const auto digits = [&] {
      while (is_digit(peek())) ++at_;
    };
    digits();
    if (peek() == '.' && peek(1) != '.') {
      ++at_;
      digits();
    }
    if (peek() == 'e' || peek() == 'E') {
      const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
      if (is_digit(peek(1 + sign))) {
        at_ += 1 + sign;
        digits();
      }
    }
    return TokenKind::number;
  }

  TokenKind dollar() noexcept {
    const std::size_t start = at_++;
    if (is_digit(peek())) {
      while (is_digit(peek())) ++at_;
      return TokenKind::parameter;
    }
    if (starts_word(peek()) || peek() == '$') {
      while (at_ < sql_.size() && sql_[at_] != '$' && continues_word(sql_[at_])) ++at_;
      if (peek() == '$') {
        const std::string_view tag = sql_.substr(start, at_ + 1 - start);
        const std::size_t close = sql_.find(tag, at_ + 1);
        at_ = close == std::string_view::npos ? sql_.size() : close + tag.size();
        return close == std::string_view::npos ? TokenKind::broken : TokenKind::string;
      }
    }
    at_ = start + 1;
    return TokenKind::symbol;
  }

  std::string_view sql_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

int digit_value(char c, int base) noexcept {
  int value = 99;
  if (is_digit(c)) value = c - '0';
  if (c >= 'a' && c <= 'f') value = c - 'a' + 10;
  if (c >= 'A' && c <= 'F') value = c - 'A' + 10;
  return value < base ? value : -1;
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xC0 | (point >> 6));
    byte(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    byte(0xE0 | (point >> 12));
    byte(0x80 | ((point >> 6) & 0x3F));
    byte(0x80 | (point & 0x3F));
  } else {
    byte(0xF0 | (point >> 18));
    byte(0x80 | ((point >> 12) & 0x3F));
    byte(0x80 | ((point >> 6) & 0x3F));
    byte(0x80 | (point & 0x3F));
  }
}

// One escape, from behind its backslash.
void append_escape(std::string& out, std::string_view& text) {
  const auto take_number = [&](std::size_t at, int base, std::size_t most) -> std::optional<std::uint32_t> {
    std::uint32_t value = 0;
    std::size_t used = 0;
    while (used < most && at + used < text.size() && digit_value(text[at + used], base) >= 0) {
      value = value * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(digit_value(text[at + used], base));
      ++used;
    }
    if (used == 0) return std::nullopt;
    text.remove_prefix(at + used);
    return value;
  };
  const char c = text[0];
  if (digit_value(c, 8) >= 0) {
    out += static_cast<char>(*take_number(0, 8, 3));
    return;
  }
  if (c == 'x') {
    if (const auto value = take_number(1, 16, 2)) {
      out += static_cast<char>(*value);
      return;
    }
  }
  if (c == 'u' || c == 'U') {
    if (const auto value = take_number(1, 16, c == 'u' ? 4 : 8)) {
      if (*value <= 0x10FFFF) append_utf8(out, *value);
      return;
    }
  }
  static constexpr std::string_view kNames = "bfnrt";
  static constexpr std::string_view kValues = "\b\f\n\r\t";
  const auto known = kNames.find(text[0]);
  out += known == std::string_view::npos ? text[0] : kValues[known];
  text.remove_prefix(1);
}

std::string undoubled(std::string_view text, char quote) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == quote && i + 1 < text.size() && text[i + 1] == quote) ++i;
    out += text[i];
  }
  return out;
}

}  // namespace

std::vector<Token> lex(std::string_view sql) { return Lexer(sql).tokens(); }

bool is_keyword(const Token& token, std::string_view keyword) noexcept {
  return token.kind == TokenKind::word && equal_ignoring_case(token.text, keyword);
}

std::string string_value(const Token& token) {
  std::string_view text = token.text;
  if (text.starts_with('$')) {
    const std::size_t tag = text.find('$', 1) + 1;
    return std::string(text.substr(tag, text.size() - 2 * tag));
  }
  const auto open = text.find('\'');
  const std::string_view prefix = text.substr(0, open);
  text.remove_prefix(open + 1);
  text.remove_suffix(1);
  if (!prefix.empty() && !equal_ignoring_case(prefix, "e") && !equal_ignoring_case(prefix, "n")) {
    return undoubled(text, '\'');
  }
  std::string out;
  while (!text.empty()) {
    const char c = text[0];
    text.remove_prefix(1);
    if (c == '\\' && !text.empty()) {
      append_escape(out, text);
    } else {
      if (c == '\'' && !text.empty()) text.remove_prefix(1);  // doubled
      out += c;
    }
  }
  return out;
}

std::string name_value(const Token& token) {
  if (token.kind != TokenKind::quoted_name) return lower(token.text);
  const auto open = token.text.find('"');
  return lower(undoubled(token.text.substr(open + 1, token.text.size() - open - 2), '"'));
}

std::string quote_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string quote_literal(std::string_view value) {
  std::string out = value.find('\\') == std::string_view::npos ? "'" : "E'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') out += c;
    out += c;
  }
  return out + '\'';
}

}  // namespace penstock::endpoint
