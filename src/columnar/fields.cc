#include "columnar/fields.h"

#include <arrow/extension/json.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>

#include "base/text.h"
#include "columnar/types.h"
#include "penstock/error.h"

namespace penstock::columnar {
namespace {

using table::Type;
using table::TypeName;

constexpr const char* kTypeKey = "redshift.type";  // of a field's metadata

// Null: nothing holds it.
std::shared_ptr<arrow::DataType> arrow_type_of(const Type& type) {
  switch (type.name) {
    case TypeName::boolean:
      return arrow::boolean();
    case TypeName::smallint:
      return arrow::int16();
    case TypeName::integer:
      return arrow::int32();
    case TypeName::bigint:
      return arrow::int64();
    case TypeName::numeric:
      return arrow::decimal128(type.precision, type.scale);
    case TypeName::real:
      return arrow::float32();
    case TypeName::double_precision:
      return arrow::float64();
    case TypeName::character:
    case TypeName::varchar:
    case TypeName::timetz:  // Arrow's times have no zone
      return arrow::utf8();
    case TypeName::date:
      return arrow::date32();
    case TypeName::time:
      return arrow::time64(arrow::TimeUnit::MICRO);
    case TypeName::timestamp:
      return arrow::timestamp(arrow::TimeUnit::MICRO);
    case TypeName::timestamptz:
      return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case TypeName::super:
      return arrow::extension::json(arrow::utf8());
    case TypeName::varbyte:
      return arrow::binary();
    case TypeName::interval_year_to_month:
    case TypeName::interval_day_to_second:
    case TypeName::geometry:
    case TypeName::geography:
    case TypeName::hllsketch:
      break;
  }
  return nullptr;
}

}  // namespace

std::shared_ptr<arrow::Field> field_of(const std::string& name, const Type& type) {
  auto of_arrow = arrow_type_of(type);
  if (!of_arrow) {
    throw Error(ErrorKind::refused, fmt::format("column {}: no type of files holds {}; cast it in a query",
                                                printable(name), to_string(type)));
  }
  return arrow::field(name, std::move(of_arrow), true, arrow::key_value_metadata({kTypeKey}, {to_string(type)}));
}

Type table_type_of(const arrow::Field& field) {
  if (field.HasMetadata()) {
    const auto said = field.metadata()->Get(kTypeKey);
    const auto type = said.ok() ? table::parse_type(*said) : std::nullopt;
    const auto of_arrow = type ? arrow_type_of(*type) : nullptr;
    if (of_arrow && of_arrow->Equals(*field.type())) return *type;
  }
  const auto type = table_type_of(*field.type());
  if (!type) {
    throw Error(ErrorKind::refused, fmt::format("column {}: no type of Redshift holds {}", printable(field.name()),
                                                field.type()->ToString()));
  }
  return *type;
}

}  // namespace penstock::columnar
