#include "endpoint/copy/utf8_check.h"

#include <fmt/format.h>

#include <cstring>

namespace penstock::endpoint {
namespace {

bool is_trailing(unsigned char c) noexcept { return (c & 0xc0) == 0x80; }

// The length that a start byte announces; 0: none.
std::size_t announced_length(unsigned char start) noexcept {
  if (start < 0x80) return 1;
  if (start < 0xc0) return 0;
  if (start < 0xe0) return 2;
  if (start < 0xf0) return 3;
  if (start < 0xf8) return 4;
  if (start < 0xfc) return 5;
  return start < 0xfe ? 6 : 0;
}

int fault_of(std::uint32_t code_point, std::size_t length, bool strict) noexcept {
  static constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code_point < kSmallest[length]) return 9;
  if (code_point >= 0xd800 && code_point <= 0xdfff) return 5;
  if (code_point > 0x10ffff) return 8;
  const bool noncharacter = (code_point >= 0xfdd0 && code_point <= 0xfdef) || (code_point & 0xfffe) == 0xfffe;
  return strict && noncharacter ? 9 : 0;
}

// What is wrong with the character at `offset`, whose start byte is not ASCII; size and error 0: nothing.
BadSequence check_character(std::string_view text, std::size_t offset, bool strict, std::size_t& length) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[offset + i]); };
  length = announced_length(byte(0));
  if (length == 0) return {offset, 1, 3};
  std::size_t there = 1;
  while (there < length && offset + there < text.size() && is_trailing(byte(there))) ++there;
  if (there < length) return {offset, there, offset + there == text.size() ? 2 : 4};
  if (length > 4) return {offset, length, 1};
  std::uint32_t code_point = byte(0) & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) code_point = code_point << 6 | (byte(i) & 0x3fU);
  const int fault = fault_of(code_point, length, strict);
  return fault == 0 ? BadSequence{} : BadSequence{offset, length, fault};
}

std::size_t ascii_prefix(std::string_view text, std::size_t from) noexcept {
  static constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::size_t at = from;
  for (std::uint64_t word = 0; at + sizeof word <= text.size(); at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    if (word & kHighBits) break;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

}  // namespace

bool is_ascii(std::string_view text) noexcept { return ascii_prefix(text, 0) == text.size(); }

std::optional<BadSequence> first_bad_sequence(std::string_view text, std::size_t from, bool strict) noexcept {
  std::size_t at = ascii_prefix(text, from);
  while (at < text.size()) {
    std::size_t length = 0;
    const BadSequence bad = check_character(text, at, strict, length);
    if (bad.error != 0) return bad;
    at = ascii_prefix(text, at + length);
  }
  return std::nullopt;
}

void append_utf8(std::string& out, std::uint32_t code_point) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xc0 | code_point >> 6);
    put(0x80 | (code_point & 0x3f));
  } else if (code_point < 0x10000) {
    put(0xe0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3f));
    put(0x80 | (code_point & 0x3f));
  } else {
    put(0xf0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3f));
    put(0x80 | (code_point >> 6 & 0x3f));
    put(0x80 | (code_point & 0x3f));
  }
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    if (!out.empty()) out += ' ';
    out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace penstock::endpoint
