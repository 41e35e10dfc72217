#include "staging/chunk_text.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "base/text.h"
#include "base/utf8.h"
#include "penstock/error.h"

namespace penstock::staging {

std::uint64_t line_at(const Chunk& chunk, std::size_t at) noexcept {
  const std::string_view before = chunk.text().substr(0, at);
  return chunk.first_line + static_cast<std::uint64_t>(std::count(before.begin(), before.end(), '\n'));
}

void refuse_at(const Chunk& chunk, std::string_view input, std::size_t at, std::string_view what) {
  throw Error(ErrorKind::refused, fmt::format("{} line {}: {}", printable(input), line_at(chunk, at), what));
}

void refuse_unless_text(const Chunk& chunk, std::string_view input) {
  const std::string_view text = chunk.text();
  if (!simdjson::validate_utf8(text)) {
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t length = text.find('\n', at) + 1 - at;
      if (!is_utf8(text.substr(at, length))) {
        refuse_at(chunk, input, at, "the bytes are no UTF-8; convert the file first");
      }
      at += length;
    }
  }
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    refuse_at(chunk, input, nul, "there is a NUL byte, which Redshift's text can't hold");
  }
}

std::string start_of(std::string_view value) {
  constexpr std::size_t kShown = 100;
  if (value.size() <= kShown) return std::string(value);
  return std::string(whole_characters(value, kShown)) + "…";
}

}  // namespace penstock::staging
