// Where text stops being UTF-8, by Redshift's numbers for what is wrong with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::endpoint {

struct BadSequence {
  std::size_t offset = 0;
  std::size_t size = 0;  // the bytes that belong together and are wrong; what follows may be right
  int error =
      0;  // 1 too long, 2 cut off, 3 start byte, 4 trailing byte, 5 surrogate, 8 beyond U+10FFFF, 9 no code point
};

bool is_ascii(std::string_view text) noexcept;
// The first bad sequence at or behind `from`. strict: also U+FDD0–FDEF and U+xxFFFE, U+xxFFFF (error 9), which
// Redshift takes as they are but replaces under ACCEPTINVCHARS.
std::optional<BadSequence> first_bad_sequence(std::string_view text, std::size_t from = 0,
                                              bool strict = false) noexcept;
// Surrogates, too, become three bytes, which are no UTF-8.
void append_utf8(std::string& out, std::uint32_t code_point);
std::string hex(std::string_view bytes);  // "e0 a1"

}  // namespace penstock::endpoint
