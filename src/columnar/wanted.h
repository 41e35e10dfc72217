// Columns of a table that rows are to go into, and whether a source's columns fit.
//
// Threads: any. Errors: none.
#pragma once

#include <arrow/type_fwd.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "table/type.h"

namespace penstock::columnar {

// A column of the source, and what it is in the table.
struct Wanted {
  std::string name;
  std::optional<table::Type> into{};  // unset: a type that we don't know; text is what it gets
};

// Why columns of the source can't go into those of the table, one text each. A name that it has not is one, too.
// name: of the source.
std::vector<std::string> misfits(const std::string& name, const arrow::Schema& schema, std::span<const Wanted> wanted);

}  // namespace penstock::columnar
