// A table that rows are to be written into: its columns, as far as that matters.
//
// Threads: one. Errors: those of the session; refused: it is no table.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "postgres/address.h"
#include "postgres/session.h"

namespace penstock::postgres {

struct DestinationColumn {
  std::string name;
  std::string type;  // as format_type says it; of a domain what is under it
  bool is_not_null = false;
  bool has_default = false;  // or is an identity that may be written
  bool is_made = false;      // by the server, always: it may not be written
};

struct Destination {
  std::string sql;  // its name, quoted
  std::vector<DestinationColumn> columns;
};

std::optional<Destination> find_destination(Session& session, const TableName& name);  // nullopt: there is none

}  // namespace penstock::postgres
