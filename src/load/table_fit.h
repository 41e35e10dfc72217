// What must be done to a table so that a source's columns have a place in it: make it, add columns, or nothing.
//
// Names are folded as Redshift folds them. A table that is made has the key as its primary key where the upsert itself
// keeps it one: Redshift plans by it and does not enforce it.
//
// Pure: the cases in table_fit_test.cc are its specification, and --dry-run prints what it returns.
//
// Errors: refused, all of it listed: names that no column can have, values that no column takes, keys that the source
// has not or that lack values, distribution and sort keys other than those of the table that is there; not_found: there
// is no table, and none is to be made.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "discovery/discover.h"
#include "load/target.h"
#include "penstock/upsert.h"
#include "redshift/catalog.h"
#include "redshift/sql.h"

namespace penstock {

struct TableFit {
  std::vector<redshift::Statement> statements{};  // CREATE TABLE, or an ALTER TABLE … ADD COLUMN for each new column
  redshift::CatalogTable table{};                 // as it is after them
};

// Whether the columns' types must be known: the table is to be made, or may get columns. names: of the source's
// columns; nullopt: not known without reading all of it.
bool needs_types(const std::optional<redshift::CatalogTable>& found,
                 const std::optional<std::vector<std::string>>& names, const UpsertOptions& how);

// columns: the source's; none where needs_types() said so.
TableFit fit_table(const Target& target, const std::optional<redshift::CatalogTable>& found,
                   std::span<const discovery::Column> columns, const UpsertOptions& how);

}  // namespace penstock
