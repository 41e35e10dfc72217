#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <span>

#include "discovery/chunk_profiles.h"
#include "penstock/error.h"
#include "staging/chunk_text.h"
#include "staging/csv_index.h"

namespace penstock::discovery {
namespace {

using staging::Chunk;
using staging::CsvBlock;
using staging::CsvDialect;
using staging::kCsvBlockBytes;

constexpr std::size_t kStretch = 64 * kCsvBlockBytes;

// One chunk, field by field.
class CsvRun {
 public:
  CsvRun(const staging::CsvShape& shape, const Chunk& chunk, std::string_view input, std::uint64_t number,
         std::span<Profile> columns, std::string& scratch)
      : shape_(shape),
        chunk_(chunk),
        input_(input),
        number_(number),
        columns_(columns),
        scratch_(scratch),
        text_(chunk.text()) {}

  std::uint64_t run(std::span<CsvBlock> blocks) {
    staging::CsvIndexer indexer(shape_.dialect);
    for (std::size_t at = 0; at < text_.size(); at += kStretch) {
      const std::string_view stretch = text_.substr(at, kStretch);
      const auto found = blocks.first((stretch.size() + kCsvBlockBytes - 1) / kCsvBlockBytes);
      indexer.index(stretch, found);
      for (std::size_t i = 0; i < found.size(); ++i) take(found[i], at + i * kCsvBlockBytes);
    }
    return records_;
  }

 private:
  void take(const CsvBlock& block, std::size_t base) {
    std::uint64_t quotes = block.quotes;
    for (std::uint64_t left = block.field_ends | block.record_ends; left != 0; left &= left - 1) {
      const auto bit = static_cast<unsigned>(std::countr_zero(left));
      const std::uint64_t before = (std::uint64_t{1} << bit) - 1;
      has_quotes_ = has_quotes_ || (quotes & before) != 0;
      quotes &= ~before;
      if (((block.record_ends >> bit) & 1) != 0) {
        end_record(base + bit);
      } else {
        end_field(base + bit);
        field_ = base + bit + 1;
      }
      has_quotes_ = false;
    }
    has_quotes_ = has_quotes_ || quotes != 0;
  }

  void end_record(std::size_t at) {
    std::size_t end = at;
    if (end > field_ && text_[end - 1] == '\r') --end;
    const bool is_blank_line = fields_ == 0 && end == field_ && shape_.fields > 1;
    if (!is_blank_line) {
      end_field(end);
      if (fields_ != shape_.fields) refuse_count(at);
      ++records_;
    }
    fields_ = 0;
    field_ = at + 1;
  }

  void end_field(std::size_t end) {
    if (fields_++ >= columns_.size()) return;  // refused at the record's end
    Profile& column = columns_[fields_ - 1];
    const std::string_view raw = text_.substr(field_, end - field_);
    if (raw == shape_.null_text) {
      column.add_null();
    } else if (has_quotes_ || shape_.dialect.escape) {
      add(column, plain(raw));
    } else {
      add(column, raw);
    }
  }

  void add(Profile& column, std::string_view value) {
    if (!column.wants_values()) {
      column.add_text(value.size());
      return;
    }
    const Value is = value_of(value);
    if (column.add(is, value.size())) {
      column.sight(is.kind, sighting_of(chunk_, input_, number_, field_, value));
    }
  }

  // What is in a field's quotes, and of what was escaped or doubled: just itself.
  std::string_view plain(std::string_view raw) {
    const CsvDialect& dialect = shape_.dialect;
    const auto is_blank = [&](char c) { return (c == ' ' || c == '\t') && c != dialect.delimiter; };
    std::string_view rest = raw;
    while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
    const bool is_quoted = !rest.empty() && rest.front() == dialect.quote;
    if (!is_quoted) return unquoted(raw);
    scratch_.clear();
    for (std::size_t i = 1; i < rest.size(); ++i) {
      const bool is_more = i + 1 < rest.size();
      const bool is_escaped = dialect.escape && rest[i] == *dialect.escape && is_more;
      const bool is_quote = rest[i] == dialect.quote && !is_escaped;
      const bool is_doubled = is_quote && is_more && rest[i + 1] == dialect.quote;
      if (is_quote && !is_doubled) {
        if (!std::ranges::all_of(rest.substr(i + 1), is_blank)) refuse("text behind a field's closing quote");
        break;
      }
      if (is_escaped || is_doubled) ++i;
      scratch_ += rest[i];
    }
    return scratch_;
  }

  std::string_view unquoted(std::string_view raw) {
    const CsvDialect& dialect = shape_.dialect;
    if (has_quotes_) refuse("a quote inside a field that does not begin with one");
    if (raw.find(*dialect.escape) == std::string_view::npos) return raw;
    scratch_.clear();
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] == *dialect.escape && i + 1 < raw.size()) ++i;
      scratch_ += raw[i];
    }
    return scratch_;
  }

  [[noreturn]] void refuse(std::string_view what) const { staging::refuse_at(chunk_, input_, field_, what); }

  [[noreturn]] void refuse_count(std::size_t at) const {
    staging::refuse_at(chunk_, input_, at,
                       fmt::format("{} field{}, where {} {} expected", fields_, fields_ == 1 ? "" : "s", shape_.fields,
                                   shape_.fields == 1 ? "is" : "are"));
  }

  const staging::CsvShape& shape_;
  const Chunk& chunk_;
  const std::string_view input_;
  const std::uint64_t number_;
  const std::span<Profile> columns_;
  std::string& scratch_;
  const std::string_view text_;
  std::size_t field_ = 0;  // where the field begins
  std::size_t fields_ = 0;
  std::uint64_t records_ = 0;
  bool has_quotes_ = false;  // of the field, so far
};

class CsvProfiles final : public ChunkProfiles {
 public:
  explicit CsvProfiles(const staging::CsvShape& shape)
      : shape_(shape), columns_(shape.fields), blocks_(kStretch / kCsvBlockBytes) {}

  std::uint64_t add(const Chunk& chunk, std::string_view input, std::uint64_t number) override {
    staging::refuse_unless_text(chunk, input);
    return CsvRun(shape_, chunk, input, number, columns_, scratch_).run(blocks_);
  }

  void merge(ChunkProfiles& other) override {
    const auto& theirs = dynamic_cast<CsvProfiles&>(other).columns_;
    for (std::size_t i = 0; i < columns_.size(); ++i) columns_[i].merge(theirs[i]);
  }

  [[nodiscard]] std::vector<std::pair<std::string, Profile>> columns(const std::vector<std::string>& names,
                                                                     std::uint64_t /*records*/) const override {
    std::vector<std::pair<std::string, Profile>> out;
    for (std::size_t i = 0; i < columns_.size(); ++i) out.emplace_back(names.at(i), columns_[i]);
    return out;
  }

 private:
  const staging::CsvShape shape_;
  std::vector<Profile> columns_;
  std::vector<CsvBlock> blocks_;
  std::string scratch_;
};

}  // namespace

std::unique_ptr<ChunkProfiles> csv_profiles(const staging::CsvShape& shape) {
  return std::make_unique<CsvProfiles>(shape);
}

Sighting sighting_of(const Chunk& chunk, std::string_view input, std::uint64_t number, std::size_t at,
                     std::string_view value) {
  constexpr std::size_t kShown = 60;
  return {.place = {.chunk = number, .at = at},
          .input = std::string(input),
          .line = staging::line_at(chunk, at),
          .value = std::string(value.substr(0, kShown)) + (value.size() > kShown ? "…" : "")};
}

}  // namespace penstock::discovery
