// A Redshift type: as its many spellings, as the catalog prints it, and as DDL.
//
// Threads: any. Errors: none; a spelling that is no type is nullopt.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "redshift/sql.h"

namespace penstock::table {

enum class TypeName {
  boolean,
  smallint,
  integer,
  bigint,
  numeric,
  real,
  double_precision,
  character,
  varchar,
  date,
  time,
  timetz,
  timestamp,
  timestamptz,
  interval_year_to_month,
  interval_day_to_second,
  super,
  varbyte,
  geometry,
  geography,
  hllsketch,
};

struct Type {
  TypeName name = TypeName::varchar;
  int length = 0;  // of character, varchar and varbyte, in bytes
  int precision = 0;
  int scale = 0;

  bool operator==(const Type&) const = default;
};

std::optional<Type> parse_type(std::string_view text);
std::string to_string(const Type& type);             // "character varying(256)", as format_type prints it
redshift::Statement ddl_of(const Type& type);        // the same, for a statement
bool is_integer(const Type& type) noexcept;          // smallint, integer, bigint
bool can_be_key(const Type& type) noexcept;          // distribution or sort key
bool can_hold_data_date(const Type& type) noexcept;  // date, timestamp, timestamptz

}  // namespace penstock::table
