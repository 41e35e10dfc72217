#include <fmt/format.h>

#include <bit>
#include <span>

#include "discovery/chunk_profiles.h"
#include "penstock/error.h"
#include "staging/chunk_text.h"
#include "staging/csv_field.h"
#include "staging/csv_index.h"

namespace penstock::discovery {
namespace {

using staging::Chunk;
using staging::CsvBlock;
using staging::CsvFault;
using staging::kCsvBlockBytes;

constexpr std::size_t kStretch = 64 * kCsvBlockBytes;

// One chunk, field by field.
class CsvRun {
 public:
  CsvRun(const staging::CsvShape& shape, const Chunk& chunk, std::string_view input, std::uint64_t number,
         std::span<Profile> columns, staging::Buffer& unquoted)
      : shape_(shape),
        chunk_(chunk),
        input_(input),
        number_(number),
        columns_(columns),
        unquoted_(unquoted),
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
    if (column.is_first_too_long(value.size())) {
      column.sight_too_long(sighting_of(chunk_, input_, number_, field_, value));
    }
    if (!column.wants_values()) {
      column.add_text(value.size());
      return;
    }
    const Value is = value_of(value);
    if (column.add(is, value.size())) {
      column.sight(is.kind, sighting_of(chunk_, input_, number_, field_, value));
    }
  }

  std::string_view plain(std::string_view raw) {
    unquoted_.clear();
    const staging::CsvField field = staging::csv_field(raw, shape_.dialect, unquoted_);
    if (field.fault == CsvFault::quote_inside) refuse("a quote inside a field that does not begin with one");
    if (field.fault == CsvFault::text_behind_quote) refuse("text behind a field's closing quote");
    return field.value;
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
  staging::Buffer& unquoted_;
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
    return CsvRun(shape_, chunk, input, number, columns_, unquoted_).run(blocks_);
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
  staging::Buffer unquoted_;
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
