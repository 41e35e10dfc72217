#include "columnar/value_text.h"

#include <arrow/array/array_base.h>
#include <arrow/array/array_binary.h>
#include <arrow/array/array_decimal.h>
#include <arrow/array/array_dict.h>
#include <arrow/array/array_primitive.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>
#include <arrow/util/float16.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>
#include <string>

#include "columnar/json_text.h"
#include "columnar/types.h"
#include "penstock/error.h"

namespace penstock::columnar {
namespace {

using arrow::internal::checked_cast;
using table::TypeName;

constexpr std::int64_t kSecondsOfDay = 86'400;

template <typename Array>
class TextOf : public ValueText {
 public:
  explicit TextOf(const arrow::Array& array) : array_(checked_cast<const Array&>(array)) {}
  [[nodiscard]] bool is_null(std::int64_t row) const final { return array_.IsNull(row); }

 protected:
  [[nodiscard]] const Array& array() const noexcept { return array_; }

 private:
  const Array& array_;
};

class NullText final : public TextOf<arrow::NullArray> {
 public:
  using TextOf::TextOf;
  std::string_view text(std::int64_t) override { return {}; }
};

class BooleanText final : public TextOf<arrow::BooleanArray> {
 public:
  BooleanText(const arrow::Array& array, bool as_number) : TextOf(array), as_number_(as_number) {}
  std::string_view text(std::int64_t row) override {
    const bool value = array().Value(row);
    if (as_number_) return value ? "1" : "0";
    return value ? "true" : "false";
  }

 private:
  const bool as_number_;
};

template <typename Array>
class IntegerText final : public TextOf<Array> {
 public:
  using TextOf<Array>::TextOf;
  std::string_view text(std::int64_t row) override {
    const auto end = std::to_chars(digits_.begin(), digits_.end(), this->array().Value(row)).ptr;
    return {digits_.data(), static_cast<std::size_t>(end - digits_.data())};
  }

 private:
  std::array<char, 24> digits_{};
};

// as_digits: without an exponent, which only the floating types read.
template <typename Array>
class RealText final : public TextOf<Array> {
 public:
  RealText(const arrow::Array& array, bool as_digits) : TextOf<Array>(array), as_digits_(as_digits) {}
  std::string_view text(std::int64_t row) override {
    const auto value = value_of(row);
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
    const auto end = as_digits_ ? std::to_chars(text_.begin(), text_.end(), value, std::chars_format::fixed).ptr
                                : fmt::format_to(text_.begin(), "{}", value);
    return {text_.data(), static_cast<std::size_t>(end - text_.data())};
  }

 private:
  auto value_of(std::int64_t row) const {
    if constexpr (std::is_same_v<Array, arrow::HalfFloatArray>) {
      return arrow::util::Float16::FromBits(this->array().Value(row)).ToFloat();
    } else {
      return this->array().Value(row);
    }
  }

  const bool as_digits_;
  std::array<char, 512> text_{};  // the smallest double has some 340 digits behind its point
};

// Arrow itself writes a negative scale with an exponent. kept: digits behind the point that the column has; COPY cuts
// off what is behind them.
template <typename Array>
class DecimalText final : public TextOf<Array> {
 public:
  DecimalText(const arrow::Array& array, std::optional<int> kept)
      : TextOf<Array>(array), scale_(checked_cast<const arrow::DecimalType&>(*array.type()).scale()), kept_(kept) {}
  std::string_view text(std::int64_t row) override {
    using Value = typename arrow::TypeTraits<typename Array::TypeClass>::CType;
    digits_ = Value(this->array().GetValue(row)).ToIntegerString();
    const std::size_t sign = digits_.front() == '-' ? 1 : 0;
    if (scale_ > 0) {
      const auto scale = static_cast<std::size_t>(scale_);
      if (digits_.size() - sign <= scale) digits_.insert(sign, scale + 1 - (digits_.size() - sign), '0');
      digits_.insert(digits_.size() - scale, 1, '.');
      if (kept_ && *kept_ < scale_) cut_zeros(static_cast<std::size_t>(scale_ - *kept_));
    } else if (digits_ != "0") {
      digits_.append(static_cast<std::size_t>(-scale_), '0');
    }
    return digits_;
  }

 private:
  void cut_zeros(std::size_t count) {
    if (digits_.find_first_not_of('0', digits_.size() - count) != std::string::npos) {
      throw BadValue(fmt::format("{} has more digits behind its point than the column's {}", digits_, *kept_));
    }
    digits_.resize(digits_.size() - count - (*kept_ == 0 ? 1 : 0));
  }

  const std::int32_t scale_;
  const std::optional<int> kept_;
  std::string digits_;
};

void refuse_unless_text(std::string_view text) {
  if (!simdjson::validate_utf8(text)) throw BadValue("the bytes are no UTF-8");
  if (text.find('\0') != std::string_view::npos)
    throw BadValue("there is a NUL byte, which Redshift's text can't hold");
}

template <typename Array>
class StringText final : public TextOf<Array> {
 public:
  using TextOf<Array>::TextOf;
  std::string_view text(std::int64_t row) override {
    const std::string_view text = this->array().GetView(row);
    refuse_unless_text(text);
    return text;
  }
};

void append_hex(std::string_view bytes, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char byte : bytes) {
    out += kDigits[static_cast<unsigned char>(byte) >> 4];
    out += kDigits[static_cast<unsigned char>(byte) & 15];
  }
}

template <typename Array>
class HexText final : public TextOf<Array> {
 public:
  using TextOf<Array>::TextOf;
  std::string_view text(std::int64_t row) override {
    text_.clear();
    append_hex(this->array().GetView(row), text_);
    return text_;
  }

 private:
  std::string text_;
};

class UuidText final : public ValueText {
 public:
  explicit UuidText(const arrow::Array& array)
      : array_(checked_cast<const arrow::FixedSizeBinaryArray&>(
            *checked_cast<const arrow::ExtensionArray&>(array).storage())) {}
  [[nodiscard]] bool is_null(std::int64_t row) const override { return array_.IsNull(row); }
  std::string_view text(std::int64_t row) override {
    text_.clear();
    append_hex(array_.GetView(row), text_);
    for (const std::size_t dash : {8U, 13U, 18U, 23U}) text_.insert(dash, 1, '-');
    return text_;
  }

 private:
  const arrow::FixedSizeBinaryArray& array_;
  std::string text_;
};

std::int64_t floor_division(std::int64_t value, std::int64_t by) noexcept {
  return value / by - (value % by < 0 ? 1 : 0);
}

// "2024-02-29 12:34:56.789000+00", or some of it.
class Moment {
 public:
  void clear() noexcept { size_ = 0; }
  [[nodiscard]] std::string_view view() const noexcept { return {text_.data(), size_}; }

  void day(std::int64_t since_1970) {
    constexpr std::int64_t kFirst = -719'162, kLast = 2'932'896;
    if (since_1970 < kFirst || since_1970 > kLast) throw BadValue("the year is none from 1 to 9999");
    const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(since_1970))};
    const auto year = static_cast<unsigned>(int{date.year()});
    number(year, 4);
    put('-');
    number(unsigned{date.month()}, 2);
    put('-');
    number(unsigned{date.day()}, 2);
  }
  void time(std::int64_t seconds, std::int64_t micros) {
    number(static_cast<unsigned>(seconds / 3600), 2);
    put(':');
    number(static_cast<unsigned>(seconds / 60 % 60), 2);
    put(':');
    number(static_cast<unsigned>(seconds % 60), 2);
    if (micros == 0) return;
    put('.');
    number(static_cast<unsigned>(micros), 6);
  }
  void put(char c) { text_[size_++] = c; }
  void utc() {
    put('+');
    number(0, 2);
  }

 private:
  void number(unsigned value, std::size_t digits) {
    for (std::size_t i = digits; i > 0; --i, value /= 10) text_[size_ + i - 1] = static_cast<char>('0' + value % 10);
    size_ += digits;
  }

  std::array<char, 40> text_{};
  std::size_t size_ = 0;
};

std::int64_t a_second(arrow::TimeUnit::type unit) noexcept {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return 1;
    case arrow::TimeUnit::MILLI:
      return 1'000;
    case arrow::TimeUnit::MICRO:
      return 1'000'000;
    case arrow::TimeUnit::NANO:
      break;
  }
  return 1'000'000'000;
}

// Of less than a second.
std::int64_t to_micros(std::int64_t part, std::int64_t a_second) {
  constexpr std::int64_t kMicros = 1'000'000;
  if (a_second <= kMicros) return part * (kMicros / a_second);
  if (part % 1'000 != 0) throw BadValue(fmt::format("{} nanoseconds are no whole microseconds", part));
  return part / 1'000;
}

enum class Clock { none, plain, with_zone };

template <typename Array>
class DateText final : public TextOf<Array> {
 public:
  DateText(const arrow::Array& array, Clock clock) : TextOf<Array>(array), clock_(clock) {}
  std::string_view text(std::int64_t row) override {
    text_.clear();
    text_.day(days_of(this->array().Value(row)));
    if (clock_ != Clock::none) {
      text_.put(' ');
      text_.time(0, 0);
    }
    if (clock_ == Clock::with_zone) text_.utc();
    return text_.view();
  }

 private:
  static std::int64_t days_of(std::int64_t value) {
    if constexpr (std::is_same_v<Array, arrow::Date64Array>) {
      constexpr std::int64_t kMillisOfDay = kSecondsOfDay * 1'000;
      if (value % kMillisOfDay != 0) throw BadValue("the date has a time of day");
      return value / kMillisOfDay;
    }
    return value;
  }

  const Clock clock_;
  Moment text_;
};

class TimestampText final : public TextOf<arrow::TimestampArray> {
 public:
  TimestampText(const arrow::Array& array, Clock clock)
      : TextOf(array),
        clock_(clock),
        a_second_(a_second(checked_cast<const arrow::TimestampType&>(*array.type()).unit())) {}
  std::string_view text(std::int64_t row) override {
    const std::int64_t value = array().Value(row);
    const std::int64_t seconds = floor_division(value, a_second_);
    const std::int64_t day = floor_division(seconds, kSecondsOfDay);
    const std::int64_t second_of_day = seconds - day * kSecondsOfDay;
    const std::int64_t part = value - seconds * a_second_;
    text_.clear();
    text_.day(day);
    if (clock_ == Clock::none) {
      if (second_of_day != 0 || part != 0) throw BadValue("a date can't hold its time of day");
      return text_.view();
    }
    text_.put(' ');
    text_.time(second_of_day, to_micros(part, a_second_));
    if (clock_ == Clock::with_zone) text_.utc();
    return text_.view();
  }

 private:
  const Clock clock_;
  const std::int64_t a_second_;
  Moment text_;
};

template <typename Array>
class TimeText final : public TextOf<Array> {
 public:
  TimeText(const arrow::Array& array, bool with_zone)
      : TextOf<Array>(array),
        with_zone_(with_zone),
        a_second_(a_second(checked_cast<const arrow::TimeType&>(*array.type()).unit())) {}
  std::string_view text(std::int64_t row) override {
    const std::int64_t value = this->array().Value(row);
    if (value < 0 || value / a_second_ >= kSecondsOfDay) throw BadValue("the time is none of a day");
    text_.clear();
    text_.time(value / a_second_, to_micros(value % a_second_, a_second_));
    if (with_zone_) text_.utc();
    return text_.view();
  }

 private:
  const bool with_zone_;
  const std::int64_t a_second_;
  Moment text_;
};

class DictionaryText final : public ValueText {
 public:
  DictionaryText(const arrow::Array& array, const std::optional<table::Type>& into)
      : array_(checked_cast<const arrow::DictionaryArray&>(array)),
        values_(array_.dictionary()),
        texts_(value_text(*values_, into)) {}
  [[nodiscard]] bool is_null(std::int64_t row) const override {
    return array_.IsNull(row) || texts_->is_null(value_of(row));
  }
  std::string_view text(std::int64_t row) override { return texts_->text(value_of(row)); }

 private:
  [[nodiscard]] std::int64_t value_of(std::int64_t row) const {
    const std::int64_t value = array_.GetValueIndex(row);
    if (value < 0 || value >= values_->length()) throw BadValue("it is no value of the column's dictionary");
    return value;
  }

  const arrow::DictionaryArray& array_;
  const std::shared_ptr<arrow::Array> values_;
  const std::unique_ptr<ValueText> texts_;
};

// As text for one column, as hexadecimal digits for another.
template <template <typename> typename Text>
std::unique_ptr<ValueText> bytes_text(const arrow::Array& array) {
  switch (array.type_id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return std::make_unique<Text<arrow::BinaryArray>>(array);
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
      return std::make_unique<Text<arrow::LargeBinaryArray>>(array);
    case arrow::Type::FIXED_SIZE_BINARY:
      return std::make_unique<Text<arrow::FixedSizeBinaryArray>>(array);
    default:
      return std::make_unique<Text<arrow::BinaryViewArray>>(array);
  }
}

std::unique_ptr<ValueText> integer_text(const arrow::Array& array) {
  switch (array.type_id()) {
    case arrow::Type::INT8:
      return std::make_unique<IntegerText<arrow::Int8Array>>(array);
    case arrow::Type::INT16:
      return std::make_unique<IntegerText<arrow::Int16Array>>(array);
    case arrow::Type::INT32:
      return std::make_unique<IntegerText<arrow::Int32Array>>(array);
    case arrow::Type::UINT8:
      return std::make_unique<IntegerText<arrow::UInt8Array>>(array);
    case arrow::Type::UINT16:
      return std::make_unique<IntegerText<arrow::UInt16Array>>(array);
    case arrow::Type::UINT32:
      return std::make_unique<IntegerText<arrow::UInt32Array>>(array);
    case arrow::Type::UINT64:
      return std::make_unique<IntegerText<arrow::UInt64Array>>(array);
    default:
      return std::make_unique<IntegerText<arrow::Int64Array>>(array);
  }
}

std::unique_ptr<ValueText> real_text(const arrow::Array& array, bool as_digits) {
  switch (array.type_id()) {
    case arrow::Type::HALF_FLOAT:
      return std::make_unique<RealText<arrow::HalfFloatArray>>(array, as_digits);
    case arrow::Type::FLOAT:
      return std::make_unique<RealText<arrow::FloatArray>>(array, as_digits);
    default:
      return std::make_unique<RealText<arrow::DoubleArray>>(array, as_digits);
  }
}

// Digits behind the point that a column keeps; nullopt: it is no column of exact numbers.
std::optional<int> scale_of(const std::optional<table::Type>& into) {
  if (!into) return std::nullopt;
  switch (into->name) {
    case TypeName::smallint:
    case TypeName::integer:
    case TypeName::bigint:
      return 0;
    case TypeName::numeric:
      return into->scale;
    default:
      return std::nullopt;
  }
}

std::unique_ptr<ValueText> decimal_text(const arrow::Array& array, const std::optional<table::Type>& into) {
  const auto kept = scale_of(into);
  switch (array.type_id()) {
    case arrow::Type::DECIMAL32:
      return std::make_unique<DecimalText<arrow::Decimal32Array>>(array, kept);
    case arrow::Type::DECIMAL64:
      return std::make_unique<DecimalText<arrow::Decimal64Array>>(array, kept);
    case arrow::Type::DECIMAL128:
      return std::make_unique<DecimalText<arrow::Decimal128Array>>(array, kept);
    default:
      return std::make_unique<DecimalText<arrow::Decimal256Array>>(array, kept);
  }
}

bool is_one_of(const std::optional<table::Type>& type, auto... names) { return type && ((type->name == names) || ...); }

Clock clock_of(const arrow::Array& array, const std::optional<table::Type>& into) {
  if (is_one_of(into, TypeName::date)) return Clock::none;
  if (is_one_of(into, TypeName::timestamp)) return Clock::plain;
  if (is_one_of(into, TypeName::timestamptz)) return Clock::with_zone;
  if (kind_of(*array.type()) == Kind::date) return Clock::none;
  const auto& type = checked_cast<const arrow::TimestampType&>(*array.type());
  return type.timezone().empty() ? Clock::plain : Clock::with_zone;
}

std::unique_ptr<ValueText> date_text(const arrow::Array& array, const std::optional<table::Type>& into) {
  const Clock clock = clock_of(array, into);
  if (array.type_id() == arrow::Type::DATE64) return std::make_unique<DateText<arrow::Date64Array>>(array, clock);
  return std::make_unique<DateText<arrow::Date32Array>>(array, clock);
}

std::unique_ptr<ValueText> time_text(const arrow::Array& array, const std::optional<table::Type>& into) {
  const bool with_zone = is_one_of(into, TypeName::timetz);
  if (array.type_id() == arrow::Type::TIME32) return std::make_unique<TimeText<arrow::Time32Array>>(array, with_zone);
  return std::make_unique<TimeText<arrow::Time64Array>>(array, with_zone);
}

}  // namespace

std::unique_ptr<ValueText> value_text(const arrow::Array& array, const std::optional<table::Type>& into) {
  const Kind kind = kind_of(*array.type());
  // text that goes there is a document already, as it is in CSV
  if (is_one_of(into, TypeName::super) && kind != Kind::text && kind != Kind::json) return json_text(array);
  if (array.type_id() == arrow::Type::DICTIONARY) return std::make_unique<DictionaryText>(array, into);
  switch (kind) {
    case Kind::null:
      return std::make_unique<NullText>(array);
    case Kind::boolean:
      return std::make_unique<BooleanText>(
          array, is_one_of(into, TypeName::smallint, TypeName::integer, TypeName::bigint, TypeName::numeric,
                           TypeName::real, TypeName::double_precision));
    case Kind::integer:
      return integer_text(array);
    case Kind::real:
      return real_text(array,
                       is_one_of(into, TypeName::smallint, TypeName::integer, TypeName::bigint, TypeName::numeric));
    case Kind::decimal:
      return decimal_text(array, into);
    case Kind::text:
      return bytes_text<StringText>(array);
    case Kind::json:
      return value_text(*checked_cast<const arrow::ExtensionArray&>(array).storage(), into);
    case Kind::binary:
      if (is_one_of(into, TypeName::varbyte, TypeName::geometry, TypeName::geography))
        return bytes_text<HexText>(array);
      return bytes_text<StringText>(array);
    case Kind::uuid:
      return std::make_unique<UuidText>(array);
    case Kind::date:
      return date_text(array, into);
    case Kind::time:
      return time_text(array, into);
    case Kind::timestamp:
      return std::make_unique<TimestampText>(array, clock_of(array, into));
    case Kind::nested:
      return json_text(array);
    case Kind::other:
      break;
  }
  throw Error(ErrorKind::internal, fmt::format("a column of {} has no text", array.type()->ToString()));
}

}  // namespace penstock::columnar
