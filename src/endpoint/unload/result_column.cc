#include "endpoint/unload/result_column.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace penstock::endpoint {
namespace {

constexpr std::int32_t kHeader = 4;  // what PostgreSQL adds to a length in a type modifier
constexpr std::uint32_t kChar = 1042;
constexpr std::int32_t kLongestVarchar = 65535;
constexpr std::int32_t kLongestChar = 4096;

struct Type {
  std::uint32_t oid;
  ValueKind kind;
  std::string_view name;
};

// PostgreSQL's types have the same numbers in every database.
constexpr auto kTypes = std::to_array<Type>({
    {16, ValueKind::boolean, "boolean"},
    {17, ValueKind::bytes, "binary varying"},
    {20, ValueKind::int8, "bigint"},
    {21, ValueKind::int2, "smallint"},
    {23, ValueKind::int4, "integer"},
    {25, ValueKind::text, "character varying"},
    {114, ValueKind::json, "super"},
    {700, ValueKind::float4, "real"},
    {701, ValueKind::float8, "double precision"},
    {kChar, ValueKind::text, "character"},
    {1043, ValueKind::text, "character varying"},
    {1082, ValueKind::date, "date"},
    {1083, ValueKind::time, "time without time zone"},
    {1114, ValueKind::timestamp, "timestamp without time zone"},
    {1184, ValueKind::timestamptz, "timestamp with time zone"},
    {1266, ValueKind::other, "time with time zone"},
    {1700, ValueKind::numeric, "numeric"},
    {3802, ValueKind::json, "super"},
    {4000, ValueKind::json, "super"},  // of the catalog's own making
});

const Type* type_of(const ResultColumn& column) noexcept {
  const auto* found = std::ranges::find(kTypes, column.type_oid, &Type::oid);
  return found == kTypes.end() ? nullptr : found;
}

}  // namespace

ValueKind kind_of(const ResultColumn& column) noexcept {
  const Type* type = type_of(column);
  return type == nullptr ? ValueKind::other : type->kind;
}

bool is_number(ValueKind kind) noexcept {
  switch (kind) {
    case ValueKind::int2:
    case ValueKind::int4:
    case ValueKind::int8:
    case ValueKind::float4:
    case ValueKind::float8:
    case ValueKind::numeric:
      return true;
    default:
      return false;
  }
}

std::string type_name(const ResultColumn& column) {
  const Type* type = type_of(column);
  return std::string(type == nullptr ? "character varying" : type->name);
}

std::int32_t max_length(const ResultColumn& column) noexcept {
  if (column.type_modifier > kHeader) return column.type_modifier - kHeader;
  return column.type_oid == kChar ? kLongestChar : kLongestVarchar;
}

Decimals decimals_of(const ResultColumn& column) noexcept {
  if (column.type_modifier < kHeader) return {};
  const std::int32_t packed = column.type_modifier - kHeader;
  return {.precision = packed >> 16, .scale = packed & 0x7FF};
}

}  // namespace penstock::endpoint
