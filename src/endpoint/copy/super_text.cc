#include "endpoint/copy/super_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "endpoint/copy/json_scanner.h"

namespace penstock::endpoint {
namespace {

constexpr std::string_view kSpacing = " \n\t\r";

std::string too_large(std::size_t most) { return fmt::format("String value exceeds the max size of {} bytes", most); }

// Behind the string whose quote is at `open`; the text is valid.
std::size_t behind_string(std::string_view text, std::size_t open) noexcept {
  std::size_t at = open + 1;
  while (text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return at + 1;
}

}  // namespace

std::optional<std::string> append_super(std::string& out, std::string_view text, std::size_t longest_string) {
  JsonScanner scanner(text);
  scanner.skip_space();
  JsonValue value;
  if (!scanner.value(value)) return "Invalid JSON in a SUPER column";
  scanner.skip_space();
  if (!scanner.at_end()) return "Invalid JSON in a SUPER column";
  const std::size_t before = out.size();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end =
        text[at] == '"' ? behind_string(text, at) : std::min(text.find_first_of(" \n\t\r\"", at), text.size());
    constexpr std::size_t kQuotes = 2;
    if (text[at] == '"' && end - at - kQuotes > longest_string) return too_large(longest_string);
    out.append(text, at, end - at);
    at = std::min(text.find_first_not_of(kSpacing, end), text.size());
  }
  if (out.size() - before > kLargestSuper) return too_large(kLargestSuper);
  return std::nullopt;
}

}  // namespace penstock::endpoint
