// A PostgreSQL server as users name it: postgresql://user:password@host:port/database?option=value, and behind the
// database, if it is a table that is meant, ::schema.table.
//
// What the URI leaves out is found as libpq finds it: PGHOST, PGUSER, PGPASSWORD, PGSSLMODE … and ~/.pgpass; its
// options are libpq's. What follows :: is exact: no quotes, no folding of case; without a schema it is looked for along
// the search_path.
//
// Threads: any. Errors: invalid; no message shows a password.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "penstock/secret.h"
#include "penstock/uri.h"

namespace penstock::postgres {

struct TableName {
  std::string schema;  // empty: along the search_path
  std::string table;
};

struct Address {
  ServerUri server;
  std::optional<TableName> table;
};

bool is_address(std::string_view text) noexcept;  // begins as one
Address parse_address(std::string_view uri);

// What libpq is told. The encoding, and what shows a server that is gone, are ours.
Secret conninfo(const ServerUri& server, std::string_view application_name);

}  // namespace penstock::postgres
