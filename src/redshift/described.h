// What a query gives: its columns and their types, as the cluster describes the result. Nothing is run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "redshift/connection.h"
#include "redshift/sql.h"

namespace penstock::redshift {

struct DescribedColumn {
  std::string name;
  std::string type;  // as format_type says it: "character varying(256)"; "numeric" where its digits are not known
};

// Of the protocol's numbers for types, Redshift's own among them; nullopt: none of them.
std::optional<std::string> type_text(const ColumnType& type);

// doing: what each message begins with. Errors: those of the connection; refused, all of it: names that are there
// twice, columns without a name, types that we don't know.
std::vector<DescribedColumn> describe(Connection& connection, const Query& query, const std::string& doing);

}  // namespace penstock::redshift
