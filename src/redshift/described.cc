#include "redshift/described.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "base/text.h"
#include "penstock/error.h"

namespace penstock::redshift {
namespace {

enum class Parentheses { none, length, digits };

struct Known {
  std::uint32_t oid;
  std::string_view name;
  Parentheses parentheses = Parentheses::none;
  int longest = 0;  // where the length is not said
};

constexpr auto kKnown = std::to_array<Known>({
    {16, "boolean"},
    {17, "binary varying", Parentheses::length, 1'024'000},
    {18, "character", Parentheses::length, 1},
    {19, "character varying", Parentheses::length, 128},
    {20, "bigint"},
    {21, "smallint"},
    {23, "integer"},
    {25, "character varying", Parentheses::length, 65'535},
    {26, "bigint"},
    {700, "real"},
    {701, "double precision"},
    {705, "character varying", Parentheses::length, 65'535},
    {1042, "character", Parentheses::length, 4'096},
    {1043, "character varying", Parentheses::length, 65'535},
    {1082, "date"},
    {1083, "time without time zone"},
    {1114, "timestamp without time zone"},
    {1184, "timestamp with time zone"},
    {1188, "interval year to month"},
    {1190, "interval day to second"},
    {1266, "time with time zone"},
    {1700, "numeric", Parentheses::digits},
    {2935, "hllsketch"},
    {3000, "geometry"},
    {3001, "geography"},
    {4000, "super"},
    {6551, "binary varying", Parentheses::length, 1'024'000},
});

constexpr int kHeader = 4;  // bytes that a modifier counts beside its own

}  // namespace

std::optional<std::string> type_text(const ColumnType& type) {
  const auto* known = std::ranges::find(kKnown, type.oid, &Known::oid);
  if (known == kKnown.end()) return std::nullopt;
  const bool is_said = type.modifier >= kHeader;
  const int said = type.modifier - kHeader;
  switch (known->parentheses) {
    case Parentheses::length:
      return fmt::format("{}({})", known->name, is_said && said > 0 ? said : known->longest);
    case Parentheses::digits:
      return is_said ? fmt::format("{}({},{})", known->name, said >> 16, said & 0xFFFF) : std::string(known->name);
    case Parentheses::none:
      break;
  }
  return std::string(known->name);
}

std::vector<DescribedColumn> describe(Connection& connection, const Query& query, const std::string& doing) {
  const Result result = connection.execute(Sql("SELECT * FROM ") << query << Sql(" AS penstock_query LIMIT 0"), doing);
  std::vector<DescribedColumn> columns;
  std::vector<std::string> problems;
  std::set<std::string> seen;
  for (std::size_t i = 0; i < result.columns.size(); ++i) {
    const std::string& name = result.columns[i];
    const auto type = type_text(result.types[i]);
    if (!type) {
      problems.push_back(fmt::format("column {} is of a type (number {}) that is not known: cast it to another",
                                     printable(name), result.types[i].oid));
    }
    if (name.empty() || name == "?column?") {
      problems.push_back(fmt::format("column {} has no name: give it one by AS", i + 1));
    } else if (!seen.insert(name).second) {
      problems.push_back(fmt::format("column {} is there twice: call one otherwise by AS", printable(name)));
    }
    columns.push_back({.name = name, .type = type.value_or("")});
  }
  if (!problems.empty()) {
    throw Error(ErrorKind::refused, fmt::format("{}: {}", doing, fmt::join(problems, "; ")));
  }
  return columns;
}

}  // namespace penstock::redshift
