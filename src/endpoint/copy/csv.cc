#include "endpoint/copy/csv.h"

#include <cstring>

#include "endpoint/copy/byte_finder.h"
#include "endpoint/copy/delimiter.h"
#include "endpoint/copy/text_lines.h"

namespace penstock::endpoint {
namespace {

struct CsvSyntax {
  explicit CsvSyntax(const CopyStatement& statement)
      : delimiter(statement.delimiter.value_or(",")),
        quote(statement.quote),
        skips_blanks(!delimiter.is_white_space()) {}

  [[nodiscard]] bool is_skipped(char c) const noexcept { return skips_blanks && (c == ' ' || c == '\t'); }

  // Whether the quote at `at` opens a field: nothing but blanks since the delimiter, or the record's begin.
  [[nodiscard]] bool opens_field(std::string_view text, std::size_t at) const noexcept {
    while (at > 0 && is_skipped(text[at - 1])) --at;
    return at == 0 || text[at - 1] == '\n' || delimiter.ends(text.substr(0, at));
  }

  // Behind the quote that closes the field opened at `open`; npos: it does not close in this text.
  [[nodiscard]] std::size_t behind_closing_quote(std::string_view text, std::size_t open) const noexcept {
    for (std::size_t at = open + 1;; at += 2) {
      at = text.find(quote, at);
      if (at == std::string_view::npos || at + 1 == text.size()) return at == std::string_view::npos ? at : at + 1;
      if (text[at + 1] != quote) return at + 1;
    }
  }

  // Walks the quotes: calls use(from, to) for each stretch outside of quoted fields, while it returns true. True: the
  // text ends outside of quotes.
  template <typename Use>
  bool for_each_unquoted(std::string_view text, Use use) const noexcept {
    for (std::size_t from = 0, at = 0;;) {
      const auto open = text.find(quote, at);
      if (open == std::string_view::npos) {
        use(from, text.size());
        return true;
      }
      if (!opens_field(text, open)) {
        at = open + 1;
        continue;
      }
      if (!use(from, open)) return true;
      from = at = behind_closing_quote(text, open);
      if (at == std::string_view::npos) return false;
    }
  }

  Delimiter delimiter;
  char quote;
  bool skips_blanks;
};

// The last newline outside of quotes. A quote at the very end may be the first of two, but no newline follows it yet.
std::size_t records_end(const CsvSyntax& syntax, std::string_view bytes) noexcept {
  std::size_t end = 0;
  syntax.for_each_unquoted(bytes, [&](std::size_t from, std::size_t to) {
    const auto newline = bytes.substr(from, to - from).rfind('\n');
    if (newline != std::string_view::npos) end = from + newline + 1;
    return true;
  });
  return end;
}

class CsvParser final : public TextLines {
 public:
  CsvParser(const CsvSyntax& syntax, const CopyStatement& statement, std::span<const LoadColumn> columns)
      : TextLines(statement, columns), syntax_(syntax), ends_(syntax.delimiter.first(), syntax.quote, '\n') {}

 private:
  void begin_chunk(const char* begin) override { ends_.start(begin, end_); }

  const char* parse_record(const char* begin) override {
    fields_.clear();
    unescaped_.clear();
    record_ = begin;
    embedded_newlines_ = 0;
    const char* at = begin;
    while (true) {
      const char* p = at;
      while (p < end_ && syntax_.is_skipped(*p)) ++p;
      const bool quoted = p < end_ && *p == syntax_.quote;
      p = quoted ? take_quoted(at, p) : take_unquoted(at);
      if (p == nullptr) return reject(begin, LoadErrorCode::bad_delimiter, "Invalid quote formatting for CSV");
      if (p == end_ || *p == '\n') {
        end_record(begin, p, quoted);
        return p == end_ ? p : p + 1;
      }
      at = p + syntax_.delimiter.size();
    }
  }

  // At the delimiter or newline behind the field; nullptr: broken quoting.
  const char* take_unquoted(const char* begin) {
    const char* p = begin;
    while (true) {
      p = ends_.next(p);
      if (p == end_ || *p == '\n' || syntax_.delimiter.at(p, end_)) break;
      if (*p == syntax_.quote) return nullptr;
      ++p;  // the first character of a longer delimiter, and not the rest of it
    }
    add_field(begin, begin, p);
    return p;
  }

  const char* take_quoted(const char* field, const char* open) {
    bool doubled = false;
    const char* p = open + 1;
    while (true) {
      p = static_cast<const char*>(std::memchr(p, syntax_.quote, static_cast<std::size_t>(end_ - p)));
      if (p == nullptr) return nullptr;
      if (p + 1 == end_ || p[1] != syntax_.quote) break;
      doubled = true;
      p += 2;
    }
    add_field(field, open + 1, p);
    embedded_newlines_ += count_newlines(fields_.back().raw);
    if (doubled) undouble(fields_.back());
    ++p;
    while (p < end_ && syntax_.is_skipped(*p)) ++p;
    if (p < end_ && *p == '\r' && p + 1 < end_ && p[1] == '\n') ++p;
    const bool whole = p == end_ || *p == '\n' || syntax_.delimiter.at(p, end_);
    return whole ? p : nullptr;
  }

  void add_field(const char* position, const char* begin, const char* end) {
    const std::string_view text(begin, static_cast<std::size_t>(end - begin));
    fields_.push_back({.value = text, .raw = text, .position = static_cast<std::int32_t>(position - record_)});
  }

  void undouble(Field& field) {
    // room for the whole record at once, so that the views of its earlier fields stay valid
    if (unescaped_.empty()) unescaped_.reserve(static_cast<std::size_t>(end_ - record_));
    const std::size_t from = unescaped_.size();
    for (std::size_t i = 0; i < field.raw.size(); ++i) {
      unescaped_ += field.raw[i];
      if (field.raw[i] == syntax_.quote) ++i;
    }
    field.value = std::string_view(unescaped_).substr(from);
  }

  void end_record(const char* begin, const char* end, bool last_quoted) {
    const char* next = end == end_ ? end : end + 1;
    Field& last = fields_.back();
    if (!last_quoted && end != end_ && last.raw.ends_with('\r')) {
      last.raw.remove_suffix(1);
      last.value = last.raw;
    }
    loader_.load(*out_, fields_, line_text(begin, next), line_);
    line_ += embedded_newlines_ + (end == end_ ? 0 : 1);
  }

  [[nodiscard]] const char* record_end(const char* begin) const override {
    const std::string_view text(begin, static_cast<std::size_t>(end_ - begin));
    std::size_t end = text.size();
    syntax_.for_each_unquoted(text, [&](std::size_t from, std::size_t to) {
      const auto newline = text.substr(from, to - from).find('\n');
      if (newline != std::string_view::npos) end = from + newline + 1;
      return newline == std::string_view::npos;
    });
    return begin + end;
  }

  const CsvSyntax& syntax_;
  ByteFinder ends_;  // of unquoted fields
  const char* record_ = nullptr;
  std::string unescaped_;
  std::uint64_t embedded_newlines_ = 0;
};

class CsvFormat final : public RecordFormat {
 public:
  CsvFormat(const CopyStatement& statement, std::span<const LoadColumn> columns, ChunkSizes sizes)
      : statement_(statement), columns_(columns), syntax_(statement), sizes_(sizes) {}

  [[nodiscard]] std::unique_ptr<ChunkReader> open(const SourceObject& object) const override {
    return text_chunks(
        open_bytes(object, statement_), statement_.ignore_header,
        [this](std::string_view bytes) { return records_end(syntax_, bytes); }, sizes_);
  }
  [[nodiscard]] std::unique_ptr<ChunkParser> parser() const override {
    return std::make_unique<CsvParser>(syntax_, statement_, columns_);
  }

 private:
  const CopyStatement& statement_;
  std::span<const LoadColumn> columns_;
  CsvSyntax syntax_;
  ChunkSizes sizes_;
};

}  // namespace

std::unique_ptr<RecordFormat> csv_format(const CopyStatement& statement, std::span<const LoadColumn> columns,
                                         ChunkSizes sizes) {
  return std::make_unique<CsvFormat>(statement, columns, sizes);
}

}  // namespace penstock::endpoint
