// A column of a query's result, as PostgreSQL describes it, and what its type means to the formats.
#pragma once

#include <cstdint>
#include <string>

namespace penstock::endpoint {

struct ResultColumn {
  std::string name;
  std::uint32_t type_oid = 0;
  std::int32_t type_modifier = -1;
};

enum class ValueKind {
  boolean,
  int2,
  int4,
  int8,
  float4,
  float8,
  numeric,
  text,  // char and varchar
  bytes,
  date,
  time,
  timestamp,
  timestamptz,
  json,
  other,  // as its text
};

ValueKind kind_of(const ResultColumn& column) noexcept;
bool is_number(ValueKind kind) noexcept;

// As format_type() names it, without its modifiers: "character varying".
std::string type_name(const ResultColumn& column);
// Of char(n) and varchar(n); where it isn't limited, Redshift's limit.
std::int32_t max_length(const ResultColumn& column) noexcept;

struct Decimals {
  int precision = 0;  // 0: the type doesn't say
  int scale = 0;
};
Decimals decimals_of(const ResultColumn& column) noexcept;  // of a numeric

}  // namespace penstock::endpoint
