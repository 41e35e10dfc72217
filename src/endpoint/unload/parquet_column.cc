#include "endpoint/unload/parquet_column.h"

#include <arrow/builder.h>
#include <arrow/extension/json.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>
#include <fmt/format.h>

#include <bit>
#include <limits>
#include <new>
#include <utility>

namespace penstock::endpoint {
namespace {

// PostgreSQL counts from 2000-01-01, Parquet from 1970-01-01.
constexpr std::int32_t kEpochDays = 10957;
constexpr std::int64_t kEpochMicros = std::int64_t{kEpochDays} * 86'400'000'000;

void must(const arrow::Status& status) {
  if (status.IsOutOfMemory()) throw std::bad_alloc();
  if (!status.ok()) throw SqlError("XX000", "Parquet: " + status.message());
}

// Big-endian, as PostgreSQL sends it.
template <typename Integer>
Integer integer(std::string_view bytes) {
  if (bytes.size() != sizeof(Integer)) throw SqlError("XX000", "PostgreSQL sent a value of another size than its type");
  std::make_unsigned_t<Integer> value = 0;
  for (const char c : bytes) {
    value = static_cast<decltype(value)>((std::uint64_t{value} << 8U) | static_cast<unsigned char>(c));
  }
  return static_cast<Integer>(value);
}

SqlError out_of_range(const ResultColumn& column, std::string_view what) {
  return {"22008", fmt::format("The column \"{}\" holds {}, which Parquet can't", column.name, what)};
}

bool boolean_of(const ResultColumn&, std::string_view bytes) { return bytes != std::string_view("\0", 1); }
template <typename Integer>
Integer integer_of(const ResultColumn&, std::string_view bytes) {
  return integer<Integer>(bytes);
}
float float_of(const ResultColumn&, std::string_view bytes) {
  return std::bit_cast<float>(integer<std::int32_t>(bytes));
}
double double_of(const ResultColumn&, std::string_view bytes) {
  return std::bit_cast<double>(integer<std::int64_t>(bytes));
}
std::int32_t date_of(const ResultColumn& column, std::string_view bytes) {
  const auto days = integer<std::int32_t>(bytes);
  if (days > std::numeric_limits<std::int32_t>::max() - kEpochDays ||
      days == std::numeric_limits<std::int32_t>::min()) {
    throw out_of_range(column, "an infinite date");
  }
  return days + kEpochDays;
}
std::int64_t timestamp_of(const ResultColumn& column, std::string_view bytes) {
  const auto micros = integer<std::int64_t>(bytes);
  if (micros > std::numeric_limits<std::int64_t>::max() - kEpochMicros ||
      micros == std::numeric_limits<std::int64_t>::min()) {
    throw out_of_range(column, "an infinite timestamp");
  }
  return micros + kEpochMicros;
}
std::string_view text_of(const ResultColumn&, std::string_view text) { return text; }

template <typename Builder, auto convert>
class SimpleColumn final : public ParquetColumn {
 public:
  explicit SimpleColumn(ResultColumn column)
      : column_(std::move(column)), builder_(parquet_type(column_), arrow::default_memory_pool()) {}
  void add(const ResultField& field) override {
    must(field ? builder_.Append(convert(column_, *field)) : builder_.AppendNull());
  }
  std::shared_ptr<arrow::Array> finish() override {
    std::shared_ptr<arrow::Array> array;
    must(builder_.Finish(&array));
    return array;
  }

 private:
  const ResultColumn column_;
  Builder builder_;
};

// From PostgreSQL's text, which has every digit.
class DecimalColumn final : public ParquetColumn {
 public:
  explicit DecimalColumn(ResultColumn column)
      : column_(std::move(column)), decimals_(decimals_of(column_)), builder_(parquet_type(column_)) {}

  void add(const ResultField& field) override {
    if (!field) return must(builder_.AppendNull());
    arrow::Decimal128 value;
    std::int32_t precision = 0;
    std::int32_t scale = 0;
    const auto read = arrow::Decimal128::FromString(*field, &value, &precision, &scale);
    if (!read.ok()) throw out_of_range(column_, fmt::format("the number {}", *field));
    const auto rescaled = value.Rescale(scale, decimals_.scale);
    if (!rescaled.ok() || !rescaled->FitsInPrecision(decimals_.precision)) {
      throw out_of_range(column_, fmt::format("the number {}", *field));
    }
    must(builder_.Append(*rescaled));
  }
  std::shared_ptr<arrow::Array> finish() override {
    std::shared_ptr<arrow::Array> array;
    must(builder_.Finish(&array));
    return array;
  }

 private:
  const ResultColumn column_;
  const Decimals decimals_;
  arrow::Decimal128Builder builder_;
};

// A SUPER: text that says of itself that it is JSON.
class JsonColumn final : public ParquetColumn {
 public:
  void add(const ResultField& field) override { must(field ? builder_.Append(*field) : builder_.AppendNull()); }
  std::shared_ptr<arrow::Array> finish() override {
    std::shared_ptr<arrow::Array> texts;
    must(builder_.Finish(&texts));
    return arrow::ExtensionType::WrapArray(arrow::extension::json(), texts);
  }

 private:
  arrow::StringBuilder builder_;
};

}  // namespace

std::shared_ptr<arrow::DataType> parquet_type(const ResultColumn& column) {
  switch (kind_of(column)) {
    case ValueKind::boolean:
      return arrow::boolean();
    case ValueKind::int2:
      return arrow::int16();
    case ValueKind::int4:
      return arrow::int32();
    case ValueKind::int8:
      return arrow::int64();
    case ValueKind::float4:
      return arrow::float32();
    case ValueKind::float8:
      return arrow::float64();
    case ValueKind::date:
      return arrow::date32();
    case ValueKind::timestamp:
    case ValueKind::timestamptz:
      return arrow::timestamp(arrow::TimeUnit::MICRO);
    case ValueKind::numeric: {
      const Decimals decimals = decimals_of(column);
      if (decimals.precision == 0) {
        throw SqlError("0A000", fmt::format("UNLOAD to PARQUET needs the precision of the column \"{}\", which its "
                                            "expression doesn't have here: cast it, as in CAST(… AS decimal(18,2))",
                                            column.name));
      }
      return arrow::decimal128(decimals.precision, decimals.scale);
    }
    case ValueKind::bytes:
      throw SqlError("0A000",
                     fmt::format("UNLOAD to PARQUET is not supported for the VARBYTE column \"{}\"", column.name));
    case ValueKind::json:
      return arrow::extension::json();
    case ValueKind::time:
    case ValueKind::text:
    case ValueKind::other:
      break;
  }
  return arrow::utf8();
}

bool is_binary_in_parquet(ValueKind kind) noexcept {
  switch (kind) {
    case ValueKind::boolean:
    case ValueKind::int2:
    case ValueKind::int4:
    case ValueKind::int8:
    case ValueKind::float4:
    case ValueKind::float8:
    case ValueKind::date:
    case ValueKind::timestamp:
    case ValueKind::timestamptz:
      return true;
    default:
      return false;
  }
}

std::unique_ptr<ParquetColumn> parquet_column(const ResultColumn& column) {
  switch (kind_of(column)) {
    case ValueKind::boolean:
      return std::make_unique<SimpleColumn<arrow::BooleanBuilder, boolean_of>>(column);
    case ValueKind::int2:
      return std::make_unique<SimpleColumn<arrow::Int16Builder, integer_of<std::int16_t>>>(column);
    case ValueKind::int4:
      return std::make_unique<SimpleColumn<arrow::Int32Builder, integer_of<std::int32_t>>>(column);
    case ValueKind::int8:
      return std::make_unique<SimpleColumn<arrow::Int64Builder, integer_of<std::int64_t>>>(column);
    case ValueKind::float4:
      return std::make_unique<SimpleColumn<arrow::FloatBuilder, float_of>>(column);
    case ValueKind::float8:
      return std::make_unique<SimpleColumn<arrow::DoubleBuilder, double_of>>(column);
    case ValueKind::date:
      return std::make_unique<SimpleColumn<arrow::Date32Builder, date_of>>(column);
    case ValueKind::timestamp:
    case ValueKind::timestamptz:
      return std::make_unique<SimpleColumn<arrow::TimestampBuilder, timestamp_of>>(column);
    case ValueKind::numeric:
      return std::make_unique<DecimalColumn>(column);
    case ValueKind::json:
      return std::make_unique<JsonColumn>();
    default:
      return std::make_unique<SimpleColumn<arrow::StringBuilder, text_of>>(column);
  }
}

}  // namespace penstock::endpoint
