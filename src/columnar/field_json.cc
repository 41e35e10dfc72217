#include "columnar/field_json.h"

#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "columnar/fields.h"
#include "penstock/error.h"

namespace penstock::columnar {
namespace {

using arrow::internal::checked_cast;
using Json = nlohmann::ordered_json;

std::string_view in_words(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return "SECOND";
    case arrow::TimeUnit::MILLI:
      return "MILLISECOND";
    case arrow::TimeUnit::MICRO:
      return "MICROSECOND";
    case arrow::TimeUnit::NANO:
      break;
  }
  return "NANOSECOND";
}

Json number(const arrow::DataType& type) {
  const int width = checked_cast<const arrow::FixedWidthType&>(type).bit_width();
  if (arrow::is_floating(type.id())) {
    return {{"name", "floatingpoint"}, {"precision", width == 16 ? "HALF" : width == 32 ? "SINGLE" : "DOUBLE"}};
  }
  return {{"name", "int"}, {"bitWidth", width}, {"isSigned", arrow::is_signed_integer(type.id())}};
}

Json decimal(const arrow::DecimalType& type) {
  return {
      {"name", "decimal"}, {"precision", type.precision()}, {"scale", type.scale()}, {"bitWidth", type.bit_width()}};
}

Json timestamp(const arrow::TimestampType& type) {
  Json json{{"name", "timestamp"}, {"unit", in_words(type.unit())}};
  if (!type.timezone().empty()) json["timezone"] = type.timezone();
  return json;
}

Json union_json(const arrow::UnionType& type) {
  auto ids = Json::array();
  for (const std::int8_t id : type.type_codes()) ids.push_back(static_cast<int>(id));
  return {{"name", "union"}, {"mode", type.id() == arrow::Type::SPARSE_UNION ? "SPARSE" : "DENSE"}, {"typeIds", ids}};
}

Json type_json(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::DATE32:
      return {{"name", "date"}, {"unit", "DAY"}};
    case arrow::Type::DATE64:
      return {{"name", "date"}, {"unit", "MILLISECOND"}};
    case arrow::Type::TIME32:
    case arrow::Type::TIME64: {
      const auto& time = checked_cast<const arrow::TimeType&>(type);
      return {{"name", "time"}, {"unit", in_words(time.unit())}, {"bitWidth", time.bit_width()}};
    }
    case arrow::Type::TIMESTAMP:
      return timestamp(checked_cast<const arrow::TimestampType&>(type));
    case arrow::Type::DURATION:
      return {{"name", "duration"}, {"unit", in_words(checked_cast<const arrow::DurationType&>(type).unit())}};
    case arrow::Type::INTERVAL_MONTHS:
      return {{"name", "interval"}, {"unit", "YEAR_MONTH"}};
    case arrow::Type::INTERVAL_DAY_TIME:
      return {{"name", "interval"}, {"unit", "DAY_TIME"}};
    case arrow::Type::INTERVAL_MONTH_DAY_NANO:
      return {{"name", "interval"}, {"unit", "MONTH_DAY_NANO"}};
    case arrow::Type::FIXED_SIZE_BINARY:
      return {{"name", "fixedsizebinary"},
              {"byteWidth", checked_cast<const arrow::FixedSizeBinaryType&>(type).byte_width()}};
    case arrow::Type::FIXED_SIZE_LIST:
      return {{"name", "fixedsizelist"}, {"listSize", checked_cast<const arrow::FixedSizeListType&>(type).list_size()}};
    case arrow::Type::MAP:
      return {{"name", "map"}, {"keysSorted", checked_cast<const arrow::MapType&>(type).keys_sorted()}};
    case arrow::Type::SPARSE_UNION:
    case arrow::Type::DENSE_UNION:
      return union_json(checked_cast<const arrow::UnionType&>(type));
    case arrow::Type::STRING:
      return {{"name", "utf8"}};
    case arrow::Type::LARGE_STRING:
      return {{"name", "largeutf8"}};
    case arrow::Type::STRING_VIEW:
      return {{"name", "utf8view"}};
    case arrow::Type::LARGE_BINARY:
      return {{"name", "largebinary"}};
    case arrow::Type::BINARY_VIEW:
      return {{"name", "binaryview"}};
    case arrow::Type::LARGE_LIST:
      return {{"name", "largelist"}};
    case arrow::Type::LIST_VIEW:
      return {{"name", "listview"}};
    case arrow::Type::LARGE_LIST_VIEW:
      return {{"name", "largelistview"}};
    case arrow::Type::RUN_END_ENCODED:
      return {{"name", "runendencoded"}};
    default:
      if (arrow::is_decimal(type.id())) return decimal(checked_cast<const arrow::DecimalType&>(type));
      if (arrow::is_integer(type.id()) || arrow::is_floating(type.id())) return number(type);
      return {{"name", type.name()}};  // null, bool, binary, list, struct
  }
}

void add_metadata(Json& metadata, const std::string& key, const std::string& value) {
  metadata.push_back({{"key", key}, {"value", value}});
}

Json json_of(const arrow::Field& field) {
  Json json{{"name", field.name()}, {"nullable", field.nullable()}};
  auto metadata = Json::array();
  const arrow::DataType* type = field.type().get();
  if (type->id() == arrow::Type::EXTENSION) {
    const auto& extension = checked_cast<const arrow::ExtensionType&>(*type);
    add_metadata(metadata, "ARROW:extension:name", extension.extension_name());
    add_metadata(metadata, "ARROW:extension:metadata", extension.Serialize());
    type = extension.storage_type().get();
  }
  if (type->id() == arrow::Type::DICTIONARY) {
    const auto& dictionary = checked_cast<const arrow::DictionaryType&>(*type);
    json["dictionary"] = {
        {"id", 0}, {"indexType", type_json(*dictionary.index_type())}, {"isOrdered", dictionary.ordered()}};
    type = dictionary.value_type().get();
  }
  json["type"] = type_json(*type);
  auto children = Json::array();
  for (const auto& child : type->fields()) children.push_back(json_of(*child));
  json["children"] = std::move(children);
  if (field.HasMetadata()) {
    for (const auto& [key, value] : field.metadata()->sorted_pairs()) add_metadata(metadata, key, value);
  }
  if (!metadata.empty()) json["metadata"] = std::move(metadata);
  return json;
}

}  // namespace

std::string field_json(const arrow::Field& field) {
  return json_of(field).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string field_json(const arrow::Schema& schema, const std::string& name) {
  const auto field = schema.GetFieldByName(name);
  if (!field) throw Error(ErrorKind::internal, fmt::format("there is no field {}", name));
  return field_json(*field);
}

std::string field_json(const std::string& name, const table::Type& type) { return field_json(*field_of(name, type)); }

}  // namespace penstock::columnar
