#include "pq/server_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"

namespace penstock::pq {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = trimmed(text.substr(0, end));
    if (!line.empty()) lines.push_back(line);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return lines;
}

template <typename Lines>
std::string joined(const Lines& lines) {
  std::string out;
  for (const auto& line : lines) {
    if (!out.empty()) out += "; ";
    out += printable(line);
  }
  return out;
}

bool is_rule(std::string_view line) { return line.find_first_not_of('-') == std::string_view::npos; }

bool is_block(const std::vector<std::string_view>& lines) {
  return std::ranges::any_of(lines, is_rule) &&
         std::ranges::any_of(lines, [](std::string_view line) { return line.starts_with("code:"); });
}

// Of Redshift's block, what the primary message does not say.
std::vector<std::string> told_by_block(const std::vector<std::string_view>& lines, std::string_view primary) {
  std::vector<std::string> told;
  for (const auto line : lines) {
    const auto colon = line.find(':');
    if (is_rule(line) || colon == std::string_view::npos) continue;
    const auto value = trimmed(line.substr(colon + 1));
    const auto name = line.substr(0, colon);
    if (name == "error" && !value.empty() && primary.find(value) == std::string_view::npos) told.emplace_back(value);
    if (name == "context" && !value.empty()) told.emplace_back(value);
    if (name == "code") told.push_back("code " + std::string(value));
  }
  return told;
}

constexpr std::size_t kSqlstateLength = 5;

// Where in "FATAL:  28P01: password authentication failed" the SQLSTATE stands; npos when there is none.
std::size_t sqlstate_in(std::string_view text) {
  for (auto colon = text.find(": "); colon != std::string_view::npos; colon = text.find(": ", colon + 1)) {
    const auto at = text.find_first_not_of(' ', colon + 1);
    if (at == std::string_view::npos) break;
    const auto code = text.substr(at, kSqlstateLength);
    if (code.size() == kSqlstateLength && text.substr(at + kSqlstateLength).starts_with(": ") &&
        code.find_first_of("0123456789") != std::string_view::npos &&  // unlike FATAL
        code.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos) {
      return at;
    }
  }
  return std::string_view::npos;
}

constexpr std::array<std::string_view, 3> kLostAgainstAnother = {
    "could not complete because of conflict with concurrent transaction",
    "Serializable isolation violation",
    "could not serialize access",
};

}  // namespace

bool lost_against_another(std::string_view sqlstate, std::string_view primary, std::string_view detail) noexcept {
  if (sqlstate == "40001" || sqlstate == "40P01") return true;
  if (sqlstate != "XX000") return false;
  if (trimmed(primary) == "1023") return true;
  return std::ranges::any_of(kLostAgainstAnother, [&](std::string_view said) {
    return primary.find(said) != std::string_view::npos || detail.find(said) != std::string_view::npos;
  });
}

std::string in_one_line(std::string_view primary, std::string_view detail) {
  const std::string said = joined(lines_of(primary));
  const auto lines = lines_of(detail);
  const std::string more = is_block(lines) ? joined(told_by_block(lines, primary)) : joined(lines);
  return more.empty() ? said : said + "; " + more;
}

ErrorKind kind_of(std::string_view sqlstate, std::string_view message) noexcept {
  if (sqlstate.starts_with("28") || sqlstate == "42501") return ErrorKind::denied;
  if (sqlstate == "55P03") return ErrorKind::busy;  // a lock that was not to be had in time
  if (sqlstate == "3D000" || sqlstate == "3F000" || sqlstate == "42P01") return ErrorKind::not_found;
  // 08: connection, 53: out of connections, memory or disk, 57P: shut down
  if (sqlstate.starts_with("08") || sqlstate.starts_with("53") || sqlstate.starts_with("57P")) {
    return ErrorKind::unavailable;
  }
  if (lost_against_another(sqlstate, message, {})) return ErrorKind::unavailable;
  if (message.find("system is in resize mode") != std::string_view::npos) return ErrorKind::unavailable;
  return ErrorKind::refused;
}

Error connect_error(std::string_view doing, std::string_view libpq_words) {
  std::string code;
  std::vector<std::string> said_lines;  // libpq tries with and without TLS, and is refused alike
  for (const auto line : lines_of(libpq_words)) {
    if (line.starts_with("LOCATION:")) continue;
    std::string text(line);
    if (const auto at = sqlstate_in(text); at != std::string::npos) {
      code = text.substr(at, kSqlstateLength);
      const auto colon = text.find_last_not_of(' ', at - 1);
      text.erase(colon, at + kSqlstateLength - colon);  // ":  28P01", before the second colon
    }
    if (std::ranges::find(said_lines, text) == said_lines.end()) said_lines.push_back(std::move(text));
  }
  const std::string said = joined(said_lines);
  ErrorKind kind = ErrorKind::unavailable;
  if (!code.empty()) {
    kind = kind_of(code, said);
  } else if (const bool broke_off = said.find("SSL SYSCALL") != std::string::npos;
             !broke_off && (said.find("SSL") != std::string::npos || said.find("certificate") != std::string::npos)) {
    kind = ErrorKind::refused;  // by a check of ours: the server's certificate, or that it has none
  }
  return {kind, fmt::format("{}: {}", doing, said)};
}

}  // namespace penstock::pq
