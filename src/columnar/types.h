// Arrow's types, and the types of Redshift that hold them: docs/types.md has the table.
//
// Threads: any. Errors: none.
#pragma once

#include <arrow/type_fwd.h>

#include <optional>
#include <string>

#include "table/type.h"

namespace penstock::columnar {

// What a value is, whatever its width: each of them becomes text in one way.
enum class Kind {
  null,
  boolean,
  integer,
  real,
  decimal,
  text,
  json,  // text that is JSON
  binary,
  uuid,
  date,
  time,
  timestamp,
  nested,
  other,  // nothing in Redshift holds it
};

// Of a dictionary: of its values.
Kind kind_of(const arrow::DataType& type);

// What a column of this type is made, where there is none yet; nullopt: nothing holds it.
std::optional<table::Type> table_type_of(const arrow::DataType& type);

// What takes the values of both; nullopt: only text would.
std::optional<table::Type> wider(const table::Type& a, const table::Type& b);

// Why values of the type can't go into a column; nullopt: they can. Each value may still be refused by itself.
std::optional<std::string> misfit(const arrow::DataType& type, const table::Type& column);

}  // namespace penstock::columnar
