#include "columnar/types.h"

#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace penstock::columnar {
namespace {

using arrow::internal::checked_cast;
using table::Type;
using table::TypeName;

constexpr int kLongestVarchar = 65535;
constexpr int kLongestVarbyte = 1'024'000;
constexpr int kNothingKnown = 256;  // bytes, of a column of NULLs alone
constexpr int kMostDigits = 38;
constexpr int kMostScale = 37;

Kind kind_of_extension(const arrow::DataType& type) {
  const std::string name = checked_cast<const arrow::ExtensionType&>(type).extension_name();
  if (name == "arrow.uuid") return Kind::uuid;
  return name == "arrow.json" ? Kind::json : Kind::other;
}

// The innermost type that nothing holds; null: there is none.
const arrow::DataType* stranger_in(const arrow::DataType& type) {
  const Kind kind = kind_of(type);
  if (kind == Kind::other) return &type;
  if (kind != Kind::nested) return nullptr;
  for (const auto& field : type.fields()) {
    if (const auto* stranger = stranger_in(*field->type())) return stranger;
  }
  return nullptr;
}

std::optional<Type> decimal_type(const arrow::DecimalType& type) {
  const int digits = std::max({type.precision() - std::min(type.scale(), 0), type.scale(), 1});
  if (digits > kMostDigits || type.scale() > kMostScale) return std::nullopt;
  return Type{.name = TypeName::numeric, .precision = digits, .scale = std::max(type.scale(), 0)};
}

std::optional<Type> integer_type(arrow::Type::type id) {
  switch (id) {
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::UINT8:
      return Type{.name = TypeName::smallint};
    case arrow::Type::INT32:
    case arrow::Type::UINT16:
      return Type{.name = TypeName::integer};
    case arrow::Type::UINT64:
      return Type{.name = TypeName::numeric, .precision = 20};
    default:
      return Type{.name = TypeName::bigint};
  }
}

// Of the types that hold exact numbers, as numeric; nullopt: it is none of them.
std::optional<Type> as_numeric(const Type& type) {
  switch (type.name) {
    case TypeName::smallint:
      return Type{.name = TypeName::numeric, .precision = 5};
    case TypeName::integer:
      return Type{.name = TypeName::numeric, .precision = 10};
    case TypeName::bigint:
      return Type{.name = TypeName::numeric, .precision = 19};
    case TypeName::numeric:
      return type;
    default:
      return std::nullopt;
  }
}

bool is_floating(const Type& type) { return type.name == TypeName::real || type.name == TypeName::double_precision; }

bool is_one_of(Kind kind, auto... kinds) { return ((kind == kinds) || ...); }

bool goes_into(Kind kind, TypeName column) {
  switch (column) {
    case TypeName::character:
    case TypeName::varchar:
    case TypeName::super:
      return true;
    case TypeName::smallint:
    case TypeName::integer:
    case TypeName::bigint:
    case TypeName::numeric:
    case TypeName::real:
    case TypeName::double_precision:
      return is_one_of(kind, Kind::boolean, Kind::integer, Kind::real, Kind::decimal, Kind::text);
    case TypeName::boolean:
      return is_one_of(kind, Kind::boolean, Kind::integer, Kind::text);
    case TypeName::date:
    case TypeName::timestamp:
    case TypeName::timestamptz:
      return is_one_of(kind, Kind::date, Kind::timestamp, Kind::text);
    case TypeName::time:
    case TypeName::timetz:
      return is_one_of(kind, Kind::time, Kind::text);
    case TypeName::varbyte:
    case TypeName::geometry:
    case TypeName::geography:
      return is_one_of(kind, Kind::binary, Kind::text);
    case TypeName::interval_year_to_month:
    case TypeName::interval_day_to_second:
    case TypeName::hllsketch:
      return kind == Kind::text;
  }
  return false;
}

}  // namespace

Kind kind_of(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::NA:
      return Kind::null;
    case arrow::Type::BOOL:
      return Kind::boolean;
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::UINT8:
    case arrow::Type::UINT16:
    case arrow::Type::UINT32:
    case arrow::Type::UINT64:
      return Kind::integer;
    case arrow::Type::HALF_FLOAT:
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
      return Kind::real;
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256:
      return Kind::decimal;
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
      return Kind::text;
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
    case arrow::Type::FIXED_SIZE_BINARY:
      return Kind::binary;
    case arrow::Type::DATE32:
    case arrow::Type::DATE64:
      return Kind::date;
    case arrow::Type::TIME32:
    case arrow::Type::TIME64:
      return Kind::time;
    case arrow::Type::TIMESTAMP:
      return Kind::timestamp;
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::LIST_VIEW:
    case arrow::Type::LARGE_LIST_VIEW:
    case arrow::Type::FIXED_SIZE_LIST:
    case arrow::Type::STRUCT:
    case arrow::Type::MAP:
      return Kind::nested;
    case arrow::Type::DICTIONARY:
      return kind_of(*checked_cast<const arrow::DictionaryType&>(type).value_type());
    case arrow::Type::EXTENSION:
      return kind_of_extension(type);
    default:
      return Kind::other;
  }
}

std::optional<Type> table_type_of(const arrow::DataType& type) {
  if (type.id() == arrow::Type::DICTIONARY) {
    return table_type_of(*checked_cast<const arrow::DictionaryType&>(type).value_type());
  }
  switch (kind_of(type)) {
    case Kind::null:
      return Type{.name = TypeName::varchar, .length = kNothingKnown};
    case Kind::boolean:
      return Type{.name = TypeName::boolean};
    case Kind::integer:
      return integer_type(type.id());
    case Kind::real:
      return Type{.name = type.id() == arrow::Type::DOUBLE ? TypeName::double_precision : TypeName::real};
    case Kind::decimal:
      return decimal_type(checked_cast<const arrow::DecimalType&>(type));
    case Kind::text:
      return Type{.name = TypeName::varchar, .length = kLongestVarchar};
    case Kind::binary:
      return Type{.name = TypeName::varbyte, .length = kLongestVarbyte};
    case Kind::uuid:
      return Type{.name = TypeName::varchar, .length = 36};
    case Kind::date:
      return Type{.name = TypeName::date};
    case Kind::time:
      return Type{.name = TypeName::time};
    case Kind::timestamp:
      return Type{.name = checked_cast<const arrow::TimestampType&>(type).timezone().empty() ? TypeName::timestamp
                                                                                             : TypeName::timestamptz};
    case Kind::json:
      return Type{.name = TypeName::super};
    case Kind::nested:
      if (stranger_in(type) != nullptr) return std::nullopt;
      return Type{.name = TypeName::super};
    case Kind::other:
      break;
  }
  return std::nullopt;
}

std::optional<Type> wider(const Type& a, const Type& b) {
  if (a.name == b.name && a.name != TypeName::numeric) {
    Type type = a;
    type.length = std::max(a.length, b.length);
    return type;
  }
  const auto left = as_numeric(a), right = as_numeric(b);
  if (left && right) {
    if (a.name != TypeName::numeric && b.name != TypeName::numeric) return left->precision > right->precision ? a : b;
    const int scale = std::max(left->scale, right->scale);
    const int digits = std::max(left->precision - left->scale, right->precision - right->scale) + scale;
    if (digits > kMostDigits) return std::nullopt;
    return Type{.name = TypeName::numeric, .precision = digits, .scale = scale};
  }
  const bool are_numbers = (left || is_floating(a)) && (right || is_floating(b));
  return are_numbers ? std::optional(Type{.name = TypeName::double_precision}) : std::nullopt;
}

std::optional<std::string> misfit(const arrow::DataType& type, const Type& column) {
  const std::string name = printable(type.ToString());
  if (const auto* stranger = stranger_in(type)) {
    return stranger == &type
               ? fmt::format("nothing in Redshift holds {}", name)
               : fmt::format("nothing in Redshift holds the {} in {}", printable(stranger->ToString()), name);
  }
  const Kind kind = kind_of(type);
  if (kind == Kind::null || goes_into(kind, column.name)) return std::nullopt;
  return fmt::format("{} does not go into {}", name, to_string(column));
}

}  // namespace penstock::columnar
