// UTF-8, where text has to be cut.
//
// Threads: any. Errors: none.
#pragma once

#include <cstddef>
#include <string_view>

namespace penstock {

// The text's first bytes, at most so many, of whole characters.
inline std::string_view whole_characters(std::string_view text, std::size_t bytes) noexcept {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

}  // namespace penstock
