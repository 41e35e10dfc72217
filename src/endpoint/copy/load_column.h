// The columns that a COPY loads, in the order of the file, and what each one's type takes.
//
// Errors: SqlError, for a column list that does not fit the table and for types that are not Redshift's.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/copy/copy_run.h"

namespace penstock::endpoint {

enum class ColumnType {
  boolean,
  int2,
  int4,
  int8,
  numeric,
  float4,
  float8,
  character,
  varchar,
  date,
  time,
  timetz,
  timestamp,
  timestamptz,
  super
};

struct LoadColumn {
  static constexpr std::int32_t kUnlimited = std::numeric_limits<std::int32_t>::max();

  std::string name;
  ColumnType type = ColumnType::varchar;
  std::int32_t length = kUnlimited;     // char, varchar: bytes
  std::int32_t precision = kUnlimited;  // numeric
  std::int32_t scale = 0;               // numeric with a precision
  bool not_null = false;
  std::optional<std::string> instead_of_null{};  // of a NOT NULL column: its DEFAULT, in PostgreSQL's binary form
  bool identity = false;
};

std::vector<LoadColumn> columns_to_load(const CopyStatement& statement, const TargetTable& target);

inline bool is_text(ColumnType type) noexcept { return type == ColumnType::character || type == ColumnType::varchar; }
// As stl_load_errors shows them: int4, numeric, …; "5", "18, 0", "0".
std::string_view type_name(ColumnType type) noexcept;
std::string length_text(const LoadColumn& column);

}  // namespace penstock::endpoint
