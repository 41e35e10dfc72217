// What lies in S3 and was looked at: text, every record of it; Parquet and ORC, the footers. COPY reads it where it
// lies, if the rows are then those that its batches would have made; else its batches are staged.
//
// COPY takes an unquoted empty field of CSV and a quoted one for the same, in all columns of text at once: they may not
// be both there. Nor may a value be of another type than its column: COPY would take its text, and batches its value.
// Of Parquet and ORC, COPY takes the columns by their position, and refuses types that are not just the column's.
//
// Threads: one. Errors: those of penstock/upsert.h; conflict: an object is not any more what was looked at.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "codec/decompress.h"
#include "columnar/batches.h"
#include "discovery/discover.h"
#include "load/source_objects.h"
#include "load/supply.h"
#include "penstock/upsert.h"
#include "redshift/copy.h"

namespace penstock {

struct LookedAt {
  std::string name{};                                                 // for people, and the ledger
  redshift::CopyFormat format{};                                      // of CSV with its header
  Codec codec = Codec::none;                                          // of all objects
  std::vector<SourceObject> objects{};                                // as they were looked at
  std::vector<discovery::Column> columns{};                           // of all records, in their order
  std::uint64_t records = 0;                                          //
  std::string must_be_staged{};                                       // why, whatever the table is; empty: it need not
  std::function<std::shared_ptr<columnar::BatchReader>()> batches{};  // reads it once more; called once at most
};

// Why COPY would make other rows of it than its batches; nullopt: it makes the same. Pure.
std::optional<std::string> reason_to_stage(const LookedAt& source, const redshift::CatalogTable& table);

std::unique_ptr<Supply> looked_at_supply(const LookedAt& source, const UpsertOptions& options,
                                         const LoadContext& context, const StagingBase& base,
                                         const std::string& load_id);

// options: without sources and stream. The source outlives the call.
UpsertOutcome upsert(const LookedAt& source, const UpsertOptions& options, const LoadContext& context,
                     const std::function<void(const UpsertProgress&)>& on_progress = {});

}  // namespace penstock
