#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "endpoint/unload/row_format.h"

namespace penstock::endpoint {
namespace {

void append_string(std::string& out, std::string_view text) {
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
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

// PostgreSQL puts blanks between the members of a jsonb; Redshift doesn't.
void append_compact(std::string& out, std::string_view json) {
  bool inside = false;  // of a string
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (inside && c == '\\' && i + 1 < json.size()) {
      out += c;
      out += json[++i];
      continue;
    }
    if (c == '"') inside = !inside;
    if (inside || (c != ' ' && c != '\n' && c != '\r' && c != '\t')) out += c;
  }
}

// NaN and Infinity are no numbers of JSON.
bool is_json_number(std::string_view text) noexcept {
  return text.find_first_not_of("-+.eE0123456789") == std::string_view::npos;
}

class JsonRows final : public RowFormat {
 public:
  explicit JsonRows(const std::vector<ResultColumn>& columns) {
    std::vector<std::string> names;
    for (const ResultColumn& column : columns) {
      const ValueKind kind = kind_of(column);
      if (kind == ValueKind::bytes) {
        throw SqlError("0A000",
                       fmt::format("UNLOAD to JSON is not supported for the VARBYTE column \"{}\"", column.name));
      }
      names.push_back(column.name);
      kinds_.push_back(kind);
      std::string& key = keys_.emplace_back(keys_.empty() ? "{" : ",");
      append_string(key, column.name);
      key += ':';
    }
    std::ranges::sort(names);
    if (const auto twice = std::ranges::adjacent_find(names); twice != names.end()) {
      throw SqlError("XX000",
                     fmt::format("UNLOAD to JSON needs column names that differ: \"{}\" is there twice", *twice));
    }
  }

  void append_header(std::string&) const override {}

  void append_row(std::string& out, std::span<const ResultField> fields) const override {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      out += keys_[i];
      append_value(out, kinds_[i], fields[i]);
    }
    out += "}\n";
  }

 private:
  static void append_value(std::string& out, ValueKind kind, const ResultField& field) {
    if (!field) {
      out += "null";
    } else if (kind == ValueKind::json) {
      append_compact(out, *field);
    } else if (is_number(kind) && is_json_number(*field)) {
      out += *field;
    } else {
      append_string(out, *field);
    }
  }

  std::vector<std::string> keys_;  // with the punctuation around them
  std::vector<ValueKind> kinds_;
};

}  // namespace

std::unique_ptr<RowFormat> json_rows(const std::vector<ResultColumn>& columns) {
  return std::make_unique<JsonRows>(columns);
}

}  // namespace penstock::endpoint
