#include "endpoint/copy/delimited.h"

#include "endpoint/copy/delimiter.h"
#include "endpoint/copy/text_lines.h"

namespace penstock::endpoint {
namespace {

// Behind the first newline that no backslash makes an ordinary byte; npos: there is none.
std::size_t behind_unescaped_newline(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '\n') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

std::size_t records_end(std::string_view bytes, bool escape) noexcept {
  if (!escape) return bytes.rfind('\n') + 1;  // npos + 1 is 0: none
  for (std::size_t newline = bytes.rfind('\n'); newline != std::string_view::npos;) {
    std::size_t first_backslash = newline;
    while (first_backslash > 0 && bytes[first_backslash - 1] == '\\') --first_backslash;
    if ((newline - first_backslash) % 2 == 0) return newline + 1;
    newline = newline == 0 ? std::string_view::npos : bytes.rfind('\n', newline - 1);
  }
  return 0;
}

// Whether the last byte is a backslash that escapes what comes next.
bool ends_within_escape(std::string_view text) noexcept {
  const auto last_other = text.find_last_not_of('\\');
  return (text.size() - (last_other + 1)) % 2 == 1;  // npos + 1 is 0
}

class DelimitedParser final : public TextLines {
 public:
  DelimitedParser(const CopyStatement& statement, std::span<const LoadColumn> columns)
      : TextLines(statement, columns),
        delimiter_(statement.delimiter.value_or("|")),
        escape_(statement.escape),
        remove_quotes_(statement.remove_quotes),
        null_given_(statement.null_as.has_value()),
        null_text_(statement.null_as.value_or("\\N")) {}

 private:
  const char* parse_record(const char* begin) override {
    fields_.clear();
    unescaped_.clear();
    const char* next = record_end(begin);
    std::string_view record = line_text(begin, next);
    const char* const behind = record.data() + record.size();
    const bool ends_with_cr = behind < next && *behind == '\r';
    if (escape_ && ends_with_cr && ends_within_escape(record)) record = {begin, record.size() + 1};
    const char* const end = record.data() + record.size();
    const char* at = begin;
    while (true) {
      const bool quoted = remove_quotes_ && at < end && (*at == '"' || *at == '\'');
      const char* field_end = quoted ? quoted_field_end(at, end) : field_end_of(at, end);
      if (field_end == nullptr) {
        return reject(begin, LoadErrorCode::bad_delimiter, "Delimited value missing end quote");
      }
      add_field(record, at, field_end, quoted);
      if (field_end == end) break;
      at = field_end + delimiter_.size();
    }
    loader_.load(*out_, fields_, record, line_);
    line_ += escape_ ? count_newlines({begin, static_cast<std::size_t>(next - begin)}) : next[-1] == '\n';
    return next;
  }

  [[nodiscard]] const char* record_end(const char* begin) const override {
    const std::string_view text(begin, static_cast<std::size_t>(end_ - begin));
    if (!escape_) {
      const void* newline = std::memchr(begin, '\n', text.size());
      return newline == nullptr ? end_ : static_cast<const char*>(newline) + 1;
    }
    const std::size_t end = behind_unescaped_newline(text);
    return end == std::string_view::npos ? end_ : begin + end;
  }

  // At the next delimiter, or the record's end.
  [[nodiscard]] const char* field_end_of(const char* p, const char* end) const noexcept {
    if (!escape_ && delimiter_.size() == 1) {
      const void* found = std::memchr(p, delimiter_.first(), static_cast<std::size_t>(end - p));
      return found == nullptr ? end : static_cast<const char*>(found);
    }
    while (p < end && !delimiter_.at(p, end)) p += escape_ && *p == '\\' && p + 1 < end ? 2 : 1;
    return p;
  }

  // Behind the quote that closes the field: the first like the one that opened it with a delimiter or the end behind.
  [[nodiscard]] const char* quoted_field_end(const char* open, const char* end) const noexcept {
    for (const char* p = open + 1; p < end; ++p) {
      if (escape_ && *p == '\\') {
        ++p;
      } else if (*p == *open && (p + 1 == end || delimiter_.at(p + 1, end))) {
        return p + 1;
      }
    }
    return nullptr;
  }

  void add_field(std::string_view record, const char* begin, const char* end, bool quoted) {
    const auto position = static_cast<std::int32_t>(begin - record.data());
    std::string_view raw(begin, static_cast<std::size_t>(end - begin));
    if (quoted) raw = raw.substr(1, raw.size() - 2);
    fields_.push_back({.value = raw, .raw = raw, .position = position});
    if (escape_) unescape(fields_.back(), record.size());
  }

  // \N is NULL before it is unescaped; \\N, which is \N then, only where no NULL AS says otherwise.
  void unescape(Field& field, std::size_t record_size) {
    field.null = field.raw == null_text_;
    if (!field.null && field.raw.find('\\') != std::string_view::npos) {
      if (unescaped_.empty()) unescaped_.reserve(record_size);  // at once: views of earlier fields stay valid
      const std::size_t from = unescaped_.size();
      for (std::size_t i = 0; i < field.raw.size(); ++i) {
        if (field.raw[i] == '\\' && i + 1 < field.raw.size()) ++i;
        unescaped_ += field.raw[i];
      }
      field.value = std::string_view(unescaped_).substr(from);
      field.null = !null_given_ && field.value == null_text_;
    }
  }

  Delimiter delimiter_;
  bool escape_;
  bool remove_quotes_;
  bool null_given_;
  std::string null_text_;
  std::string unescaped_;
};

class DelimitedFormat final : public RecordFormat {
 public:
  DelimitedFormat(const CopyStatement& statement, std::span<const LoadColumn> columns, ChunkSizes sizes)
      : statement_(statement), columns_(columns), sizes_(sizes) {}

  [[nodiscard]] std::unique_ptr<ChunkReader> open(const SourceObject& object) const override {
    return text_chunks(
        open_bytes(object, statement_), statement_.ignore_header,
        [escape = statement_.escape](std::string_view bytes) { return records_end(bytes, escape); }, sizes_);
  }
  [[nodiscard]] std::unique_ptr<ChunkParser> parser() const override {
    return std::make_unique<DelimitedParser>(statement_, columns_);
  }

 private:
  const CopyStatement& statement_;
  std::span<const LoadColumn> columns_;
  ChunkSizes sizes_;
};

}  // namespace

std::unique_ptr<RecordFormat> delimited_format(const CopyStatement& statement, std::span<const LoadColumn> columns,
                                               ChunkSizes sizes) {
  return std::make_unique<DelimitedFormat>(statement, columns, sizes);
}

}  // namespace penstock::endpoint
