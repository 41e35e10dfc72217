#include "columnar/json_text.h"

#include <arrow/array/array_dict.h>
#include <arrow/array/array_nested.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "columnar/types.h"
#include "penstock/error.h"

namespace penstock::columnar {
namespace {

using arrow::internal::checked_cast;

void append_string(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void append_value(ValueText& values, std::int64_t row, std::string& out) {
  if (values.is_null(row)) {
    out += "null";
  } else {
    out += values.text(row);
  }
}

class StringJson final : public ValueText {
 public:
  explicit StringJson(std::unique_ptr<ValueText> values) : values_(std::move(values)) {}
  [[nodiscard]] bool is_null(std::int64_t row) const override { return values_->is_null(row); }
  std::string_view text(std::int64_t row) override {
    text_.clear();
    append_string(values_->text(row), text_);
    return text_;
  }

 private:
  const std::unique_ptr<ValueText> values_;
  std::string text_;
};

class RealJson final : public ValueText {
 public:
  explicit RealJson(std::unique_ptr<ValueText> values) : values_(std::move(values)) {}
  [[nodiscard]] bool is_null(std::int64_t row) const override { return values_->is_null(row); }
  std::string_view text(std::int64_t row) override {
    const std::string_view text = values_->text(row);
    if (text.back() == 'N' || text.back() == 'y') throw BadValue(fmt::format("{} is no JSON", text));
    return text;
  }

 private:
  const std::unique_ptr<ValueText> values_;
};

template <typename Array>
class ListJson final : public ValueText {
 public:
  explicit ListJson(const arrow::Array& array)
      : array_(checked_cast<const Array&>(array)), values_(json_text(*array_.values())) {}
  [[nodiscard]] bool is_null(std::int64_t row) const override { return array_.IsNull(row); }
  std::string_view text(std::int64_t row) override {
    text_ = '[';
    const std::int64_t begin = array_.value_offset(row), end = begin + array_.value_length(row);
    for (std::int64_t i = begin; i < end; ++i) {
      if (i > begin) text_ += ',';
      append_value(*values_, i, text_);
    }
    text_ += ']';
    return text_;
  }

 private:
  const Array& array_;
  const std::unique_ptr<ValueText> values_;
  std::string text_;
};

class MapJson final : public ValueText {
 public:
  explicit MapJson(const arrow::Array& array)
      : array_(checked_cast<const arrow::MapArray&>(array)),
        keys_(value_text(*array_.keys(), std::nullopt)),
        values_(json_text(*array_.items())) {}
  [[nodiscard]] bool is_null(std::int64_t row) const override { return array_.IsNull(row); }
  std::string_view text(std::int64_t row) override {
    text_ = '{';
    const std::int64_t begin = array_.value_offset(row), end = begin + array_.value_length(row);
    for (std::int64_t i = begin; i < end; ++i) {
      if (i > begin) text_ += ',';
      if (keys_->is_null(i)) throw BadValue("a key of the map is NULL");
      append_string(keys_->text(i), text_);
      text_ += ':';
      append_value(*values_, i, text_);
    }
    text_ += '}';
    return text_;
  }

 private:
  const arrow::MapArray& array_;
  const std::unique_ptr<ValueText> keys_;
  const std::unique_ptr<ValueText> values_;
  std::string text_;
};

class StructJson final : public ValueText {
 public:
  explicit StructJson(const arrow::Array& array) : array_(checked_cast<const arrow::StructArray&>(array)) {
    for (int i = 0; i < array_.num_fields(); ++i) {
      Member member{.name = "", .array = array_.field(i), .values = nullptr};
      append_string(array_.struct_type()->field(i)->name(), member.name);
      member.values = json_text(*member.array);
      members_.push_back(std::move(member));
    }
  }
  [[nodiscard]] bool is_null(std::int64_t row) const override { return array_.IsNull(row); }
  std::string_view text(std::int64_t row) override {
    text_ = '{';
    for (const Member& member : members_) {
      if (text_.size() > 1) text_ += ',';
      text_ += member.name;
      text_ += ':';
      append_value(*member.values, row, text_);
    }
    text_ += '}';
    return text_;
  }

 private:
  struct Member {
    std::string name;  // as JSON
    std::shared_ptr<arrow::Array> array;
    std::unique_ptr<ValueText> values;
  };

  const arrow::StructArray& array_;
  std::vector<Member> members_;
  std::string text_;
};

std::unique_ptr<ValueText> nested_text(const arrow::Array& array) {
  switch (array.type_id()) {
    case arrow::Type::LIST:
      return std::make_unique<ListJson<arrow::ListArray>>(array);
    case arrow::Type::LARGE_LIST:
      return std::make_unique<ListJson<arrow::LargeListArray>>(array);
    case arrow::Type::LIST_VIEW:
      return std::make_unique<ListJson<arrow::ListViewArray>>(array);
    case arrow::Type::LARGE_LIST_VIEW:
      return std::make_unique<ListJson<arrow::LargeListViewArray>>(array);
    case arrow::Type::FIXED_SIZE_LIST:
      return std::make_unique<ListJson<arrow::FixedSizeListArray>>(array);
    case arrow::Type::MAP:
      return std::make_unique<MapJson>(array);
    case arrow::Type::STRUCT:
      return std::make_unique<StructJson>(array);
    default:
      throw Error(ErrorKind::internal, fmt::format("a column of {} has no JSON", array.type()->ToString()));
  }
}

}  // namespace

std::unique_ptr<ValueText> json_strings(std::unique_ptr<ValueText> texts) {
  return std::make_unique<StringJson>(std::move(texts));
}

std::string json_string(std::string_view text) {
  std::string out;
  append_string(text, out);
  return out;
}

std::unique_ptr<ValueText> json_text(const arrow::Array& array) {
  const Kind kind = kind_of(*array.type());
  if (kind == Kind::nested && array.type_id() != arrow::Type::DICTIONARY) return nested_text(array);
  auto values = value_text(array, std::nullopt);
  switch (kind) {
    case Kind::null:
    case Kind::boolean:
    case Kind::integer:
    case Kind::decimal:
    case Kind::json:
    case Kind::nested:  // of a dictionary
      return values;
    case Kind::real:
      return std::make_unique<RealJson>(std::move(values));
    default:
      return std::make_unique<StringJson>(std::move(values));
  }
}

}  // namespace penstock::columnar
