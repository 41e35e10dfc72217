#include "local/shell.h"

#include <algorithm>

namespace penstock::local {

std::string shell_quoted(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./:=@%+,").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::ranges::all_of(text, plain)) return std::string(text);
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += R"('\'')";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string shell_lines(const std::vector<Setting>& settings) {
  std::string out;
  for (const auto& [name, value] : settings) {
    out += value ? "export " + name + "=" + shell_quoted(*value) + "\n" : "unset " + name + "\n";
  }
  return out;
}

}  // namespace penstock::local
