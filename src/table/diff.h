// What must be done to a table so that it fits its config: create it, add columns, or nothing; or why it can't be.
//
// Pure: the cases in diff_test.cc are its specification.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "redshift/catalog.h"
#include "redshift/sql.h"
#include "table/config.h"

namespace penstock::table {

struct Evolution {
  std::vector<redshift::Statement> statements;  // CREATE TABLE, or one ALTER TABLE … ADD COLUMN per new column
  std::vector<std::string> drift;               // a sentence each; non-empty: nothing may be done
};

// Drift: a configured column whose type (varchar's width apart: a wider or narrower column is left as it is), default,
// NOT NULL, or place in the keys differs from the table's. Columns that only the table has are left alone.
Evolution evolve(const TableConfig& wanted, const std::optional<redshift::CatalogTable>& found);

}  // namespace penstock::table
