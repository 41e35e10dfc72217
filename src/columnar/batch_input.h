// Batches of rows as an input of staging: what they are made of is what COPY reads.
//
// They are read once. A batch larger than what is asked for at once (a data frame is often one) is cut, not copied.
//
// Threads: any; the input's batches by one at a time.
// Errors:  Error refused, with the source's name: columns that don't fit, values that have no text (see csv_batch.h);
//          internal, where it is read a second time; what the reader throws.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "columnar/batches.h"
#include "columnar/wanted.h"
#include "staging/input.h"

namespace penstock::columnar {

struct TypedColumn {
  std::string name;
  std::string arrow_type;  // in Arrow's words
  table::Type type{};  // of a table that is made for it; of text as wide as can be, where nothing says how long it is
};

std::vector<std::string> names_of(const BatchReader& rows);
// refused: names that the source has not, or twice; what nothing holds. All of it.
std::vector<TypedColumn> typed_columns(const std::string& name, const BatchReader& rows,
                                       std::span<const std::string> names);
std::vector<TypedColumn> typed_columns(const std::string& name, const arrow::Schema& schema,
                                       std::span<const std::string> names);
std::vector<std::string> misfits(const std::string& name, const BatchReader& rows, std::span<const Wanted> wanted);

// Whose records have the wanted columns, in their order.
staging::Input batch_input(const std::string& name, std::shared_ptr<BatchReader> rows, std::vector<Wanted> wanted);

}  // namespace penstock::columnar
