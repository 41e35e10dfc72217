#include "postgres/destination.h"

#include <fmt/format.h>

#include "base/text.h"
#include "penstock/error.h"
#include "postgres/table.h"

namespace penstock::postgres {
namespace {

constexpr int kHasGenerated = 120'000;

std::string columns_query(int version) {
  return fmt::format(
      "SELECT a.attname, CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) ELSE "
      "format_type(a.atttypid, a.atttypmod) END, a.attnotnull, a.atthasdef OR a.attidentity = 'd', "
      "a.attidentity = 'a' OR {} FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
      "WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid = ",
      version >= kHasGenerated ? "a.attgenerated <> ''" : "false");
}

}  // namespace

std::optional<Destination> find_destination(Session& session, const TableName& name) {
  Destination found{.sql = quoted(name), .columns = {}};
  const std::string doing = fmt::format("look for {} in {}", printable(found.sql), session.name());
  const auto relation =
      session.execute("SELECT oid, relkind IN ('r', 'p', 'f') FROM pg_class WHERE oid = to_regclass(" +
                          session.literal(found.sql) + ")",
                      doing);
  if (relation.empty()) return std::nullopt;
  if (relation[0][1] != "t") throw Error(ErrorKind::refused, doing + ": it is no table");
  const std::string oid = relation[0][0].value_or("0");
  for (const Row& row : session.execute(columns_query(session.version()) + oid + " ORDER BY a.attnum", doing)) {
    found.columns.push_back({.name = row[0].value_or(""),
                             .type = row[1].value_or(""),
                             .is_not_null = row[2] == "t",
                             .has_default = row[3] == "t",
                             .is_made = row[4] == "t"});
  }
  return found;
}

}  // namespace penstock::postgres
