// How COPY reads the records: which columns, in which order, and whether a first line is a header.
//
// JSON goes by the keys of its objects, Parquet by the names in its footers. CSV goes by its header when the first
// record of every object is one, else by position in the config's order; `gz` and no suffix, UNLOAD's text, always by
// position.
//
// Threads: one. Errors: invalid (an option that means nothing for this format), refused (names that don't fit the
// config, objects of one load that differ), conflict (an object changed since it was listed), and the store's.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "load/data_set.h"
#include "penstock/load.h"
#include "penstock/store.h"
#include "redshift/copy.h"
#include "table/config.h"

namespace penstock {

struct CopyShape {
  std::vector<std::string> columns;
  redshift::CopyFormat format;
  std::optional<std::string> null_as;
};

// Reads the first record, or the footer, of every object.
CopyShape read_shape(Buckets& buckets, const DataSet& data, const table::TableConfig& config, const LoadOptions& how,
                     const std::stop_token& stop);

// Pure: what a CSV file's first record is to the config. The columns in the header's order; nullopt: it is data.
// refused: it looks like a header, and is not one of these columns alone.
std::optional<std::vector<std::string>> read_header(const std::vector<std::string>& first_record,
                                                    const table::TableConfig& config, const std::string& uri);
// Pure: a Parquet file's columns as the config's, in the file's order. refused: it has one that the config has not.
std::vector<std::string> match_names(const std::vector<std::string>& names, const table::TableConfig& config,
                                     const std::string& uri);

}  // namespace penstock
