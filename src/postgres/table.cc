#include "postgres/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "penstock/error.h"

namespace penstock::postgres {
namespace {

constexpr std::uint64_t kBlocksWorthAStream = 2048;  // 16 MiB
constexpr unsigned kMostStreams = 4;                 // unless told: the server has others to serve
constexpr int kFindsRanges = 140'000;

}  // namespace

std::string quoted(const TableName& name) {
  const std::string table = Session::identifier(name.table);
  return name.schema.empty() ? table : Session::identifier(name.schema) + "." + table;
}

Table look_at(Session& session, const TableName& name) {
  Table table{.sql = quoted(name)};
  const std::string doing = fmt::format("look for {} in {}", printable(table.sql), session.name());
  // relpages would be an estimate; what comes behind these blocks later is in the last range
  const auto found = session.execute(
      "SELECT c.relkind = 'r' AND a.amname = 'heap' AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhparent = c.oid), "
      "CASE WHEN c.relkind = 'r' THEN pg_relation_size(c.oid) / current_setting('block_size')::bigint ELSE 0 END "
      "FROM pg_class c LEFT JOIN pg_am a ON a.oid = c.relam WHERE c.oid = to_regclass(" +
          session.literal(table.sql) + ")",
      doing);
  if (found.empty()) throw Error(ErrorKind::not_found, doing + ": there is no such table, or it may not be seen");
  table.has_blocks = found[0][0] == "t" && session.version() >= kFindsRanges;
  const std::string blocks = found[0][1].value_or("0");
  std::from_chars(blocks.data(), blocks.data() + blocks.size(), table.blocks);
  return table;
}

unsigned streams_for(const Table& table, unsigned cores) noexcept {
  if (!table.has_blocks) return 1;
  const std::uint64_t worth = std::max<std::uint64_t>(1, table.blocks / kBlocksWorthAStream);
  return static_cast<unsigned>(std::min<std::uint64_t>(worth, std::clamp(cores, 1U, kMostStreams)));
}

std::vector<std::string> queries_of(const Table& table, const std::vector<Column>& columns, unsigned streams) {
  std::string select = "SELECT ";
  for (const Column& column : columns) {
    if (&column != &columns.front()) select += ", ";
    select += Session::identifier(column.name);
  }
  if (streams < 2 || !table.has_blocks) return {fmt::format("{} FROM {}", select, table.sql)};
  std::vector<std::string> queries;
  const auto begin_of = [&](unsigned stream) { return table.blocks * stream / streams; };
  for (unsigned i = 0; i < streams; ++i) {
    std::string query = fmt::format("{} FROM ONLY {} WHERE ctid >= '({},0)'", select, table.sql, begin_of(i));
    if (i + 1 < streams) query += fmt::format(" AND ctid < '({},0)'", begin_of(i + 1));
    queries.push_back(std::move(query));
  }
  return queries;
}

}  // namespace penstock::postgres
