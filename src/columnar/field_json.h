// Fields of Arrow's as JSON, as Arrow's own integration tests write them: name, nullable, type, children, dictionary,
// metadata.
//
// Threads: any. Errors: field_json() of a table's column: Error refused, see fields.h.
#pragma once

#include <arrow/type_fwd.h>

#include <string>

#include "table/type.h"

namespace penstock::columnar {

std::string field_json(const arrow::Field& field);
std::string field_json(const arrow::Schema& schema, const std::string& name);  // which is there
std::string field_json(const std::string& name, const table::Type& type);

}  // namespace penstock::columnar
