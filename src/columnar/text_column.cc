#include "columnar/text_column.h"

#include <arrow/array/array_base.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_decimal.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/array/builder_time.h>
#include <arrow/extension_type.h>
#include <arrow/record_batch.h>
#include <arrow/status.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "base/text.h"
#include "columnar/fields.h"
#include "columnar/text_values.h"
#include "penstock/error.h"
#include "staging/chunk_text.h"
#include "table/value_check.h"

namespace penstock::columnar {
namespace {

using table::Type;
using table::TypeName;

constexpr std::string_view kBlanks = " \t\n\v\f\r";

void must(const arrow::Status& status) {
  if (status.IsOutOfMemory()) throw std::bad_alloc();
  if (!status.ok()) throw Error(ErrorKind::internal, fmt::format("a column can't be built: {}", status.ToString()));
}

std::shared_ptr<arrow::Array> finished(arrow::ArrayBuilder& builder) {
  std::shared_ptr<arrow::Array> array;
  must(builder.Finish(&array));
  return array;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

// Of values that are no texts. read(text, value): whether it is one.
template <typename Builder, typename Value, typename Read>
class ValueColumn final : public TextColumn {
 public:
  ValueColumn(const std::shared_ptr<arrow::DataType>& type, Read read)
      : builder_(type, arrow::default_memory_pool()), read_(std::move(read)) {}

  void reserve(std::int64_t rows) override { must(builder_.Reserve(rows)); }

  std::optional<std::size_t> append(std::span<const std::string_view> texts) override {
    must(builder_.Reserve(static_cast<std::int64_t>(texts.size())));
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::string_view text = texts[i];
      Value value{};
      bool is_value = !text.empty() && read_(text, value);
      if (!is_value) {
        const std::string_view inside = trimmed(text);
        is_value = !inside.empty();
        if (is_value && (inside.size() == text.size() || !read_(inside, value))) return i;
      }
      if (is_value) {
        builder_.UnsafeAppend(value);
      } else {
        builder_.UnsafeAppendNull();
      }
    }
    return std::nullopt;
  }

  std::shared_ptr<arrow::Array> finish() override { return finished(builder_); }

 private:
  Builder builder_;
  const Read read_;
};

template <typename Builder, typename Value, typename Read>
std::unique_ptr<TextColumn> values(const std::shared_ptr<arrow::DataType>& type, Read read) {
  return std::make_unique<ValueColumn<Builder, Value, Read>>(type, std::move(read));
}

template <typename Integer, typename Builder>
std::unique_ptr<TextColumn> integers(const std::shared_ptr<arrow::DataType>& type) {
  return values<Builder, Integer>(type,
                                  [](std::string_view text, Integer& value) { return read_integer(text, value); });
}

// What stays text.
class PlainText final : public TextColumn {
 public:
  void reserve(std::int64_t rows) override { must(builder_.Reserve(rows)); }

  std::optional<std::size_t> append(std::span<const std::string_view> texts) override {
    std::size_t bytes = 0;
    for (const std::string_view text : texts) bytes += text.size();
    must(builder_.Reserve(static_cast<std::int64_t>(texts.size())));
    must(builder_.ReserveData(static_cast<std::int64_t>(bytes)));
    for (const std::string_view text : texts) {
      if (text.data() == nullptr) {
        builder_.UnsafeAppendNull();
      } else {
        builder_.UnsafeAppend(text);
      }
    }
    return std::nullopt;
  }

  std::shared_ptr<arrow::Array> finish() override { return finished(builder_); }

 private:
  arrow::StringBuilder builder_;
};

// Text that has a form: a document, a time with a zone. Without the blanks around it.
class CheckedText final : public TextColumn {
 public:
  CheckedText(const Type& type, std::shared_ptr<arrow::DataType> of_arrow)
      : type_(type), of_arrow_(std::move(of_arrow)) {}

  void reserve(std::int64_t rows) override { text_.reserve(rows); }

  std::optional<std::size_t> append(std::span<const std::string_view> texts) override {
    checked_.clear();
    std::optional<std::size_t> bad;
    for (std::size_t i = 0; i < texts.size() && !bad; ++i) {
      const std::string_view text = trimmed(texts[i]);
      if (!text.empty() && !is_value(text)) {
        bad = i;
      } else {
        checked_.push_back(text.empty() ? std::string_view() : text);
      }
    }
    text_.append(checked_);
    return bad;
  }

  std::shared_ptr<arrow::Array> finish() override {
    auto text = text_.finish();
    if (of_arrow_->id() != arrow::Type::EXTENSION) return text;
    return arrow::ExtensionType::WrapArray(of_arrow_, text);
  }

 private:
  [[nodiscard]] bool is_value(std::string_view text) const {
    return type_.name == TypeName::super ? is_json(text) : table::takes(type_, text);
  }

  const Type type_;
  const std::shared_ptr<arrow::DataType> of_arrow_;
  PlainText text_;
  std::vector<std::string_view> checked_;
};

// Of hexadecimal digits.
class Bytes final : public TextColumn {
 public:
  void reserve(std::int64_t rows) override { must(builder_.Reserve(rows)); }

  std::optional<std::size_t> append(std::span<const std::string_view> texts) override {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (texts[i].data() == nullptr) {
        must(builder_.AppendNull());
      } else if (read(trimmed(texts[i]))) {  // of no bytes, too
        must(builder_.Append(bytes_));
      } else {
        return i;
      }
    }
    return std::nullopt;
  }

  std::shared_ptr<arrow::Array> finish() override { return finished(builder_); }

 private:
  static int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char small = static_cast<char>(c | 0x20);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
  }

  bool read(std::string_view text) {
    bytes_.clear();
    if (text.size() % 2 != 0) return false;
    for (std::size_t i = 0; i < text.size(); i += 2) {
      const int high = digit(text[i]);
      const int low = digit(text[i + 1]);
      if (high < 0 || low < 0) return false;
      bytes_.push_back(static_cast<char>(high * 16 + low));
    }
    return true;
  }

  arrow::BinaryBuilder builder_;
  std::string bytes_;
};

std::string why_none(const Type& type, std::string_view text) {
  if (const auto fault = table::check_value(type, text); fault != table::ValueFault::none) {
    return table::in_words(fault, type, text);
  }
  // COPY takes it, and changes it
  switch (type.name) {
    case TypeName::numeric:
      return fmt::format("it has more digits behind its point than {} keeps", to_string(type));
    case TypeName::date:
      return "it has a time of day, which a date does not keep";
    case TypeName::time:
    case TypeName::timestamp:
    case TypeName::timestamptz:
      return fmt::format("no {} that is kept exactly, to microseconds", to_string(type));
    default:
      return fmt::format("no {}", to_string(type));
  }
}

}  // namespace

std::unique_ptr<TextColumn> text_column(const Type& type) {
  const auto of_arrow = field_of("", type)->type();
  switch (type.name) {
    case TypeName::boolean:
      return values<arrow::BooleanBuilder, bool>(of_arrow, read_boolean);
    case TypeName::smallint:
      return integers<std::int16_t, arrow::Int16Builder>(of_arrow);
    case TypeName::integer:
      return integers<std::int32_t, arrow::Int32Builder>(of_arrow);
    case TypeName::bigint:
      return integers<std::int64_t, arrow::Int64Builder>(of_arrow);
    case TypeName::numeric:
      return values<arrow::Decimal128Builder, arrow::Decimal128>(
          of_arrow, [type](std::string_view text, arrow::Decimal128& value) {
            return read_decimal(text, type.precision, type.scale, value);
          });
    case TypeName::real:
      return values<arrow::FloatBuilder, float>(
          of_arrow, [](std::string_view text, float& value) { return read_float(text, value); });
    case TypeName::double_precision:
      return values<arrow::DoubleBuilder, double>(
          of_arrow, [](std::string_view text, double& value) { return read_float(text, value); });
    case TypeName::date:
      return values<arrow::Date32Builder, std::int32_t>(
          of_arrow, [](std::string_view text, std::int32_t& days) { return read_date(text, days); });
    case TypeName::time:
      return values<arrow::Time64Builder, std::int64_t>(
          of_arrow, [](std::string_view text, std::int64_t& micros) { return read_time(text, micros); });
    case TypeName::timestamp:
      return values<arrow::TimestampBuilder, std::int64_t>(
          of_arrow, [](std::string_view text, std::int64_t& micros) { return read_timestamp(text, micros); });
    case TypeName::timestamptz:
      return values<arrow::TimestampBuilder, std::int64_t>(
          of_arrow, [](std::string_view text, std::int64_t& micros) { return read_timestamptz(text, micros); });
    case TypeName::varbyte:
      return std::make_unique<Bytes>();
    case TypeName::super:
    case TypeName::timetz:
      return std::make_unique<CheckedText>(type, of_arrow);
    default:
      return std::make_unique<PlainText>();
  }
}

void TextColumns::add(const std::string& name, const Type& type) {
  constexpr std::size_t kOffset = sizeof(std::int32_t);  // of a text
  fields_.push_back(field_of(name, type));
  columns_.push_back(text_column(type));
  schema_.reset();
  const int bits = fields_.back()->type()->bit_width();
  bytes_of_row_ += bits > 0 ? static_cast<std::size_t>(bits + 7) / 8 : kOffset;
}

void TextColumns::reserve(std::size_t rows) {
  for (const auto& column : columns_) column->reserve(static_cast<std::int64_t>(rows));
}

std::shared_ptr<arrow::RecordBatch> TextColumns::finish(std::size_t rows) {
  if (!schema_) schema_ = arrow::schema(fields_);
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (const auto& column : columns_) arrays.push_back(column->finish());
  return arrow::RecordBatch::Make(schema_, static_cast<std::int64_t>(rows), std::move(arrays));
}

std::string refusal_of(const Type& type, std::string_view text) {
  return fmt::format("'{}': {}; mend it, or give the column another type", printable(staging::start_of(text)),
                     why_none(type, text));
}

}  // namespace penstock::columnar
