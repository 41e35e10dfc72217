#include "cli/words.h"

#include <fmt/format.h>

#include <array>
#include <ranges>

#include "base/text.h"

namespace penstock::cli {

std::vector<std::string> split_list(const std::vector<std::string>& lists) {
  std::vector<std::string> names;
  for (const std::string& list : lists) {
    std::string_view rest = list;
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      std::string_view name = rest.substr(0, comma);
      while (name.starts_with(' ')) name.remove_prefix(1);
      while (name.ends_with(' ')) name.remove_suffix(1);
      if (!name.empty()) names.emplace_back(name);
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
  }
  return names;
}

std::optional<char> read_character(std::string_view option, const std::string& text, Problems& problems) {
  if (text.empty()) return std::nullopt;
  if (text == "\\t") return '\t';
  if (text.size() == 1) return text[0];
  problems.add(fmt::format("{} '{}' is not one character", option, printable(text)));
  return std::nullopt;
}

std::optional<int> read_number(const std::string& text) {
  constexpr std::size_t kDigits = 7;
  if (text.empty() || text.size() > kDigits || text.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  return std::stoi(text);
}

std::optional<std::chrono::seconds> read_seconds(std::string_view option, const std::string& text, Problems& problems) {
  if (text.empty()) return std::nullopt;
  if (const auto seconds = read_number(text)) return std::chrono::seconds(*seconds);
  problems.add(fmt::format("{} '{}' is not a number of seconds", option, printable(text)));
  return std::nullopt;
}

std::optional<std::chrono::seconds> read_duration(std::string_view option, const std::string& text,
                                                  Problems& problems) {
  if (text.empty()) return std::nullopt;
  const auto number = read_number(text.substr(0, text.size() - 1));
  const auto seconds = [&]() -> std::optional<std::chrono::seconds> {
    if (!number) return std::nullopt;
    switch (text.back()) {
      case 's':
        return std::chrono::seconds(*number);
      case 'm':
        return std::chrono::minutes(*number);
      case 'h':
        return std::chrono::hours(*number);
      case 'd':
        return std::chrono::days(*number);
      default:
        return std::nullopt;
    }
  }();
  if (!seconds) problems.add(fmt::format("{} '{}' is no time such as 90s, 15m, 24h or 7d", option, printable(text)));
  return seconds;
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view several) {
  return fmt::format("{} {}", count, count == 1 ? one : several);
}

std::string amount_in_words(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
  constexpr double kThousand = 1000;
  auto amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; amount >= kThousand && unit + 1 < kUnits.size(); ++unit) amount /= kThousand;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", amount, kUnits[unit]);
}

void print_plan(std::ostream& out, const std::vector<std::string>& plan) {
  for (const std::string& step : plan) {
    std::string_view indent = "  ";
    for (const auto line : std::views::split(step, '\n')) {
      out << indent << printable(std::string_view(line.begin(), line.end())) << '\n';
      indent = "    ";
    }
  }
}

}  // namespace penstock::cli
