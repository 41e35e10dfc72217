#include "staging/staged_text.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "base/text.h"
#include "penstock/error.h"
#include "staging/chunk_text.h"
#include "staging/postgres_text.h"

namespace penstock::staging {
namespace {

constexpr std::size_t kStretch = 64 * kCsvBlockBytes;

void append_number(std::uint64_t number, Buffer& out) {
  const fmt::format_int digits(number);
  out.append({digits.data(), digits.size()});
}

// One chunk of CSV on its way into a buffer. What need not change is copied in runs as long as can be.
class CsvRun {
 public:
  CsvRun(const CsvShape& shape, const Chunk& chunk, std::string_view input, std::uint64_t first_position, Buffer& out)
      : shape_(shape),
        chunk_(chunk),
        input_(input),
        position_(first_position),
        out_(out),
        text_(chunk.text()),
        may_hold_null_text_(text_.find(kNullText) != std::string_view::npos),
        only_empty_fields_change_(shape.null_text.empty() && !shape.dialect.escape && !may_hold_null_text_) {}

  std::uint64_t run(std::span<CsvBlock> blocks) {
    CsvIndexer indexer(shape_.dialect);
    for (std::size_t at = 0; at < text_.size(); at += kStretch) {
      const std::string_view stretch = text_.substr(at, kStretch);
      const auto found = blocks.first((stretch.size() + kCsvBlockBytes - 1) / kCsvBlockBytes);
      indexer.index(stretch, found);
      for (std::size_t i = 0; i < found.size(); ++i) take(found[i], at + i * kCsvBlockBytes);
    }
    flush(text_.size());
    return records_;
  }

 private:
  void take(const CsvBlock& block, std::size_t base) {
    const std::uint64_t bounds = block.field_ends | block.record_ends;
    if (block.quotes != 0 || after_closing_) hold_quotes(block, bounds, base);
    if (only_empty_fields_change_) {
      take_plain(block, bounds, base);
    } else {
      for (std::uint64_t left = bounds; left != 0; left &= left - 1) {
        const auto bit = static_cast<unsigned>(std::countr_zero(left));
        end_field(base + bit, ((block.record_ends >> bit) & 1) != 0);
      }
    }
    after_bound_ = (bounds >> 63) != 0;
  }

  // Looks at the ends of records and of empty fields alone; the other fields are counted.
  void take_plain(const CsvBlock& block, std::uint64_t bounds, std::size_t base) {
    const std::uint64_t empty = bounds & ((bounds << 1) | (after_bound_ ? 1 : 0));
    std::uint64_t uncounted = block.field_ends;
    for (std::uint64_t left = block.record_ends | empty; left != 0; left &= left - 1) {
      const auto bit = static_cast<unsigned>(std::countr_zero(left));
      const std::uint64_t below = (std::uint64_t{1} << bit) - 1;
      fields_ += static_cast<std::size_t>(std::popcount(uncounted & below));
      uncounted &= ~(below | (std::uint64_t{1} << bit));
      begin_field_behind(bounds & below, base);
      end_field(base + bit, ((block.record_ends >> bit) & 1) != 0);
    }
    fields_ += static_cast<std::size_t>(std::popcount(uncounted));
    begin_field_behind(bounds, base);
  }

  // Behind the last of these bounds.
  void begin_field_behind(std::uint64_t bounds, std::size_t base) {
    if (bounds != 0) field_ = base + kCsvBlockBytes - static_cast<unsigned>(std::countl_zero(bounds));
  }

  // A quote opens at a field's start, and after one that closes the field ends; blanks may lie between.
  void hold_quotes(const CsvBlock& block, std::uint64_t bounds, std::size_t base) {
    const std::uint64_t opening = block.quotes & block.inside;
    const std::uint64_t closing = block.quotes & ~block.inside;
    const std::uint64_t behind_bound = (bounds << 1) | (after_bound_ ? 1 : 0);
    const std::uint64_t behind_closing = (closing << 1) | (after_closing_ ? 1 : 0);
    after_closing_ = (closing >> 63) != 0;
    for (std::uint64_t odd = opening & ~(behind_bound | behind_closing); odd != 0; odd &= odd - 1) {
      const std::size_t at = base + static_cast<unsigned>(std::countr_zero(odd));
      if (!only_blanks_before(at)) refuse_at(chunk_, input_, at, "a quote inside a field that does not begin with one");
    }
    for (std::uint64_t odd = behind_closing & ~(bounds | opening); odd != 0; odd &= odd - 1) {
      const std::size_t at = base + static_cast<unsigned>(std::countr_zero(odd));
      if (at < text_.size() && !only_blanks_after(at))
        refuse_at(chunk_, input_, at, "text behind a field's closing quote");
    }
  }

  [[nodiscard]] bool is_blank(char c) const { return (c == ' ' || c == '\t') && c != shape_.dialect.delimiter; }

  [[nodiscard]] bool only_blanks_before(std::size_t at) const {
    while (at > 0 && is_blank(text_[at - 1])) --at;
    return at == 0 || text_[at - 1] == shape_.dialect.delimiter || text_[at - 1] == '\n';
  }

  [[nodiscard]] bool only_blanks_after(std::size_t at) const {
    while (is_blank(text_[at])) ++at;
    if (text_[at] == '\r') ++at;
    return text_[at] == shape_.dialect.delimiter || text_[at] == '\n';
  }

  void end_field(std::size_t at, bool ends_record) {
    std::size_t end = at;
    if (ends_record && end > field_ && text_[end - 1] == '\r') --end;
    if (ends_record && fields_ == 0 && end == field_ && shape_.fields > 1) {
      drop_line(at);
      return;
    }
    ++fields_;
    const std::string_view field = text_.substr(field_, end - field_);
    if (field == shape_.null_text) {
      flush(field_);
      out_.append(kNullText);
      run_ = end;
    } else if (may_hold_null_text_) {
      refuse_null_text(field);
    }
    if (shape_.dialect.escape && field.find(*shape_.dialect.escape) != std::string_view::npos && run_ != end) {
      flush(field_);
      quote(field);
      run_ = end;
    }
    field_ = at + 1;
    if (ends_record) end_record(at, end);
  }

  void end_record(std::size_t at, std::size_t end) {
    if (fields_ != shape_.fields) {
      refuse_at(chunk_, input_, at,
                fmt::format("{} field{}, where {} {} expected", fields_, fields_ == 1 ? "" : "s", shape_.fields,
                            shape_.fields == 1 ? "is" : "are"));
    }
    if (shape_.with_position) {
      flush(end);
      out_.append(shape_.dialect.delimiter);
      append_number(position_ + records_, out_);
      run_ = at;
    } else if (end != at) {
      flush(end);
      run_ = at;
    }
    fields_ = 0;
    ++records_;
  }

  void drop_line(std::size_t at) {
    flush(field_);
    field_ = run_ = at + 1;
  }

  void refuse_null_text(std::string_view field) const {
    const char quote = shape_.dialect.quote;
    const bool is_quoted = field.size() == kNullText.size() + 2 && field.front() == quote && field.back() == quote;
    if (field == kNullText || (is_quoted && field.substr(1, kNullText.size()) == kNullText)) {
      refuse_at(chunk_, input_, field_,
                "a field is the character U+001A alone, which stands for NULL in what is staged");
    }
  }

  // What an escape is in front of is just itself.
  void quote(std::string_view field) {
    const CsvDialect& dialect = shape_.dialect;
    const std::size_t first = field.find(dialect.quote);
    const bool was_quoted = first != std::string_view::npos &&
                            std::all_of(field.begin(), field.begin() + first, [&](char c) { return is_blank(c); });
    if (was_quoted) field = field.substr(first + 1, field.rfind(dialect.quote) - first - 1);
    out_.append(dialect.quote);
    for (std::size_t i = 0; i < field.size(); ++i) {
      const bool is_escaped = field[i] == *dialect.escape && i + 1 < field.size();
      const bool is_doubled = !is_escaped && was_quoted && field[i] == dialect.quote && i + 1 < field.size();
      if (is_escaped || is_doubled) ++i;
      if (field[i] == dialect.quote) out_.append(dialect.quote);
      out_.append(field[i]);
    }
    out_.append(dialect.quote);
  }

  void flush(std::size_t end) {
    out_.append(text_.substr(run_, end - run_));
    run_ = end;
  }

  const CsvShape& shape_;
  const Chunk& chunk_;
  const std::string_view input_;
  const std::uint64_t position_;
  Buffer& out_;
  const std::string_view text_;
  const bool may_hold_null_text_;
  const bool only_empty_fields_change_;
  std::size_t run_ = 0;    // from here on nothing is copied yet
  std::size_t field_ = 0;  // where the field begins
  std::size_t fields_ = 0;
  std::uint64_t records_ = 0;
  bool after_bound_ = true;  // the block before ended with a field's end, or there is none
  bool after_closing_ = false;
};

class CsvText final : public StagedText {
 public:
  explicit CsvText(CsvShape shape) : shape_(std::move(shape)), blocks_(kStretch / kCsvBlockBytes) {}

  std::uint64_t append(const Chunk& chunk, std::string_view input, std::uint64_t first_position, Buffer& out) override {
    refuse_unless_text(chunk, input);
    out.reserve(out.size() + chunk.text().size() + chunk.text().size() / 8);
    return CsvRun(shape_, chunk, input, first_position, out).run(blocks_);
  }

 private:
  const CsvShape shape_;
  std::vector<CsvBlock> blocks_;
};

class JsonText final : public StagedText {
 public:
  explicit JsonText(const JsonShape& shape) {
    if (!shape.position_name.empty()) member_ = fmt::format("\"{}\":", shape.position_name);
  }

  std::uint64_t append(const Chunk& chunk, std::string_view input, std::uint64_t first_position, Buffer& out) override {
    refuse_unless_text(chunk, input);
    const std::string_view text = chunk.text();
    out.reserve(out.size() + text.size() + text.size() / 8);
    std::uint64_t records = 0;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      const std::string_view line = trimmed(text.substr(at, end - at));
      if (!line.empty()) {
        if (line.size() < 2 || line.front() != '{' || line.back() != '}') {
          refuse_at(chunk, input, at, "the line is no JSON object from { to }");
        }
        append_object(line, first_position + records, out);
        ++records;
      }
      at = end + 1;
    }
    return records;
  }

 private:
  static std::string_view trimmed(std::string_view line) {
    constexpr std::string_view kBlanks = " \t\r";
    const std::size_t first = line.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return line.substr(first, line.find_last_not_of(kBlanks) + 1 - first);
  }

  void append_object(std::string_view line, std::uint64_t position, Buffer& out) const {
    if (!member_.empty()) {
      out.append('{');
      out.append(member_);
      append_number(position, out);
      line.remove_prefix(1);
      if (trimmed(line) != "}") out.append(',');
    }
    out.append(line);
    out.append('\n');
  }

  std::string member_;  // as it is written; empty: none
};

}  // namespace

std::unique_ptr<StagedText> staged_text(const Shape& shape) {
  if (const auto* csv = std::get_if<CsvShape>(&shape)) return std::make_unique<CsvText>(*csv);
  if (const auto* rows = std::get_if<PostgresShape>(&shape)) return postgres_text(*rows);
  return std::make_unique<JsonText>(std::get<JsonShape>(shape));
}

std::optional<CsvDialect> dialect_of(const Shape& shape) {
  const auto* csv = std::get_if<CsvShape>(&shape);
  return csv != nullptr ? std::optional(csv->dialect) : std::nullopt;
}

}  // namespace penstock::staging
