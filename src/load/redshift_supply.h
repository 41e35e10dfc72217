// A supply that a cluster writes: the rows of a query, by UNLOAD, staged as CSV in zstd. The cluster may be the
// target's own.
//
//     redshift://user:password@host:port/database                  with a query
//     redshift://user:password@host:port/database::schema.table    all rows of a table
//
// What the URI leaves out, all of it in redshift://, comes from the session's own REDSHIFT_*.
//
// CSV and not Parquet: COPY takes text for any type that can hold it, and Parquet only for the physical type that it
// was; UNLOAD to Parquet drops the zone of timestamptz, and takes no varbyte. Numbers and times are exact in CSV; NULL
// is a text that no value is, drawn for each load.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/supply.h"

namespace penstock {

struct RedshiftAddress {
  std::string uri;                     // of the server; may hold a password
  std::optional<std::string> table{};  // what stands behind ::, as it stands there
};
RedshiftAddress read_redshift_address(std::string_view source);

// What of the options can't be with such a source; nothing where there is none.
std::vector<std::string> problems_of_redshift(const UpsertOptions& options);

// Errors: invalid (the URI), those of the connection and of the query, and of load/unload.cc.
std::unique_ptr<Supply> redshift_supply(const UpsertOptions& options, const LoadContext& context,
                                        const StagingBase& base, const std::string& load_id);

}  // namespace penstock
