#include "endpoint/copy/json_scanner.h"

#include <algorithm>
#include <cstdint>

#include "endpoint/copy/text_cursor.h"
#include "endpoint/copy/utf8_check.h"

namespace penstock::endpoint {
namespace {

int hex_digit(char c) noexcept {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The four digits of \uXXXX at text[at]; -1: they are not.
std::int32_t code_unit(std::string_view text, std::size_t at) noexcept {
  if (at + 4 > text.size()) return -1;
  std::int32_t unit = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) return -1;
    unit = unit << 4 | digit;
  }
  return unit;
}

// The quote that ends the string opened at `open`: the first with no backslash, or an even number of them, before it.
std::size_t closing_quote(std::string_view text, std::size_t open) noexcept {
  for (std::size_t at = text.find('"', open + 1); at != std::string_view::npos; at = text.find('"', at + 1)) {
    std::size_t backslashes = 0;
    while (text[at - 1 - backslashes] == '\\') ++backslashes;  // ends at `open`, at the latest
    if (backslashes % 2 == 0) return at;
  }
  return std::string_view::npos;
}

}  // namespace

void JsonScanner::skip_space() noexcept {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) {
    ++at_;
  }
}

bool JsonScanner::take(char c) noexcept {
  skip_space();
  if (at_end() || text_[at_] != c) return false;
  ++at_;
  return true;
}

bool JsonScanner::value(JsonValue& value, int depth) noexcept {
  if (at_end() || depth > kMaxDepth) return false;
  value.offset = at_;
  bool good = false;
  switch (text_[at_]) {
    case '"':
      return string(value);
    case '{':
      value.kind = JsonKind::object;
      good = members([](const JsonValue&, const JsonValue&) {}, depth + 1);
      break;
    case '[':
      value.kind = JsonKind::array;
      good = elements([](const JsonValue&) {}, depth + 1);
      break;
    case 't':
      value.kind = JsonKind::boolean;
      good = word("true");
      break;
    case 'f':
      value.kind = JsonKind::boolean;
      good = word("false");
      break;
    case 'n':
      value.kind = JsonKind::null;
      good = word("null");
      break;
    default:
      value.kind = JsonKind::number;
      good = number();
  }
  value.text = text_.substr(value.offset, at_ - value.offset);
  return good;
}

bool JsonScanner::string(JsonValue& value) noexcept {
  value.kind = JsonKind::string;
  const std::size_t begin = ++at_;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '"') {
      value.text = text_.substr(begin, at_ - begin);
      ++at_;
      return true;
    }
    if (static_cast<unsigned char>(c) < 0x20) return false;
    if (c == '\\') {
      if (++at_ == text_.size()) return false;
      if (text_[at_] == 'u') {
        if (code_unit(text_, at_ + 1) < 0) return false;
        at_ += 4;
      } else if (std::string_view("\"\\/bfnrt").find(text_[at_]) == std::string_view::npos) {
        return false;
      }
    }
    ++at_;
  }
  return false;
}

bool JsonScanner::number() noexcept {
  const auto digits = [&] {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    return at_ - begin;
  };
  const auto next_is = [&](char c) { return at_ < text_.size() && text_[at_] == c; };
  if (next_is('-')) ++at_;
  const bool leading_zero = next_is('0');
  const std::size_t whole = digits();
  if (whole == 0 || (leading_zero && whole > 1)) return false;
  if (next_is('.')) {
    ++at_;
    if (digits() == 0) return false;
  }
  if (next_is('e') || next_is('E')) {
    ++at_;
    if (next_is('+') || next_is('-')) ++at_;
    if (digits() == 0) return false;
  }
  return true;
}

bool JsonScanner::word(std::string_view word) noexcept {
  if (!text_.substr(at_).starts_with(word)) return false;
  at_ += word.size();
  return true;
}

std::size_t behind_brackets(std::string_view text, std::size_t from) noexcept {
  std::size_t depth = 0;
  for (std::size_t at = from; at < text.size(); ++at) {
    switch (text[at]) {
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (--depth == 0) return at + 1;
        break;
      case '"':
        at = closing_quote(text, at);
        if (at == std::string_view::npos) return at;
        break;
      default:
        break;
    }
  }
  return std::string_view::npos;
}

void append_unescaped(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t backslash = std::min(text.find('\\', at), text.size());
    out.append(text, at, backslash - at);
    if (backslash == text.size()) return;
    at = backslash + 1;
    switch (text[at]) {
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 't':
        out += '\t';
        break;
      case 'u': {
        auto code_point = static_cast<std::uint32_t>(code_unit(text, at + 1));
        at += 4;
        const bool pair_follows = text.substr(at + 1).starts_with("\\u");
        const std::int32_t low = pair_follows ? code_unit(text, at + 3) : -1;
        if ((code_point & 0xfc00) == 0xd800 && (low & 0xfc00) == 0xdc00) {
          code_point = 0x10000 + ((code_point & 0x3ff) << 10) + (static_cast<std::uint32_t>(low) & 0x3ff);
          at += 6;
        }
        append_utf8(out, code_point);
        break;
      }
      default:  // a quote, a backslash, a slash
        out += text[at];
    }
  }
}

}  // namespace penstock::endpoint
