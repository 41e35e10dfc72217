#include "endpoint/copy/arrow_column.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/array_decimal.h>
#include <arrow/array/array_dict.h>
#include <arrow/array/array_primitive.h>

#include <algorithm>
#include <bit>
#include <string>
#include <utility>
#include <vector>

#include "endpoint/copy/arrow_json.h"
#include "endpoint/copy/datetime.h"
#include "endpoint/sql/sql_error.h"

namespace penstock::endpoint {
namespace {

using arrow::internal::checked_cast;

template <typename Array>
class BooleanColumn final : public ArrowColumn {
 public:
  explicit BooleanColumn(const arrow::Array& array) : array_(checked_cast<const Array&>(array)) {}
  bool put(BinaryRows& rows, std::int64_t row, FieldWriter&) override {
    rows.put_field(std::int8_t{array_.Value(row)});
    return true;
  }

 private:
  const Array& array_;
};

// Integer types of any width into any other that holds the value.
template <typename Array, typename Integer>
class IntegerColumn final : public ArrowColumn {
 public:
  IntegerColumn(const LoadColumn& column, const arrow::Array& array)
      : column_(column), array_(checked_cast<const Array&>(array)) {}
  bool put(BinaryRows& rows, std::int64_t row, FieldWriter& writer) override {
    const auto value = array_.Value(row);
    if (!std::in_range<Integer>(value)) return writer.put(rows, column_, std::to_string(value));  // says what is wrong
    rows.put_field(static_cast<Integer>(value));
    return true;
  }

 private:
  const LoadColumn& column_;
  const Array& array_;
};

template <typename Array, typename Bits>
class FloatColumn final : public ArrowColumn {
 public:
  explicit FloatColumn(const arrow::Array& array) : array_(checked_cast<const Array&>(array)) {}
  bool put(BinaryRows& rows, std::int64_t row, FieldWriter&) override {
    rows.put_field(std::bit_cast<Bits>(array_.Value(row)));
    return true;
  }

 private:
  const Array& array_;
};

template <typename Array>
class DecimalColumn final : public ArrowColumn {
 public:
  DecimalColumn(const LoadColumn& column, const arrow::Array& array)
      : column_(column), array_(checked_cast<const Array&>(array)) {}
  bool put(BinaryRows& rows, std::int64_t row, FieldWriter& writer) override {
    return writer.put(rows, column_, array_.FormatValue(row));
  }

 private:
  const LoadColumn& column_;
  const Array& array_;
};

template <typename Array>
class TextColumn final : public ArrowColumn {
 public:
  TextColumn(const LoadColumn& column, const arrow::Array& array)
      : column_(column), array_(checked_cast<const Array&>(array)) {
    for (std::int64_t row = 0; row < array_.length(); ++row) {
      if (array_.IsValid(row)) longest_ = std::max(longest_, array_.GetView(row).size());
    }
  }
  bool put(BinaryRows& rows, std::int64_t row, FieldWriter& writer) override {
    return writer.put(rows, column_, array_.GetView(row));
  }
  [[nodiscard]] std::size_t longest_text() const override { return longest_; }
  [[nodiscard]] std::size_t text_size(std::int64_t row) const override { return array_.GetView(row).size(); }

 private:
  const LoadColumn& column_;
  const Array& array_;
  std::size_t longest_ = 0;
};

// Values by their number in a dictionary, as Arrow gives back what it wrote from categories.
class DictionaryColumn final : public ArrowColumn {
 public:
  DictionaryColumn(const LoadColumn& column, const arrow::Array& array)
      : column_(column),
        array_(checked_cast<const arrow::DictionaryArray&>(array)),
        dictionary_(array_.dictionary()),
        values_(arrow_column(column, *dictionary_)) {}
  bool put(BinaryRows& rows, std::int64_t row, FieldWriter& writer) override {
    const std::int64_t index = array_.GetValueIndex(row);
    return dictionary_->IsNull(index) ? writer.put_null(rows, column_) : values_->put(rows, index, writer);
  }
  [[nodiscard]] std::size_t longest_text() const override { return values_->longest_text(); }
  [[nodiscard]] std::size_t text_size(std::int64_t row) const override {
    return values_->text_size(array_.GetValueIndex(row));
  }

 private:
  const LoadColumn& column_;
  const arrow::DictionaryArray& array_;
  std::shared_ptr<arrow::Array> dictionary_;
  std::unique_ptr<ArrowColumn> values_;
};

class DateColumn final : public ArrowColumn {
 public:
  explicit DateColumn(const arrow::Array& array) : array_(checked_cast<const arrow::Date32Array&>(array)) {}
  bool put(BinaryRows& rows, std::int64_t row, FieldWriter&) override {
    constexpr std::int32_t kDaysTo2000 = 10'957;
    rows.put_field(array_.Value(row) - kDaysTo2000);
    return true;
  }

 private:
  const arrow::Date32Array& array_;
};

std::int64_t floor_division(std::int64_t value, std::int64_t by) noexcept {
  return value / by - (value % by < 0 ? 1 : 0);
}

// Microseconds, whatever the unit: finer ones are cut off.
std::int64_t to_micros(std::int64_t value, arrow::TimeUnit::type unit) noexcept {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return value * 1'000'000;
    case arrow::TimeUnit::MILLI:
      return value * 1'000;
    case arrow::TimeUnit::MICRO:
      return value;
    case arrow::TimeUnit::NANO:
      return floor_division(value, 1'000);
  }
  return value;
}

class TimestampColumn final : public ArrowColumn {
 public:
  explicit TimestampColumn(const arrow::Array& array)
      : array_(checked_cast<const arrow::TimestampArray&>(array)),
        unit_(checked_cast<const arrow::TimestampType&>(*array.type()).unit()) {}
  bool put(BinaryRows& rows, std::int64_t row, FieldWriter&) override {
    constexpr std::int64_t kMicrosTo2000 = 10'957 * kMicrosPerDay;
    rows.put_field(to_micros(array_.Value(row), unit_) - kMicrosTo2000);
    return true;
  }

 private:
  const arrow::TimestampArray& array_;
  arrow::TimeUnit::type unit_;
};

template <typename Array>
class TimeColumn final : public ArrowColumn {
 public:
  explicit TimeColumn(const arrow::Array& array)
      : array_(checked_cast<const Array&>(array)), unit_(checked_cast<const arrow::TimeType&>(*array.type()).unit()) {}
  bool put(BinaryRows& rows, std::int64_t row, FieldWriter&) override {
    rows.put_field(to_micros(array_.Value(row), unit_));
    return true;
  }

 private:
  const Array& array_;
  arrow::TimeUnit::type unit_;
};

// Nested values as JSON text.
class JsonColumn final : public ArrowColumn {
 public:
  JsonColumn(const LoadColumn& column, const arrow::Array& array) : column_(column) {
    texts_.resize(static_cast<std::size_t>(array.length()));
    for (std::int64_t row = 0; row < array.length(); ++row) {
      std::string& text = texts_[static_cast<std::size_t>(row)];
      if (array.IsValid(row)) append_json(text, array, row);
      longest_ = std::max(longest_, text.size());
    }
  }
  bool put(BinaryRows& rows, std::int64_t row, FieldWriter& writer) override {
    return writer.put(rows, column_, texts_[static_cast<std::size_t>(row)]);
  }
  [[nodiscard]] std::size_t longest_text() const override { return longest_; }
  [[nodiscard]] std::size_t text_size(std::int64_t row) const override {
    return texts_[static_cast<std::size_t>(row)].size();
  }

 private:
  const LoadColumn& column_;
  std::vector<std::string> texts_;
  std::size_t longest_ = 0;
};

// A column of nothing but NULLs.
class NullColumn final : public ArrowColumn {
 public:
  bool put(BinaryRows&, std::int64_t, FieldWriter&) override { return false; }
};

template <typename Array>
std::unique_ptr<ArrowColumn> integer_column(const LoadColumn& column, const arrow::Array& array) {
  switch (column.type) {
    case ColumnType::int2:
      return std::make_unique<IntegerColumn<Array, std::int16_t>>(column, array);
    case ColumnType::int4:
      return std::make_unique<IntegerColumn<Array, std::int32_t>>(column, array);
    default:
      return std::make_unique<IntegerColumn<Array, std::int64_t>>(column, array);
  }
}

}  // namespace

bool takes(const LoadColumn& column, const arrow::DataType& type, bool serialize) {
  if (column.type == ColumnType::super) return serialize;
  if (becomes_json(type)) return serialize && column.type == ColumnType::varchar;
  const auto is = [&](auto... types) { return ((column.type == types) || ...); };
  switch (type.id()) {
    case arrow::Type::NA:
      return true;
    case arrow::Type::BOOL:
      return is(ColumnType::boolean);
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::UINT8:
    case arrow::Type::UINT16:
    case arrow::Type::UINT32:
      return is(ColumnType::int2, ColumnType::int4);
    case arrow::Type::INT64:
    case arrow::Type::UINT64:
      return is(ColumnType::int8);
    case arrow::Type::FLOAT:
      return is(ColumnType::float4);
    case arrow::Type::DOUBLE:
      return is(ColumnType::float8);
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256:
      return is(ColumnType::numeric);
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY_VIEW:
    case arrow::Type::FIXED_SIZE_BINARY:
      return is(ColumnType::character, ColumnType::varchar);
    case arrow::Type::DATE32:
      return is(ColumnType::date);
    case arrow::Type::TIMESTAMP:
      return is(ColumnType::timestamp, ColumnType::timestamptz);
    case arrow::Type::TIME32:
    case arrow::Type::TIME64:
      return is(ColumnType::time);
    case arrow::Type::DICTIONARY:
      return takes(column, *checked_cast<const arrow::DictionaryType&>(type).value_type(), serialize);
    default:
      return false;
  }
}

std::unique_ptr<ArrowColumn> arrow_column(const LoadColumn& column, const arrow::Array& array) {
  if (column.type == ColumnType::super || becomes_json(*array.type()))
    return std::make_unique<JsonColumn>(column, array);
  switch (array.type_id()) {
    case arrow::Type::NA:
      return std::make_unique<NullColumn>();
    case arrow::Type::BOOL:
      return std::make_unique<BooleanColumn<arrow::BooleanArray>>(array);
    case arrow::Type::INT8:
      return integer_column<arrow::Int8Array>(column, array);
    case arrow::Type::INT16:
      return integer_column<arrow::Int16Array>(column, array);
    case arrow::Type::INT32:
      return integer_column<arrow::Int32Array>(column, array);
    case arrow::Type::INT64:
      return integer_column<arrow::Int64Array>(column, array);
    case arrow::Type::UINT8:
      return integer_column<arrow::UInt8Array>(column, array);
    case arrow::Type::UINT16:
      return integer_column<arrow::UInt16Array>(column, array);
    case arrow::Type::UINT32:
      return integer_column<arrow::UInt32Array>(column, array);
    case arrow::Type::UINT64:
      return integer_column<arrow::UInt64Array>(column, array);
    case arrow::Type::FLOAT:
      return std::make_unique<FloatColumn<arrow::FloatArray, std::uint32_t>>(array);
    case arrow::Type::DOUBLE:
      return std::make_unique<FloatColumn<arrow::DoubleArray, std::uint64_t>>(array);
    case arrow::Type::DECIMAL32:
      return std::make_unique<DecimalColumn<arrow::Decimal32Array>>(column, array);
    case arrow::Type::DECIMAL64:
      return std::make_unique<DecimalColumn<arrow::Decimal64Array>>(column, array);
    case arrow::Type::DECIMAL128:
      return std::make_unique<DecimalColumn<arrow::Decimal128Array>>(column, array);
    case arrow::Type::DECIMAL256:
      return std::make_unique<DecimalColumn<arrow::Decimal256Array>>(column, array);
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return std::make_unique<TextColumn<arrow::BinaryArray>>(column, array);
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
      return std::make_unique<TextColumn<arrow::LargeBinaryArray>>(column, array);
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY_VIEW:
      return std::make_unique<TextColumn<arrow::BinaryViewArray>>(column, array);
    case arrow::Type::FIXED_SIZE_BINARY:
      return std::make_unique<TextColumn<arrow::FixedSizeBinaryArray>>(column, array);
    case arrow::Type::DATE32:
      return std::make_unique<DateColumn>(array);
    case arrow::Type::TIMESTAMP:
      return std::make_unique<TimestampColumn>(array);
    case arrow::Type::TIME32:
      return std::make_unique<TimeColumn<arrow::Time32Array>>(array);
    case arrow::Type::TIME64:
      return std::make_unique<TimeColumn<arrow::Time64Array>>(array);
    case arrow::Type::DICTIONARY:
      return std::make_unique<DictionaryColumn>(column, array);
    default:
      throw not_supported("COPY of a column of " + array.type()->ToString());
  }
}

}  // namespace penstock::endpoint
