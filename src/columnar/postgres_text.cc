#include "columnar/postgres_text.h"

#include <arrow/array/array_base.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "columnar/fields.h"
#include "columnar/types.h"
#include "columnar/value_text.h"
#include "penstock/error.h"
#include "table/postgres_type.h"

namespace penstock::columnar {
namespace {

using table::Type;
using table::TypeName;

// As what a value is written for a column of this type. nullopt: of a type whose values are told by their text alone.
std::optional<Type> written_as(std::string_view postgres_type) {
  const std::string kind = table::kind_of_postgres(postgres_type);
  const Type any_text{.name = TypeName::varchar, .length = 65'535};
  if (kind == "text" || kind == "character varying" || kind == "character") return any_text;
  if (kind == "numeric" && table::modifiers_of_postgres(postgres_type).empty()) {
    return Type{.name = TypeName::double_precision};  // it keeps all digits
  }
  const auto type = table::type_of_postgres(postgres_type);
  if (type && type->name == TypeName::varchar) return std::nullopt;
  return type;
}

std::optional<std::string> misfit_in(const arrow::DataType& type, const std::string& postgres_type) {
  const Kind kind = kind_of(type);
  if (kind == Kind::null) return std::nullopt;
  const auto as = written_as(postgres_type);
  if (!as) {
    if (kind == Kind::text || (kind == Kind::uuid && postgres_type == "uuid")) return std::nullopt;
  } else if (!(as->name == TypeName::varbyte && kind == Kind::text)) {  // whose text is of many kinds
    auto why = misfit(type, *as);
    if (!why) return std::nullopt;
    if (kind == Kind::other) return why;
  }
  return fmt::format("{} does not go into {}", printable(type.ToString()), printable(postgres_type));
}

std::string made_for(const arrow::Field& field) {
  if (kind_of(*field.type()) == Kind::uuid) return "uuid";
  return table::postgres_type_of(table_type_of(field));
}

// What must not stand in a field as it is: behind a backslash, this stands for it. 0: it may.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> escapes{};
  escapes['\\'] = '\\';
  escapes['\t'] = 't';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  return escapes;
}();

void append_escaped(std::string_view text, staging::Buffer& out) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char escape = kEscapes[static_cast<unsigned char>(text[i])];
    if (escape == 0) continue;
    out.append(text.substr(begin, i - begin));
    out.append('\\');
    out.append(escape);
    begin = i + 1;
  }
  out.append(text.substr(begin));
}

}  // namespace

std::vector<PostgresColumn> postgres_columns(const std::string& source, const BatchReader& rows) {
  std::vector<PostgresColumn> columns;
  std::vector<std::string> problems;
  for (const auto& field : rows.schema()->fields()) {
    if (rows.schema()->GetFieldIndex(field->name()) < 0) {
      problems.push_back(fmt::format("{} has several columns {}", printable(source), printable(field->name())));
      continue;
    }
    try {
      columns.push_back({.name = field->name(), .type = made_for(*field)});
    } catch (const Error& e) {
      problems.push_back(fmt::format("{} {}", printable(source), e.what()));
    }
  }
  if (!problems.empty()) throw Error(ErrorKind::refused, fmt::format("{}", fmt::join(problems, "\n")));
  return columns;
}

std::vector<std::string> postgres_misfits(const std::string& source, const BatchReader& rows,
                                          std::span<const PostgresColumn> columns) {
  std::vector<std::string> problems;
  for (const PostgresColumn& column : columns) {
    const auto field = rows.schema()->GetFieldByName(column.name);
    if (!field) {
      problems.push_back(fmt::format("{} has no column {}, or several", printable(source), printable(column.name)));
    } else if (const auto why = misfit_in(*field->type(), column.type)) {
      problems.push_back(fmt::format("{} column {}: {}", printable(source), printable(column.name), *why));
    }
  }
  return problems;
}

class PostgresText::Impl {
 public:
  Impl(std::string source, BatchReader& rows, std::vector<PostgresColumn> columns)
      : source_(std::move(source)), rows_(rows) {
    for (PostgresColumn& column : columns) {
      const auto as = written_as(column.type);
      fields_.push_back({.index = rows_.schema()->GetFieldIndex(column.name),
                         .name = std::move(column.name),
                         .into = as,
                         .is_bytes = as && as->name == TypeName::varbyte});
    }
  }

  std::uint64_t append(std::size_t bytes, staging::Buffer& out) {
    std::uint64_t count = 0;
    while (out.size() < bytes) {
      if (!batch_ && !take()) break;
      for (; row_ < batch_->num_rows() && out.size() < bytes; ++row_, ++count) append_row(out);
      if (row_ == batch_->num_rows()) drop();
    }
    return count;
  }

 private:
  struct Field {
    int index = 0;
    std::string name{};
    std::optional<Type> into{};
    bool is_bytes = false;
    std::unique_ptr<ValueText> values{};  // of the batch
  };

  bool take() {
    batch_ = rows_.next();
    if (!batch_) return false;
    for (Field& field : fields_) field.values = value_text(*batch_->column(field.index), field.into);
    return true;
  }

  void drop() {
    first_row_ += static_cast<std::uint64_t>(row_);
    row_ = 0;
    for (Field& field : fields_) field.values.reset();
    batch_.reset();
  }

  void append_row(staging::Buffer& out) {
    for (Field& field : fields_) {
      if (&field != fields_.data()) out.append('\t');
      append_field(field, out);
    }
    out.append('\n');
  }

  void append_field(Field& field, staging::Buffer& out) {
    try {
      if (field.values->is_null(row_)) {
        out.append("\\N");
        return;
      }
      if (field.is_bytes) out.append("\\\\x");
      append_escaped(field.values->text(row_), out);
    } catch (const BadValue& e) {
      throw Error(ErrorKind::refused,
                  fmt::format("{} row {}, column {}: {}", printable(source_),
                              first_row_ + static_cast<std::uint64_t>(row_), printable(field.name), e.what()));
    }
  }

  const std::string source_;
  BatchReader& rows_;
  std::vector<Field> fields_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  std::uint64_t first_row_ = 1;  // of the batch in the source
  std::int64_t row_ = 0;         // of the batch, the next
};

PostgresText::PostgresText(std::string source, BatchReader& rows, std::vector<PostgresColumn> columns)
    : impl_(std::make_unique<Impl>(std::move(source), rows, std::move(columns))) {}

PostgresText::~PostgresText() = default;

std::uint64_t PostgresText::append(std::size_t bytes, staging::Buffer& out) { return impl_->append(bytes, out); }

}  // namespace penstock::columnar
