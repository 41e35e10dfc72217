#include <fmt/format.h>

#include <algorithm>

#include "endpoint/unload/row_format.h"

namespace penstock::endpoint {
namespace {

std::vector<ValueKind> kinds_of(const std::vector<ResultColumn>& columns) {
  std::vector<ValueKind> kinds;
  kinds.reserve(columns.size());
  for (const ResultColumn& column : columns) kinds.push_back(kind_of(column));
  return kinds;
}

// What stands for NULL: a SUPER is null in any case.
std::string_view null_of(ValueKind kind, const std::string& null_as) noexcept {
  return kind == ValueKind::json ? std::string_view("null") : std::string_view(null_as);
}

class DelimitedRows final : public RowFormat {
 public:
  DelimitedRows(const UnloadStatement& statement, const std::vector<ResultColumn>& columns)
      : statement_(statement),
        columns_(columns),
        kinds_(kinds_of(columns)),
        delimiter_(statement.delimiter.value_or('|')),
        null_(statement.null_as.value_or("")) {
    if (!statement.add_quotes) return;
    const auto bytes = std::ranges::find(kinds_, ValueKind::bytes);
    if (bytes == kinds_.end()) return;
    const auto& column = columns[static_cast<std::size_t>(bytes - kinds_.begin())];
    throw SqlError("0A000", fmt::format("ADDQUOTES is not supported for the VARBYTE column \"{}\"", column.name));
  }

  void append_header(std::string& out) const override {
    if (!statement_.header) return;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) out += delimiter_;
      append_field(out, ValueKind::text, columns_[i].name);
    }
    out += '\n';
  }

  void append_row(std::string& out, std::span<const ResultField> fields) const override {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (i > 0) out += delimiter_;
      if (fields[i]) {
        append_field(out, kinds_[i], shown_value(kinds_[i], *fields[i]));
      } else {
        append_quoted(out, null_of(kinds_[i], null_));
      }
    }
    out += '\n';
  }

 private:
  void append_quoted(std::string& out, std::string_view text) const {
    if (statement_.add_quotes) out += '"';
    out += text;
    if (statement_.add_quotes) out += '"';
  }

  void append_field(std::string& out, ValueKind kind, std::string_view text) const {
    if (!statement_.escape || kind != ValueKind::text) return append_quoted(out, text);
    if (statement_.add_quotes) out += '"';
    for (const char c : text) {
      const bool quote = statement_.add_quotes && (c == '"' || c == '\'');
      if (c == '\n' || c == '\r' || c == '\\' || c == delimiter_ || quote) out += '\\';
      out += c;
    }
    if (statement_.add_quotes) out += '"';
  }

  const UnloadStatement& statement_;
  const std::vector<ResultColumn> columns_;
  const std::vector<ValueKind> kinds_;
  const char delimiter_;
  const std::string null_;
};

class CsvRows final : public RowFormat {
 public:
  CsvRows(const UnloadStatement& statement, const std::vector<ResultColumn>& columns)
      : columns_(columns),
        kinds_(kinds_of(columns)),
        header_(statement.header),
        delimiter_(statement.delimiter.value_or(',')),
        special_{'"', '\n', '\r', delimiter_},
        null_(statement.null_as.value_or("")) {}

  void append_header(std::string& out) const override {
    if (!header_) return;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) out += delimiter_;
      append_field(out, columns_[i].name);
    }
    out += '\n';
  }

  void append_row(std::string& out, std::span<const ResultField> fields) const override {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (i > 0) out += delimiter_;
      if (fields[i]) {
        append_field(out, shown_value(kinds_[i], *fields[i]));
      } else {
        out += null_of(kinds_[i], null_);
      }
    }
    out += '\n';
  }

 private:
  void append_field(std::string& out, std::string_view text) const {
    if (text.find_first_of(special_) == std::string_view::npos) {
      out += text;
      return;
    }
    out += '"';
    for (const char c : text) {
      if (c == '"') out += '"';
      out += c;
    }
    out += '"';
  }

  const std::vector<ResultColumn> columns_;
  const std::vector<ValueKind> kinds_;
  const bool header_;
  const char delimiter_;
  const std::string special_;  // what makes quotes necessary
  const std::string null_;
};

std::size_t characters_in(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

class FixedWidthRows final : public RowFormat {
 public:
  FixedWidthRows(const UnloadStatement& statement, const std::vector<ResultColumn>& columns)
      : columns_(columns),
        kinds_(kinds_of(columns)),
        widths_(statement.fixed_width),
        null_(statement.null_as.value_or("")) {
    if (widths_.size() == columns.size()) return;
    throw SqlError("42601", fmt::format("FIXEDWIDTH has the widths of {} columns, and the query gives {}",
                                        widths_.size(), columns.size()));
  }

  void append_header(std::string&) const override {}

  void append_row(std::string& out, std::span<const ResultField> fields) const override {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const auto text = fields[i] ? shown_value(kinds_[i], *fields[i]) : null_of(kinds_[i], null_);
      const std::size_t characters = characters_in(text);
      const auto width = static_cast<std::size_t>(widths_[i].width);
      if (characters > width) {
        throw SqlError("XX000",
                       fmt::format("A value of the column \"{}\" has {} characters, and FIXEDWIDTH gives it {}",
                                   columns_[i].name, characters, width));
      }
      out += text;
      out.append(width - characters, ' ');
    }
    out += '\n';
  }

 private:
  const std::vector<ResultColumn> columns_;
  const std::vector<ValueKind> kinds_;
  const std::vector<FixedWidthColumn> widths_;
  const std::string null_;
};

}  // namespace

std::unique_ptr<RowFormat> delimited_rows(const UnloadStatement& statement, const std::vector<ResultColumn>& columns) {
  return std::make_unique<DelimitedRows>(statement, columns);
}

std::unique_ptr<RowFormat> csv_rows(const UnloadStatement& statement, const std::vector<ResultColumn>& columns) {
  return std::make_unique<CsvRows>(statement, columns);
}

std::unique_ptr<RowFormat> fixed_width_rows(const UnloadStatement& statement,
                                            const std::vector<ResultColumn>& columns) {
  return std::make_unique<FixedWidthRows>(statement, columns);
}

}  // namespace penstock::endpoint
