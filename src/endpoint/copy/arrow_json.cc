#include "endpoint/copy/arrow_json.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/array_decimal.h>
#include <arrow/array/array_dict.h>
#include <arrow/array/array_nested.h>
#include <arrow/array/array_primitive.h>
#include <arrow/scalar.h>
#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <string_view>

#include "endpoint/copy/json_text.h"
#include "endpoint/sql/sql_error.h"

namespace penstock::endpoint {
namespace {

using arrow::internal::checked_cast;

template <typename Array>
void append_number(std::string& out, const arrow::Array& array, std::int64_t row) {
  fmt::format_to(std::back_inserter(out), "{}", +checked_cast<const Array&>(array).Value(row));
}

template <typename Array>
void append_float(std::string& out, const arrow::Array& array, std::int64_t row) {
  const auto value = checked_cast<const Array&>(array).Value(row);
  if (std::isfinite(value)) {
    fmt::format_to(std::back_inserter(out), "{}", value);
  } else {
    out += "null";
  }
}

template <typename Array>
void append_decimal(std::string& out, const arrow::Array& array, std::int64_t row) {
  out += checked_cast<const Array&>(array).FormatValue(row);
}

template <typename Array>
void append_string(std::string& out, const arrow::Array& array, std::int64_t row) {
  append_json_string(out, checked_cast<const Array&>(array).GetView(row));
}

template <typename Array>
void append_list(std::string& out, const arrow::Array& array, std::int64_t row) {
  const auto& list = checked_cast<const Array&>(array);
  const auto begin = static_cast<std::int64_t>(list.value_offset(row)),
             size = static_cast<std::int64_t>(list.value_length(row));
  out += '[';
  for (std::int64_t i = begin; i < begin + size; ++i) {
    if (i > begin) out += ',';
    append_json(out, *list.values(), i);
  }
  out += ']';
}

void append_struct(std::string& out, const arrow::Array& array, std::int64_t row) {
  const auto& values = checked_cast<const arrow::StructArray&>(array);
  out += '{';
  for (int i = 0; i < values.num_fields(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, array.type()->field(i)->name());
    out += ':';
    append_json(out, *values.field(i), row);
  }
  out += '}';
}

void append_map(std::string& out, const arrow::Array& array, std::int64_t row) {
  const auto& map = checked_cast<const arrow::MapArray&>(array);
  out += '{';
  for (std::int64_t i = map.value_offset(row); i < map.value_offset(row) + map.value_length(row); ++i) {
    if (i > map.value_offset(row)) out += ',';
    std::string key;
    append_json(key, *map.keys(), i);
    if (key.starts_with('"')) {
      out += key;
    } else {
      append_json_string(out, key);
    }
    out += ':';
    append_json(out, *map.items(), i);
  }
  out += '}';
}

// Dates and times, as Arrow writes them.
void append_scalar(std::string& out, const arrow::Array& array, std::int64_t row) {
  const auto scalar = array.GetScalar(row);
  if (!scalar.ok()) throw not_supported("COPY of " + array.type()->ToString() + " as JSON");
  append_json_string(out, (*scalar)->ToString());
}

}  // namespace

bool becomes_json(const arrow::DataType& type) noexcept {
  switch (type.id()) {
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::FIXED_SIZE_LIST:
    case arrow::Type::STRUCT:
    case arrow::Type::MAP:
      return true;
    default:
      return false;
  }
}

void append_json(std::string& out, const arrow::Array& array, std::int64_t row) {
  if (array.IsNull(row)) {
    out += "null";
    return;
  }
  switch (array.type_id()) {
    case arrow::Type::BOOL:
      out += checked_cast<const arrow::BooleanArray&>(array).Value(row) ? "true" : "false";
      return;
    case arrow::Type::INT8:
      return append_number<arrow::Int8Array>(out, array, row);
    case arrow::Type::INT16:
      return append_number<arrow::Int16Array>(out, array, row);
    case arrow::Type::INT32:
      return append_number<arrow::Int32Array>(out, array, row);
    case arrow::Type::INT64:
      return append_number<arrow::Int64Array>(out, array, row);
    case arrow::Type::UINT8:
      return append_number<arrow::UInt8Array>(out, array, row);
    case arrow::Type::UINT16:
      return append_number<arrow::UInt16Array>(out, array, row);
    case arrow::Type::UINT32:
      return append_number<arrow::UInt32Array>(out, array, row);
    case arrow::Type::UINT64:
      return append_number<arrow::UInt64Array>(out, array, row);
    case arrow::Type::FLOAT:
      return append_float<arrow::FloatArray>(out, array, row);
    case arrow::Type::DOUBLE:
      return append_float<arrow::DoubleArray>(out, array, row);
    case arrow::Type::DECIMAL128:
      return append_decimal<arrow::Decimal128Array>(out, array, row);
    case arrow::Type::DECIMAL256:
      return append_decimal<arrow::Decimal256Array>(out, array, row);
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return append_string<arrow::BinaryArray>(out, array, row);
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
      return append_string<arrow::LargeBinaryArray>(out, array, row);
    case arrow::Type::DICTIONARY: {
      const auto& dictionary = checked_cast<const arrow::DictionaryArray&>(array);
      return append_json(out, *dictionary.dictionary(), dictionary.GetValueIndex(row));
    }
    case arrow::Type::LIST:
      return append_list<arrow::ListArray>(out, array, row);
    case arrow::Type::LARGE_LIST:
      return append_list<arrow::LargeListArray>(out, array, row);
    case arrow::Type::FIXED_SIZE_LIST:
      return append_list<arrow::FixedSizeListArray>(out, array, row);
    case arrow::Type::STRUCT:
      return append_struct(out, array, row);
    case arrow::Type::MAP:
      return append_map(out, array, row);
    default:
      return append_scalar(out, array, row);
  }
}

}  // namespace penstock::endpoint
