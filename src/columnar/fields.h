// A column of a table as a field of Arrow's, and back, without loss: what Arrow's types can't say (how many bytes a
// text may have) is in the field's metadata, and comes back where it still fits. docs/types.md has the table.
//
// Threads: any. Errors: Error refused, naming the column: nothing of Arrow's, or of Redshift's, holds it.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string>

#include "table/type.h"

namespace penstock::columnar {

// SUPER is text that is JSON (arrow.json); a timestamptz has the zone UTC.
std::shared_ptr<arrow::Field> field_of(const std::string& name, const table::Type& type);

// Of any field, whoever made it.
table::Type table_type_of(const arrow::Field& field);

}  // namespace penstock::columnar
