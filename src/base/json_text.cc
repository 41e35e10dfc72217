#include "base/json_text.h"

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <initializer_list>

namespace penstock {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

char at_or_nul(std::string_view text, std::size_t at) { return at < text.size() ? text[at] : '\0'; }

std::optional<std::uint32_t> hex4(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text.substr(at, 4)) {
    value <<= 4;
    if (is_digit(c)) {
      value |= static_cast<std::uint32_t>(c - '0');
    } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
      value |= static_cast<std::uint32_t>((c | 0x20) - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return value;
}

// at: of the opening quote.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (++at; at < text.size();) {
    const char c = text[at];
    if (c == '"') return at + 1;
    if (static_cast<unsigned char>(c) < 0x20) return kNone;
    if (c != '\\') {
      ++at;
      continue;
    }
    const char escaped = at_or_nul(text, at + 1);
    if (escaped == 'u') {
      if (!hex4(text, at + 2)) return kNone;
      at += 6;
    } else if (escaped != '\0' && std::string_view("\"\\/bfnrt").find(escaped) != kNone) {
      at += 2;
    } else {
      return kNone;
    }
  }
  return kNone;
}

std::size_t digits_end(std::string_view text, std::size_t at) {
  while (is_digit(at_or_nul(text, at))) ++at;
  return at;
}

std::size_t number_end(std::string_view text, std::size_t at) {
  if (at_or_nul(text, at) == '-') ++at;
  std::size_t end = digits_end(text, at);
  if (end == at || (text[at] == '0' && end > at + 1)) return kNone;
  if (at_or_nul(text, end) == '.') {
    at = end + 1;
    end = digits_end(text, at);
    if (end == at) return kNone;
  }
  if ((at_or_nul(text, end) | 0x20) == 'e') {
    at = end + 1;
    if (at_or_nul(text, at) == '+' || at_or_nul(text, at) == '-') ++at;
    end = digits_end(text, at);
    if (end == at) return kNone;
  }
  return end;
}

// Of what holds no other value.
std::size_t scalar_end(std::string_view text, std::size_t at) {
  for (const std::string_view word : {"true", "false", "null"}) {
    if (text.substr(at).starts_with(word)) return at + word.size();
  }
  return at_or_nul(text, at) == '"' ? string_end(text, at) : number_end(text, at);
}

// A member's name, and the colon behind it: where its value begins.
std::size_t name_end(std::string_view text, std::size_t at) {
  if (at_or_nul(text, at) != '"') return kNone;
  at = string_end(text, at);
  if (at == kNone) return kNone;
  at = json_skip_blanks(text, at);
  return at_or_nul(text, at) == ':' ? json_skip_blanks(text, at + 1) : kNone;
}

void append_utf8(std::uint32_t point, std::string& out) {
  const auto push = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    push(point);
    return;
  }
  if (point < 0x800) {
    push(0xC0 | (point >> 6));
  } else {
    if (point < 0x10000) {
      push(0xE0 | (point >> 12));
    } else {
      push(0xF0 | (point >> 18));
      push(0x80 | ((point >> 12) & 0x3F));
    }
    push(0x80 | ((point >> 6) & 0x3F));
  }
  push(0x80 | (point & 0x3F));
}

char unescaped(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
  }
}

}  // namespace

std::size_t json_skip_blanks(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r')) ++at;
  return at;
}

std::size_t json_end(std::string_view text, std::size_t at) noexcept {
  std::bitset<kJsonDepth> is_object;  // of the arrays and objects that are open
  std::size_t depth = 0;
  for (;;) {  // a value begins at `at`
    const char c = at_or_nul(text, at);
    const bool opens = c == '{' || c == '[';
    bool is_empty = false;
    if (opens) {
      if (depth == kJsonDepth) return kNone;
      is_object[depth++] = c == '{';
      at = json_skip_blanks(text, at + 1);
      is_empty = at_or_nul(text, at) == (c == '{' ? '}' : ']');
    } else {
      at = scalar_end(text, at);
      if (at == kNone) return kNone;
    }
    if (!opens || is_empty) {  // something has ended: what is behind it?
      while (depth > 0) {
        at = json_skip_blanks(text, at);
        if (at_or_nul(text, at) != (is_object[depth - 1] ? '}' : ']')) break;
        --depth;
        ++at;
      }
      if (depth == 0) return at;
      if (at_or_nul(text, at) != ',') return kNone;
      at = json_skip_blanks(text, at + 1);
    }
    if (is_object[depth - 1]) at = name_end(text, at);
    if (at == kNone) return kNone;
  }
}

bool JsonMembers::next() noexcept {
  const bool is_first = at_ == 0;
  const char before = at_or_nul(object_, at_);
  if (is_closed_ || before != (is_first ? '{' : ',')) {
    if (!is_closed_ && !is_first && before == '}') {
      is_closed_ = true;
      ++at_;
    }
    return false;
  }
  const std::size_t name = json_skip_blanks(object_, at_ + 1);
  if (is_first && at_or_nul(object_, name) == '}') {
    is_closed_ = true;
    at_ = name + 1;
    return false;
  }
  const std::size_t name_end = at_or_nul(object_, name) == '"' ? string_end(object_, name) : kNone;
  if (name_end == kNone) return false;
  const std::size_t colon = json_skip_blanks(object_, name_end);
  if (at_or_nul(object_, colon) != ':') return false;
  const std::size_t value = json_skip_blanks(object_, colon + 1);
  const std::size_t value_end = json_end(object_, value);
  if (value_end == kNone) return false;
  name_ = object_.substr(name + 1, name_end - name - 2);
  value_ = object_.substr(value, value_end - value);
  at_ = json_skip_blanks(object_, value_end);
  return true;
}

bool is_json(std::string_view text) noexcept {
  const std::size_t end = json_end(text, json_skip_blanks(text, 0));
  return end != kNone && json_skip_blanks(text, end) == text.size();
}

std::optional<std::string> unescaped_json(std::string_view inside) {
  std::string out;
  out.reserve(inside.size());
  for (std::size_t at = 0; at < inside.size();) {
    const std::size_t escape = std::min(inside.find('\\', at), inside.size());
    out.append(inside.substr(at, escape - at));
    at = escape;
    if (at + 1 >= inside.size()) break;
    if (inside[at + 1] != 'u') {
      out.push_back(unescaped(inside[at + 1]));
      at += 2;
      continue;
    }
    std::uint32_t point = hex4(inside, at + 2).value_or(0xD800);
    at += 6;
    if (point >= 0xD800 && point < 0xDC00) {
      const auto low =
          inside.substr(std::min(at, inside.size())).starts_with("\\u") ? hex4(inside, at + 2) : std::nullopt;
      if (!low || *low < 0xDC00 || *low > 0xDFFF) return std::nullopt;
      point = 0x10000 + ((point - 0xD800) << 10) + (*low - 0xDC00);
      at += 6;
    } else if (point >= 0xDC00 && point <= 0xDFFF) {
      return std::nullopt;
    }
    append_utf8(point, out);
  }
  return out;
}

}  // namespace penstock
