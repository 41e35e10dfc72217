#include "endpoint/copy/fixed_width.h"

#include <fmt/format.h>

#include "endpoint/copy/text_cursor.h"
#include "endpoint/copy/text_lines.h"
#include "endpoint/copy/utf8_check.h"

namespace penstock::endpoint {
namespace {

std::size_t records_end(std::string_view bytes) noexcept { return bytes.rfind('\n') + 1; }  // npos + 1 is 0: none

// Behind so many characters, or the end. A byte that continues no character is one by itself.
const char* behind_characters(const char* p, const char* end, std::int32_t count) noexcept {
  constexpr std::ptrdiff_t kLongestCharacter = 4;
  for (; count > 0 && p < end; --count) {
    const char* const limit = end - p > kLongestCharacter ? p + kLongestCharacter : end;
    const bool many = static_cast<unsigned char>(*p) >= 0xc0;
    ++p;
    while (many && p < limit && (static_cast<unsigned char>(*p) & 0xc0) == 0x80) ++p;
  }
  return p;
}

class FixedWidthParser final : public TextLines {
 public:
  FixedWidthParser(const CopyStatement& statement, std::span<const LoadColumn> columns)
      : TextLines(statement, columns), widths_(statement.widths), remove_quotes_(statement.remove_quotes) {}

 private:
  const char* parse_record(const char* begin) override {
    fields_.clear();
    const char* const next = record_end(begin);
    const std::string_view record = line_text(begin, next);
    const char* const end = record.data() + record.size();
    const bool ascii = is_ascii(record);
    const char* at = begin;
    for (const std::int32_t width : widths_) {
      if (at == end) break;
      const char* const behind = !ascii ? behind_characters(at, end, width) : end - at > width ? at + width : end;
      if (!add_field(begin, at, behind)) {
        return reject(begin, LoadErrorCode::bad_delimiter, "Delimited value missing end quote");
      }
      at = behind;
    }
    if (at < end) return reject(begin, LoadErrorCode::extra_columns, "Extra column(s) found");
    loader_.load(*out_, fields_, record, line_);
    line_ += next[-1] == '\n';
    return next;
  }

  [[nodiscard]] const char* record_end(const char* begin) const override {
    const void* newline = std::memchr(begin, '\n', static_cast<std::size_t>(end_ - begin));
    return newline == nullptr ? end_ : static_cast<const char*>(newline) + 1;
  }

  // False: a quote opens it, and none closes it. The blanks that fill a quoted field up are not its text.
  bool add_field(const char* record, const char* begin, const char* end) {
    std::string_view raw(begin, static_cast<std::size_t>(end - begin));
    if (remove_quotes_ && (raw.front() == '"' || raw.front() == '\'')) {
      const char quote = raw.front();
      while (is_blank(raw.back())) raw.remove_suffix(1);
      if (raw.size() < 2 || raw.back() != quote) return false;
      raw = raw.substr(1, raw.size() - 2);
    }
    fields_.push_back({.value = raw, .raw = raw, .position = static_cast<std::int32_t>(begin - record) - 1});
    return true;
  }

  const std::vector<std::int32_t>& widths_;
  bool remove_quotes_;
};

class FixedWidthFormat final : public RecordFormat {
 public:
  FixedWidthFormat(const CopyStatement& statement, std::span<const LoadColumn> columns, ChunkSizes sizes)
      : statement_(statement), columns_(columns), sizes_(sizes) {
    if (statement.widths.size() != columns.size()) {
      throw SqlError("42601", fmt::format("FIXEDWIDTH has {} columns, and the table or the column list has {}",
                                          statement.widths.size(), columns.size()));
    }
  }

  [[nodiscard]] std::unique_ptr<ChunkReader> open(const SourceObject& object) const override {
    return text_chunks(open_bytes(object, statement_), statement_.ignore_header, records_end, sizes_);
  }
  [[nodiscard]] std::unique_ptr<ChunkParser> parser() const override {
    return std::make_unique<FixedWidthParser>(statement_, columns_);
  }

 private:
  const CopyStatement& statement_;
  std::span<const LoadColumn> columns_;
  ChunkSizes sizes_;
};

}  // namespace

std::unique_ptr<RecordFormat> fixed_width_format(const CopyStatement& statement, std::span<const LoadColumn> columns,
                                                 ChunkSizes sizes) {
  return std::make_unique<FixedWidthFormat>(statement, columns, sizes);
}

}  // namespace penstock::endpoint
