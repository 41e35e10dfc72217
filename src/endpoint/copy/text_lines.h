// What the parsers of delimited text and of CSV share: the walk over a chunk's records, lines, and NUL bytes.
//
// A derived parser gives records_end-consistent record_end() and parse_record(); see csv.cc.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "endpoint/copy/record_format.h"
#include "endpoint/copy/row_loader.h"

namespace penstock::endpoint {

class TextLines : public ChunkParser {
 public:
  TextLines(const CopyStatement& statement, std::span<const LoadColumn> columns)
      : loader_(statement, columns),
        skip_blank_lines_(statement.ignore_blank_lines),
        nul_ends_record_(!statement.null_as || *statement.null_as != std::string_view("\0", 1)) {}

  void parse(const Chunk& chunk, ParsedChunk& out) final {
    const std::string_view bytes = chunk.bytes.view();
    out_ = &out;
    line_ = 0;
    if (chunk.unreadable) return loader_.reject_object(out, *chunk.unreadable);
    end_ = bytes.data() + bytes.size();
    if (chunk.overlong) {
      reject_missing_newline(bytes, bytes.size() - 1);
      out.lines = count_newlines(bytes);
      return;
    }
    const bool has_nul = nul_ends_record_ && !bytes.empty() && std::memchr(bytes.data(), 0, bytes.size()) != nullptr;
    begin_chunk(bytes.data());
    for (const char* at = bytes.data(); at < end_;) {
      if (skip_blank_lines_ && skip_blank_line(at)) continue;
      at = has_nul ? parse_with_nul(at) : parse_record(at);
    }
    out.lines = line_;
  }

 protected:
  virtual void begin_chunk(const char* /*begin*/) {}
  // Takes the record at `begin`: loads or rejects it, adds its newlines to line_, returns the next one's begin.
  virtual const char* parse_record(const char* begin) = 0;
  // Behind the newline of the record that begins at `begin`, broken or not.
  [[nodiscard]] virtual const char* record_end(const char* begin) const = 0;

  static std::uint64_t count_newlines(std::string_view text) noexcept {
    return static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
  }
  // Without the newline, or the CR LF.
  static std::string_view line_text(const char* begin, const char* end) noexcept {
    std::string_view text(begin, static_cast<std::size_t>(end - begin));
    if (!text.ends_with('\n')) return text;
    text.remove_suffix(1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    return text;
  }
  const char* reject(const char* begin, LoadErrorCode code, std::string reason) {
    const char* end = record_end(begin);
    loader_.reject(*out_, code, std::move(reason), line_text(begin, end), line_);
    line_ += count_newlines({begin, static_cast<std::size_t>(end - begin)});
    return end;
  }

  RowLoader loader_;
  ParsedChunk* out_ = nullptr;
  const char* end_ = nullptr;  // of the chunk
  std::uint64_t line_ = 0;     // newlines before the record, in the chunk
  std::vector<Field> fields_;

 private:
  bool skip_blank_line(const char*& at) {
    const char* p = at;
    if (*p == '\r' && p + 1 < end_) ++p;
    if (*p != '\n') return false;
    at = p + 1;
    ++line_;
    return true;
  }

  // A NUL ends a record; what follows should have been a newline.
  const char* parse_with_nul(const char* begin) {
    const char* end = record_end(begin);
    const std::string_view record(begin, static_cast<std::size_t>(end - begin));
    const auto nul = record.find('\0');
    if (nul == std::string_view::npos) return parse_record(begin);
    reject_missing_newline(record, nul + 1 < record.size() ? nul + 1 : nul);
    line_ += count_newlines(record);
    return end;
  }

  void reject_missing_newline(std::string_view record, std::size_t at) {
    loader_.reject(*out_, LoadErrorCode::bad_line,
                   fmt::format("Missing newline: Unexpected character 0x{:02x} found at location {}",
                               static_cast<unsigned char>(record[at]), at),
                   line_text(record.data(), record.data() + record.size()), line_);
  }

  bool skip_blank_lines_;
  bool nul_ends_record_;
};

}  // namespace penstock::endpoint
