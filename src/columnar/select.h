// The columns of a source of batches, in the words of tables, and those of them that are wanted.
//
// Threads, Errors: those of batches.h and casts.h.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "columnar/batches.h"
#include "table/type.h"

namespace penstock::columnar {

struct NamedType {
  std::string name;
  table::Type type;

  bool operator==(const NamedType&) const = default;
};

// refused: those that no table holds, all of them.
std::vector<NamedType> columns_of(const BatchReader& reader);
std::vector<NamedType> columns_of(const arrow::Schema& schema);

// By name, in this order; each type takes all that the source's does. source: for messages.
std::unique_ptr<BatchReader> select(std::unique_ptr<BatchReader> reader, std::string source,
                                    std::span<const NamedType> wanted);

}  // namespace penstock::columnar
