// The config of one load: beside its data, or where --config says.
//
// Threads: one. Errors: invalid (the config's own problems; a local file that can't be read), not_found (no config
// where it was looked for), and the store's.
#pragma once

#include <string>

#include "load/data_file.h"
#include "penstock/load.h"
#include "penstock/store.h"
#include "table/config.h"

namespace penstock {

// The config of `table` for this data file.
table::TableConfig read_table_config(Buckets& buckets, const LoadOptions& options, const std::string& table,
                                     const DataFile& file);

}  // namespace penstock
