// What the cluster's catalog says of a table.
//
// Asks pg_table_def-like facts of pg_class, pg_attribute, pg_attrdef and pg_constraint by schema and name, so that
// the session's search_path doesn't matter.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "redshift/connection.h"

namespace penstock::redshift {

struct CatalogColumn {
  std::string name;
  std::string type;  // as format_type says it: "character varying(256)", "timestamp without time zone"
  bool not_null = false;
  std::optional<std::string> default_expression{};  // as the catalog prints it: 'x'::character varying
  bool primary_key = false;
  bool dist_key = false;
  int sort_order = 0;  // 1..n in a compound sort key; 0: not in it
};

struct CatalogTable {
  std::string schema;
  std::string name;
  std::vector<CatalogColumn> columns;  // in the table's order, without dropped ones
};

bool schema_exists(Transaction& transaction, const std::string& schema);
// nullopt: no such table. refused: a view or another relation of that name.
std::optional<CatalogTable> read_table(Transaction& transaction, const std::string& schema, const std::string& name);

}  // namespace penstock::redshift
