// One column of an Arrow batch as text, value by value: what COPY reads for the type of the table's column.
//
// Exact: integers and decimals with all their digits, floats in the shortest text that is read back as the same value.
// What can't be said exactly is refused and never cut: a time finer than a microsecond, a year that COPY does not read.
//
// Threads: one at a time. Lifetime: the array outlives its text.
// Errors:  BadValue, by text(): whoever knows the row's number and the column's name makes an Error of it.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "table/type.h"

namespace penstock::columnar {

class BadValue : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class ValueText {
 public:
  virtual ~ValueText() = default;
  [[nodiscard]] virtual bool is_null(std::int64_t row) const = 0;
  // Of a value that is not NULL. Stands until the next call.
  virtual std::string_view text(std::int64_t row) = 0;
};

// into: the table's column; unset: plain text. Errors: internal, for a type that misfit() refuses.
std::unique_ptr<ValueText> value_text(const arrow::Array& array, const std::optional<table::Type>& into);

}  // namespace penstock::columnar
