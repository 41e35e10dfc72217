#include "load/load_errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/text.h"
#include "base/utf8.h"
#include "load/sql_files.h"

namespace penstock {
namespace {

using redshift::Connection;
using redshift::fill;
using redshift::Result;
using redshift::ServerError;
using redshift::Statement;

constexpr char kDoing[] = "reading the rows that COPY refused";

// char(n) comes padded with blanks.
std::string text_of(const std::optional<std::string>& value) {
  if (!value) return {};
  const std::size_t last = value->find_last_not_of(' ');
  return last == std::string::npos ? std::string() : value->substr(0, last + 1);
}

std::int64_t number_of(const std::optional<std::string>& value) {
  const std::string text = text_of(value);
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Result ask(Connection& connection, const Statement& queries, int limit) {
  try {
    return connection.execute(fill(sql::kLoadErrors, {{"queries", queries}, {"limit", std::int64_t{limit}}}), kDoing);
  } catch (const ServerError& e) {
    if (e.kind() != ErrorKind::denied) throw;
  }
  return connection.execute(fill(sql::kLoadErrorDetails, {{"queries", queries}, {"limit", std::int64_t{limit}}}),
                            kDoing);
}

// Enough of a value to know it again.
std::string start_of(std::string_view value) {
  constexpr std::size_t kShown = 100;
  const std::string_view start = whole_characters(value, kShown);
  return printable(start) + (start.size() < value.size() ? "…" : "");
}

}  // namespace

std::map<std::int64_t, std::vector<LoadErrorRow>> load_errors(Connection& connection,
                                                              const std::vector<std::int64_t>& queries, int limit) {
  std::map<std::int64_t, std::vector<LoadErrorRow>> errors;
  if (queries.empty()) return errors;
  const auto list = redshift::comma_separated(queries, [](std::int64_t query) { return query; });
  for (const auto& row : ask(connection, list, limit).rows) {
    errors[number_of(row.at(0))].push_back({.object = text_of(row.at(1)),
                                            .line = number_of(row.at(2)),
                                            .column = text_of(row.at(3)),
                                            .type = text_of(row.at(4)),
                                            .raw_value = text_of(row.at(5)),
                                            .raw_line = text_of(row.at(6)),
                                            .code = static_cast<int>(number_of(row.at(7))),
                                            .reason = text_of(row.at(8))});
  }
  return errors;
}

std::string in_words(const LoadErrorRow& row) {
  std::string text = printable(row.object);
  if (row.line > 0) text += fmt::format(" line {}", row.line);
  if (!row.column.empty()) text += fmt::format(", column {} ({})", printable(row.column), printable(row.type));
  text += fmt::format(": {} (code {})", printable(row.reason), row.code);
  if (!row.raw_value.empty()) {
    text += fmt::format("; value '{}'", start_of(row.raw_value));
  } else if (!row.raw_line.empty() && row.column.empty()) {
    text += fmt::format("; line '{}'", start_of(row.raw_line));
  }
  return text;
}

}  // namespace penstock
