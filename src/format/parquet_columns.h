// The columns of a Parquet object, read from its footer alone.
//
// Threads: any. Errors: Error refused, with the object's name, for what is no readable Parquet file; what the store
// throws passes through, conflict for an object overwritten since it was listed included.
#pragma once

#include <string>
#include <vector>

#include "penstock/store.h"

namespace penstock::format {

// Names of the top-level columns, in the file's order, in which COPY takes them. A nested column is one.
std::vector<std::string> parquet_columns(ObjectStore& store, const ObjectInfo& object);

}  // namespace penstock::format
