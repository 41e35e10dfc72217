#include "pq/query_text.h"

#include <algorithm>
#include <cstddef>

namespace penstock::pq {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\f\v";

bool starts_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool continues_name(char c) noexcept { return starts_name(c) || is_digit(c) || c == '$'; }

// The length of what the text begins with, up to and with the next `end`; of all of it where there is none.
std::size_t through(std::string_view text, std::string_view end, std::size_t from) noexcept {
  const auto at = text.find(end, from);
  return at == std::string_view::npos ? text.size() : at + end.size();
}

// A doubled quote inside is two texts side by side, which comes to the same here.
std::size_t quoted(std::string_view text, bool has_escapes) noexcept {
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == text.front()) return at + 1;
    if (has_escapes && text[at] == '\\') ++at;
  }
  return text.size();
}

std::size_t dollar_quoted(std::string_view text) noexcept {
  std::size_t end = 1;
  if (end < text.size() && is_digit(text[end])) return 1;  // a parameter
  while (end < text.size() && text[end] != '$' && continues_name(text[end])) ++end;
  if (end == text.size() || text[end] != '$') return 1;
  return through(text, text.substr(0, end + 1), end + 1);
}

struct Piece {
  std::size_t length = 1;
  bool is_word = true;  // what makes the query, and not what parts or ends it
};

// Comments stand in each other.
Piece block_comment(std::string_view text) noexcept {
  std::size_t depth = 0;
  for (std::size_t at = 0; at + 1 < text.size();) {
    const std::string_view two = text.substr(at, 2);
    if (two == "/*") ++depth;
    if (two == "*/") --depth;
    at += two == "/*" || two == "*/" ? 2 : 1;
    if (depth == 0) return {.length = at, .is_word = false};
  }
  return {.length = text.size()};
}

Piece first_piece(std::string_view text, Backslash backslash) noexcept {
  const char c = text.front();
  if (c == ';' || kBlanks.find(c) != std::string_view::npos) return {.is_word = false};
  if (text.starts_with("--")) {
    return {.length = std::min(text.find_first_of("\r\n"), text.size()), .is_word = false};
  }
  if (text.starts_with("/*")) return block_comment(text);
  if (c == '\'') return {.length = quoted(text, backslash == Backslash::escapes)};
  if (c == '"') return {.length = quoted(text, false)};
  if (c == '$') return {.length = dollar_quoted(text)};
  if (!starts_name(c)) return {};
  if ((c == 'e' || c == 'E') && text.substr(1).starts_with('\'')) return {.length = 1 + quoted(text.substr(1), true)};
  std::size_t length = 1;
  while (length < text.size() && continues_name(text[length])) ++length;
  return {.length = length};
}

}  // namespace

std::string_view bare_query(std::string_view query, Backslash backslash) noexcept {
  std::size_t end = 0;
  for (std::size_t at = 0; at < query.size();) {
    const Piece piece = first_piece(query.substr(at), backslash);
    at += piece.length;
    if (piece.is_word) end = at;
  }
  return query.substr(0, end);
}

}  // namespace penstock::pq
