#include "load/attempt.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/utf8.h"
#include "penstock/error.h"

namespace penstock {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kLabelBytes = 320;

// The label's own separators, blanks and control characters as %XX.
std::string escaped(std::string_view name, std::string_view separators) {
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7F || c == '%' || separators.find(c) != std::string_view::npos) {
      out += fmt::format("%{:02X}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ec == std::errc()) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// What stands before the separator; the text goes on behind it.
std::string_view cut(std::string_view& text, char separator) {
  const std::size_t at = text.find(separator);
  const std::string_view before = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return before;
}

}  // namespace

std::string new_id() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) throw Error(ErrorKind::internal, "OpenSSL gave no random bytes");
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
  std::string id;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) id += '-';
    id += fmt::format("{:02x}", bytes[i]);
  }
  return id;
}

bool is_id(std::string_view text) noexcept {
  constexpr std::string_view kShape = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
  return std::ranges::equal(text, kShape, [](char c, char shape) {
    if (shape == 'x') return ("0123456789abcdef"sv).find(c) != std::string_view::npos;
    if (shape == 'y') return ("89ab"sv).find(c) != std::string_view::npos;
    return c == shape;
  });
}

std::string to_string(const AttemptLabel& label) {
  std::string text =
      fmt::format("{}{}:{}.{}", kLabelStart, label.attempt_id, escaped(label.schema, ":."), escaped(label.table, ":."));
  const std::string date = ":" + escaped(label.data_date, "");
  if (text.size() + date.size() <= kLabelBytes) text += date;
  text.resize(whole_characters(text, kLabelBytes).size());
  return text;
}

std::optional<AttemptLabel> read_label(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);  // char(320) comes padded
  if (!text.starts_with(kLabelStart)) return std::nullopt;
  text.remove_prefix(kLabelStart.size());
  AttemptLabel label;
  label.attempt_id = cut(text, ':');
  std::string_view names = cut(text, ':');
  label.schema = unescaped(cut(names, '.'));
  label.table = unescaped(names);
  label.data_date = unescaped(text);
  return label;
}

}  // namespace penstock
