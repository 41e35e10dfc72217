// A table as it is read: by one query, or, where that is the same rows, by several side by side.
//
// An ordinary table's rows lie in blocks, and a row is in one block for whoever looks at one snapshot: ranges of blocks
// are read by a session each, all on one exported snapshot. Views, partitioned and inherited tables, and servers before
// PostgreSQL 14, which find no range without reading all, are read by one query.
//
// Threads: one. Errors: those of the session; not_found.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "postgres/address.h"
#include "postgres/session.h"

namespace penstock::postgres {

std::string quoted(const TableName& name);

struct Table {
  std::string sql;  // its name, quoted
  bool has_blocks = false;
  std::uint64_t blocks = 0;
};

Table look_at(Session& session, const TableName& name);

// How many sessions a table of that size is worth, at most `cores`.
unsigned streams_for(const Table& table, unsigned cores) noexcept;

// As many as there are streams, none of them with a row of another's; one if it has no blocks.
std::vector<std::string> queries_of(const Table& table, const std::vector<Column>& columns, unsigned streams);

}  // namespace penstock::postgres
