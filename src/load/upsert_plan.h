// The statements of an upsert, decided before any is sent.
//
// The batch is copied into a temporary stage table, where its keys are looked at; then rows of the target give way and
// the stage's winners go in. MERGE is not used: it fails over repeated keys, and gives no order. Without a key the
// batch is copied straight into the target, unless it carries positions, which the target has no column for.
//
// Pure: the cases in upsert_plan_test.cc are its specification, and --dry-run prints what it returns.
//
// Errors: refused, all of it listed: columns that the table has not, a key or order that the batch lacks, identity
// columns, columns of the table that would be emptied in rows that give way.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/target.h"
#include "penstock/upsert.h"
#include "redshift/catalog.h"
#include "redshift/copy.h"
#include "redshift/sql.h"

namespace penstock {

inline constexpr char kStageTable[] = "penstock_stage";
inline constexpr char kPositionColumn[] = "penstock_position";

// What is to be written, as COPY reads it.
struct Batch {
  std::vector<std::string> columns{};  // the table's names, in the order in which they are copied
  std::vector<std::string> types{};    // of them, as the catalog prints them
  bool has_position = false;           // after them, each record's position in the source
  redshift::CopyFormat format{};
  redshift::CopyCompression compression = redshift::CopyCompression::none;
  std::optional<std::string> null_as{};
  bool empty_as_null = false;  // in columns of text
  redshift::CopyAccess access{};
  std::optional<std::string> region{};
};

struct UpsertPlan {
  std::optional<redshift::Statement> make_stage{};     // unset: the batch goes straight into the target
  std::optional<redshift::Statement> clear{};          // before a COPY straight into it: all rows give way
  redshift::Statement copy{};                          //
  std::optional<redshift::Statement> null_keys{};      // → how many rows of the stage have no key
  std::optional<redshift::Statement> repeated_keys{};  // → some keys, and how many rows each has
  std::optional<redshift::Statement> drop_older{};     // rows of the stage that the target's are newer than
  std::optional<redshift::Statement> remove{};         // the target's rows that give way
  std::optional<redshift::Statement> insert{};
  std::optional<redshift::Statement> drop_stage{};
  std::optional<redshift::Statement> forget{};  // the files that all the replaced rows came from
};

// Of a header's field: what the column is called, without the blanks around it.
std::string_view column_name(std::string_view field) noexcept;
std::vector<std::string> column_names_of(const std::vector<std::string>& header);
// The table's name for each of the source's columns; case doesn't count. not_found: all that the table has not.
std::vector<std::string> match_columns(const std::vector<std::string>& names, const redshift::CatalogTable& table,
                                       const std::string& source);
// Of columns of the table, by its names for them.
std::vector<std::string> types_of(const std::vector<std::string>& columns, const redshift::CatalogTable& table);
// Those that a source which names none (JSON) is copied into: all but identity columns.
std::vector<std::string> writable_columns(const redshift::CatalogTable& table);

UpsertPlan plan_upsert(const Target& target, const redshift::CatalogTable& table, const Batch& batch,
                       const UpsertOptions& how, const std::string& manifest_uri);

std::vector<redshift::Statement> statements_of(const UpsertPlan& plan);  // in their order

}  // namespace penstock
