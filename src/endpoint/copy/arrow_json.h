// A value of Arrow's as JSON: what SERIALIZETOJSON makes of nested columns.
//
// A struct is an object, a list an array, a map an object by the texts of its keys. Dates and times are strings,
// decimals numbers with the digits they have; NaN and infinity, which JSON has not, are null.
#pragma once

#include <arrow/array.h>
#include <arrow/type.h>

#include <cstdint>
#include <string>

namespace penstock::endpoint {

bool becomes_json(const arrow::DataType& type) noexcept;
// Throws SqlError for a type that has no JSON.
void append_json(std::string& out, const arrow::Array& array, std::int64_t row);

}  // namespace penstock::endpoint
