#include "columnar/row_text.h"

#include <arrow/array/array_base.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "base/text.h"
#include "columnar/json_text.h"
#include "columnar/text_writer.h"
#include "columnar/types.h"
#include "columnar/value_text.h"
#include "penstock/error.h"

namespace penstock::columnar {
namespace {

constexpr table::Type kBytes{.name = table::TypeName::varbyte};

void require_text(const std::string& file, const arrow::Schema& schema) {
  const table::Type text{.name = table::TypeName::varchar};
  std::vector<std::string> problems;
  for (const auto& field : schema.fields()) {
    if (misfit(*field->type(), text)) {
      problems.push_back(fmt::format("writing {}: column {}: {} has no text; cast it or leave it out", printable(file),
                                     printable(field->name()), printable(field->type()->ToString())));
    }
  }
  if (!problems.empty()) throw Error(ErrorKind::refused, fmt::format("{}", fmt::join(problems, "\n")));
}

Error bad_value(const std::string& file, std::uint64_t row, const std::string& column, const char* why) {
  return {ErrorKind::refused,
          fmt::format("writing {}: row {}, column {}: {}", printable(file), row, printable(column), why)};
}

// separate: before each value. end: behind a row.
template <typename Column, typename Separate, typename End>
void append_rows(std::span<Column> columns, const arrow::RecordBatch& rows, std::uint64_t first_row,
                 const std::string& file, staging::Buffer& out, Separate separate, End end) {
  for (std::int64_t row = 0; row < rows.num_rows(); ++row) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      try {
        separate(i);
        columns[i].append(row, out);
      } catch (const BadValue& e) {
        throw bad_value(file, first_row + static_cast<std::uint64_t>(row), rows.column_name(static_cast<int>(i)),
                        e.what());
      }
    }
    end();
  }
}

// Which bytes make a field one that needs quotes.
class Quoting {
 public:
  explicit Quoting(char delimiter) {
    for (const char c : {delimiter, '"', '\r', '\n'}) special_.at(static_cast<unsigned char>(c)) = true;
  }

  // Empty text, as NULL is nothing; blanks at the ends, which some readers cut off; the two that begin or end a file
  // for some: a byte order mark, and PostgreSQL's \. alone.
  [[nodiscard]] bool are_needed(std::string_view text) const {
    const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
    return text.empty() || is_blank(text.front()) || is_blank(text.back()) || text.starts_with("\xEF\xBB\xBF") ||
           text == "\\." || std::ranges::any_of(text, [&](char c) { return special_[static_cast<unsigned char>(c)]; });
  }

  void append(std::string_view text, staging::Buffer& out) const {
    if (!are_needed(text)) {
      out.append(text);
      return;
    }
    out.append('"');
    while (!text.empty()) {
      const std::size_t run = std::min(text.find('"'), text.size() - 1) + 1;
      out.append(text.substr(0, run));
      if (text[run - 1] == '"') out.append('"');
      text.remove_prefix(run);
    }
    out.append('"');
  }

 private:
  std::array<bool, 256> special_{};
};

// Whether the text of values may need quotes.
bool may_need_quotes(Kind kind, char delimiter) {
  return !is_apart(delimiter) || kind == Kind::text || kind == Kind::json || kind == Kind::nested ||
         kind == Kind::binary;
}

class CsvRows final : public RowText {
 public:
  CsvRows(std::string file, const arrow::Schema& schema, char delimiter)
      : file_(std::move(file)), delimiter_(delimiter), quoting_(delimiter) {
    require_text(file_, schema);
    for (int i = 0; i < schema.num_fields(); ++i) {
      if (i > 0) header_ += delimiter_;
      staging::Buffer name;
      quoting_.append(schema.field(i)->name(), name);
      header_ += name.view();
    }
    header_ += '\n';
  }

  void append_header(staging::Buffer& out) const override { out.append(header_); }

  void append(const arrow::RecordBatch& rows, std::uint64_t first_row, staging::Buffer& out) const override {
    std::vector<Column> columns;
    for (const auto& array : rows.columns()) {
      const Kind kind = kind_of(*array->type());
      columns.push_back({.values = value_text(*array, kind == Kind::binary ? std::optional(kBytes) : std::nullopt),
                         .quoting = may_need_quotes(kind, delimiter_) ? &quoting_ : nullptr,
                         .is_alone = rows.num_columns() == 1});
    }
    const auto separate = [&](std::size_t i) {
      if (i > 0) out.append(delimiter_);
    };
    append_rows(std::span(columns), rows, first_row, file_, out, separate, [&] { out.append('\n'); });
  }

 private:
  struct Column {
    std::unique_ptr<ValueText> values;
    const Quoting* quoting;
    bool is_alone;

    void append(std::int64_t row, staging::Buffer& out) const {
      if (values->is_null(row)) {
        if (is_alone) throw BadValue("NULL in CSV's only column would be a blank line: write JSON or Parquet");
      } else if (quoting == nullptr) {
        out.append(values->text(row));
      } else {
        quoting->append(values->text(row), out);
      }
    }
  };

  const std::string file_;
  const char delimiter_;
  const Quoting quoting_;
  std::string header_;
};

class JsonRows final : public RowText {
 public:
  JsonRows(std::string file, const arrow::Schema& schema) : file_(std::move(file)) {
    require_text(file_, schema);
    std::vector<std::string> names = schema.field_names();
    std::ranges::sort(names);
    if (const auto twice = std::ranges::adjacent_find(names); twice != names.end()) {
      throw Error(ErrorKind::refused,
                  fmt::format("writing {}: two columns are named {}, which JSON's objects can't have", printable(file_),
                              printable(*twice)));
    }
    for (const auto& field : schema.fields()) names_.push_back(json_string(field->name()) + ':');
  }

  void append_header(staging::Buffer&) const override {}

  void append(const arrow::RecordBatch& rows, std::uint64_t first_row, staging::Buffer& out) const override {
    std::vector<Column> columns;
    for (const auto& array : rows.columns()) {
      const Kind kind = kind_of(*array->type());
      columns.push_back({.values = kind == Kind::binary ? json_strings(value_text(*array, kBytes)) : json_text(*array),
                         .is_document = kind == Kind::json});
    }
    const auto separate = [&](std::size_t i) {
      out.append(i > 0 ? ',' : '{');
      out.append(names_[i]);
    };
    append_rows(std::span(columns), rows, first_row, file_, out, separate,
                [&] { out.append(columns.empty() ? "{}\n" : "}\n"); });
  }

 private:
  struct Column {
    std::unique_ptr<ValueText> values;
    bool is_document;

    void append(std::int64_t row, staging::Buffer& out) const {
      if (values->is_null(row)) {
        out.append("null");
        return;
      }
      const std::string_view text = values->text(row);
      if (!is_document) {
        out.append(text);
        return;
      }
      if (!is_json(text)) throw BadValue("the text is no JSON");
      const std::size_t begin = out.size();
      out.append(text);
      // in JSON, they are only blanks between values
      const auto is_newline = [](char c) { return c == '\n' || c == '\r'; };
      std::replace_if(out.begin() + begin, out.end(), is_newline, ' ');
    }
  };

  const std::string file_;
  std::vector<std::string> names_;  // as JSON, with their colon
};

}  // namespace

std::unique_ptr<RowText> csv_rows(std::string file, const arrow::Schema& schema, char delimiter) {
  return std::make_unique<CsvRows>(std::move(file), schema, delimiter);
}

std::unique_ptr<RowText> json_rows(std::string file, const arrow::Schema& schema) {
  return std::make_unique<JsonRows>(std::move(file), schema);
}

}  // namespace penstock::columnar
