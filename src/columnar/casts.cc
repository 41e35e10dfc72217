#include "columnar/casts.h"

#include <arrow/array/array_base.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/util.h>
#include <arrow/compute/cast.h>
#include <arrow/extension_type.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "columnar/fields.h"
#include "columnar/json_text.h"
#include "columnar/types.h"
#include "columnar/value_text.h"
#include "penstock/error.h"

namespace penstock::columnar {
namespace {

using arrow::internal::checked_cast;
using table::Type;
using table::TypeName;

void check(const arrow::Status& status) {
  if (!status.ok()) throw BadValue(printable(status.message()));
}

template <typename T>
T good(arrow::Result<T> result) {
  check(result.status());
  return std::move(result).ValueUnsafe();
}

void refuse(const std::vector<std::string>& problems) {
  if (!problems.empty()) throw Error(ErrorKind::refused, fmt::format("{}", fmt::join(problems, "\n")));
}

bool is_text(const Type& type) { return type.name == TypeName::varchar || type.name == TypeName::character; }

bool is_moment(const Type& type) { return type.name == TypeName::timestamp || type.name == TypeName::timestamptz; }

// nullopt: nothing of Redshift's holds it.
std::optional<Type> type_of(const arrow::Field& field) {
  try {
    return table_type_of(field);
  } catch (const Error&) {
    return std::nullopt;
  }
}

bool goes_into(const arrow::Field& from, const arrow::Field& to) {
  if (from.type()->Equals(*to.type()) || kind_of(*from.type()) == Kind::null) return true;
  const auto wanted = type_of(to);
  if (!wanted || misfit(*from.type(), *wanted)) return false;
  const Kind kind = kind_of(*from.type());
  if (is_text(*wanted) || (wanted->name == TypeName::super && (kind == Kind::nested || kind == Kind::text)))
    return true;
  const auto here = type_of(from);
  if (!here) return false;
  if (here->name == TypeName::date && is_moment(*wanted)) return true;
  const auto both = wider(*here, *wanted);
  return both && both->name == wanted->name && both->precision <= wanted->precision && both->scale == wanted->scale;
}

std::shared_ptr<arrow::Array> texts_of(ValueText& texts, std::int64_t rows, int most_bytes) {
  arrow::StringBuilder builder;
  for (std::int64_t row = 0; row < rows; ++row) {
    if (texts.is_null(row)) {
      check(builder.AppendNull());
      continue;
    }
    const std::string_view text = texts.text(row);
    if (most_bytes > 0 && text.size() > static_cast<std::size_t>(most_bytes)) {
      throw BadValue(fmt::format("{} bytes are more than the column's {}", text.size(), most_bytes));
    }
    check(builder.Append(text));
  }
  return good(builder.Finish());
}

std::shared_ptr<arrow::Array> cast(const std::shared_ptr<arrow::Array>& array, const arrow::Field& to) {
  const auto& type = to.type();
  const Kind kind = kind_of(*array->type());
  const auto wanted = type_of(to);
  const int most_bytes = wanted && is_text(*wanted) ? wanted->length : 0;
  const bool is_same = array->type()->Equals(*type);
  if (is_same && (most_bytes == 0 || most_bytes == 65535)) return array;
  if (kind == Kind::null) return good(arrow::MakeArrayOfNull(type, array->length()));
  if (is_same || type->id() == arrow::Type::STRING) {
    return texts_of(*value_text(*array, std::nullopt), array->length(), most_bytes);
  }
  if (kind_of(*type) == Kind::json) {
    const bool is_document = kind == Kind::text || kind == Kind::json;
    const auto texts = is_document ? value_text(*array, std::nullopt) : json_text(*array);
    const auto storage = texts_of(*texts, array->length(), 0);
    const auto& json = checked_cast<const arrow::ExtensionType&>(*type);
    return arrow::ExtensionType::WrapArray(type, good(arrow::compute::Cast(*storage, json.storage_type())));
  }
  return good(arrow::compute::Cast(*array, type));
}

std::string there_and_here(const std::string& name, const NamedSchema& first, const arrow::Field& a,
                           const NamedSchema& other, const arrow::Field& b) {
  return fmt::format("column {} is {} in {} and {} in {}: no type takes both", printable(name),
                     printable(a.type()->ToString()), printable(first.name), printable(b.type()->ToString()),
                     printable(other.name));
}

// Null: only text would hold both.
std::shared_ptr<arrow::Field> common_field(const std::shared_ptr<arrow::Field>& a,
                                           const std::shared_ptr<arrow::Field>& b) {
  const bool is_nullable = a->nullable() || b->nullable();
  if (kind_of(*b->type()) == Kind::null) return a->WithNullable(true);
  if (kind_of(*a->type()) == Kind::null) return b->WithNullable(true)->WithName(a->name());
  const auto left = type_of(*a), right = type_of(*b);
  if (a->type()->Equals(*b->type()) && left == right) return a->WithNullable(is_nullable);
  if (!left || !right || kind_of(*a->type()) == Kind::nested || kind_of(*b->type()) == Kind::nested) return nullptr;
  const auto both = wider(*left, *right);
  return both ? field_of(a->name(), *both)->WithNullable(is_nullable) : nullptr;
}

}  // namespace

Casts::Casts(std::string source, const arrow::Schema& from, std::shared_ptr<arrow::Schema> to)
    : source_(std::move(source)), to_(std::move(to)), is_same_(from.num_fields() == to_->num_fields()) {
  std::vector<std::string> problems;
  for (int i = 0; i < to_->num_fields(); ++i) {
    const arrow::Field& wanted = *to_->field(i);
    const int index = from.GetFieldIndex(wanted.name());
    index_.push_back(index);
    if (index < 0) {
      problems.push_back(fmt::format("{} has no column {}, or several", printable(source_), printable(wanted.name())));
    } else if (!goes_into(*from.field(index), wanted)) {
      problems.push_back(fmt::format("{} column {}: {} does not go into {}", printable(source_),
                                     printable(wanted.name()), printable(from.field(index)->type()->ToString()),
                                     printable(wanted.type()->ToString())));
    }
    is_same_ = is_same_ && index == i && from.field(i)->Equals(wanted, /*check_metadata=*/true);
  }
  refuse(problems);
}

std::shared_ptr<arrow::RecordBatch> Casts::operator()(const std::shared_ptr<arrow::RecordBatch>& rows,
                                                      std::uint64_t first_row) const {
  if (is_same_) return rows;
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (int i = 0; i < to_->num_fields(); ++i) columns.push_back(column(*rows, i, first_row));
  return arrow::RecordBatch::Make(to_, rows->num_rows(), std::move(columns));
}

std::shared_ptr<arrow::Array> Casts::column(const arrow::RecordBatch& rows, int i, std::uint64_t first_row) const {
  const arrow::Field& to = *to_->field(i);
  const auto& array = rows.column(index_[static_cast<std::size_t>(i)]);
  try {
    return cast(array, to);
  } catch (const BadValue& all) {
    const auto refused = [&](std::int64_t row, const char* why) {
      return Error(ErrorKind::refused,
                   fmt::format("{} row {}, column {}: {}", printable(source_),
                               first_row + static_cast<std::uint64_t>(row), printable(to.name()), why));
    };
    for (std::int64_t row = 0; row < array->length(); ++row) {
      try {
        static_cast<void>(cast(array->Slice(row, 1), to));
      } catch (const BadValue& one) {
        throw refused(row, one.what());
      }
    }
    throw refused(0, all.what());
  }
}

std::shared_ptr<arrow::Schema> common_schema(const std::vector<NamedSchema>& schemas) {
  const NamedSchema& first = schemas.front();
  arrow::FieldVector fields = first.schema->fields();
  std::vector<std::string> problems;
  for (const NamedSchema& other : std::span(schemas).subspan(1)) {
    if (other.schema->Equals(*first.schema, /*check_metadata=*/true)) continue;
    for (auto& field : fields) {
      const int index = other.schema->GetFieldIndex(field->name());
      if (index < 0) {
        problems.push_back(fmt::format("{} has no column {}, or several, and {} has one", printable(other.name),
                                       printable(field->name()), printable(first.name)));
      } else if (auto both = common_field(field, other.schema->field(index))) {
        field = std::move(both);
      } else {
        problems.push_back(there_and_here(field->name(), first, *field, other, *other.schema->field(index)));
      }
    }
    for (const auto& field : other.schema->fields()) {
      if (first.schema->GetAllFieldIndices(field->name()).empty()) {
        problems.push_back(fmt::format("{} has a column {}, and {} has none", printable(other.name),
                                       printable(field->name()), printable(first.name)));
      }
    }
  }
  refuse(problems);
  return arrow::schema(std::move(fields));
}

}  // namespace penstock::columnar
