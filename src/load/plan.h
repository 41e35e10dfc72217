// What a load will do, decided before any of it is done.
//
// Pure: the cases in plan_test.cc are its specification, and --dry-run prints what it returns.
//
// Errors: conflict (an object is not what the ledger knows under its key), not_found (no such schema), refused (drift,
// all of it listed).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "load/copy_shape.h"
#include "load/data_set.h"
#include "load/guard.h"
#include "load/ledger.h"
#include "load/target.h"
#include "penstock/load.h"
#include "redshift/catalog.h"
#include "redshift/copy.h"
#include "redshift/sql.h"
#include "table/config.h"

namespace penstock {

// All that is known before the lock is taken.
struct LoadJob {
  Target target;
  table::TableConfig config;
  DataSet data;
  CopyShape shape;
  redshift::CopyAccess access;
  std::optional<std::string> region;
  std::string load_id;
};

// What the cluster says, asked under the lock.
struct TableState {
  bool schema_exists = false;
  std::optional<redshift::CatalogTable> table;
  std::optional<Instant> watermark;
  std::vector<KnownFile> known;  // of the ledger: files of the data's keys
};

struct LoadPlan {
  std::optional<std::string> skip;            // why nothing is to be done; then there is nothing else in the plan
  std::vector<redshift::Statement> make;      // CREATE SCHEMA, CREATE TABLE, ALTER TABLE … ADD COLUMN
  std::optional<redshift::Statement> remove;  // the rows that give way
  std::optional<redshift::Statement> forget;  // the ledger's rows of theirs
  // Rows of the data must not lie beyond this, or the next period's load would replace them unseen.
  std::optional<Instant> end_of_period;
  // Of loads whose rows give way; all of ours must lie there, or what stays of theirs would double them.
  std::optional<ReplacePeriod> replaced;
  redshift::Statement copy;
  std::string manifest;  // what is at manifest_uri
  std::string manifest_uri;
  std::string sha256;  // of the statements and the manifest
};

LoadPlan plan_load(const LoadJob& job, const TableState& found, const LoadOptions& how,
                   const std::string& manifest_uri);

// Every statement and object written, in their order, for people; secrets are masked.
std::vector<std::string> describe(const LoadPlan& plan, const LoadJob& job);

// column >= from AND column < to
redshift::Statement rows_within(const std::string& column, const InstantRange& range);

// Whose values the guard compares: a date column has days, not instants.
DateColumn date_column_of(const table::TableConfig& config);

}  // namespace penstock
