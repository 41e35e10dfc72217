#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <span>
#include <utility>

#include "base/text.h"
#include "columnar/text_column.h"
#include "columnar/text_rows.h"
#include "penstock/error.h"
#include "staging/chunk_text.h"
#include "staging/csv_field.h"
#include "staging/csv_index.h"

namespace penstock::columnar {
namespace {

using staging::Chunk;
using staging::CsvBlock;
using staging::CsvFault;
using staging::kCsvBlockBytes;

constexpr std::size_t kStretch = 64 * kCsvBlockBytes;
constexpr std::size_t kPlaces = 16'384;  // of fields, that are found before they are read: what stays in the cache

// Where a field begins or, of its neighbour, where that ends, and the delimiter behind it.
using Place = std::uint32_t;
constexpr Place kQuoted = Place{1} << 31;  // the field that ends here has quotes in it, or may have escapes
constexpr Place kOffset = kQuoted - 1;

class CsvRows final : public TextRows {
 public:
  CsvRows(const staging::CsvShape& shape, const std::vector<SourceColumn>& columns, std::size_t batch_bytes)
      : shape_(shape),
        columns_(columns),
        stride_(shape.fields + 1),
        places_(std::max(kPlaces, 2 * stride_) + 1),
        blocks_(kStretch / kCsvBlockBytes) {
    std::vector<bool> is_wanted(shape.fields);
    for (const SourceColumn& column : columns) {
      if (column.field >= shape.fields) {
        throw Error(ErrorKind::invalid, fmt::format("column {}: it is field {} of records that have {}",
                                                    printable(column.name), column.field + 1, shape.fields));
      }
      values_.add(column.name, column.type);
      is_wanted[column.field] = true;
    }
    for (std::size_t i = 0; i < shape.fields; ++i) {
      if (!is_wanted[i]) unwanted_.push_back(i);
    }
    most_rows_ = std::max(std::size_t{1}, batch_bytes / std::max(std::size_t{1}, values_.bytes_of_row()));
  }

  void begin(const Chunk& chunk, std::string_view input) override {
    staging::refuse_unless_text(chunk, input);
    chunk_ = &chunk;
    input_ = input;
    text_ = chunk.text();
    if (text_.size() >= kOffset) {
      throw Error(ErrorKind::refused, fmt::format("{}: a record of 2 GiB or more", printable(input)));
    }
    indexer_ = staging::CsvIndexer(shape_.dialect);
    at_ = 0;
    rows_ = 0;
    begin_row(0);
  }

  std::shared_ptr<arrow::RecordBatch> next() override {
    values_.reserve(std::min({static_cast<std::size_t>(chunk_->ends), text_.size() / shape_.fields, most_rows_}));
    taken_ = 0;
    for (; at_ < text_.size() && taken_ + rows_ < most_rows_; at_ += kStretch) {
      const std::string_view stretch = text_.substr(at_, kStretch);
      const auto found = std::span(blocks_).first((stretch.size() + kCsvBlockBytes - 1) / kCsvBlockBytes);
      indexer_.index(stretch, found);
      for (std::size_t i = 0; i < found.size(); ++i) take(found[i], at_ + i * kCsvBlockBytes);
    }
    read_rows();
    return taken_ > 0 ? values_.finish(taken_) : nullptr;
  }

 private:
  // What is no value, the earliest first.
  struct Bad {
    std::size_t row = 0;  // of those whose places are known
    std::size_t field = 0;
    std::string_view column{};  // empty: none is made of the field
    std::string what{};
  };

  // --- where fields are

  void begin_row(std::size_t at) {
    fields_ = 0;
    places_[rows_ * stride_] = static_cast<Place>(at);
    field_ = at;
    has_quotes_ = false;
  }

  void take(const CsvBlock& block, std::size_t base) {
    std::uint64_t quotes = block.quotes;
    for (std::uint64_t left = block.field_ends | block.record_ends; left != 0; left &= left - 1) {
      const auto bit = static_cast<unsigned>(std::countr_zero(left));
      if (quotes != 0) {
        const std::uint64_t before = (std::uint64_t{1} << bit) - 1;
        has_quotes_ = has_quotes_ || (quotes & before) != 0;
        quotes &= ~before;
      }
      if (((block.record_ends >> bit) & 1) != 0) {
        end_record(base + bit);
      } else {
        end_field(base + bit);
      }
    }
    has_quotes_ = has_quotes_ || quotes != 0;
  }

  // The fields that are too many are counted alone.
  void end_field(std::size_t end) {
    if (++fields_ < stride_) {
      const bool is_special = has_quotes_ || shape_.dialect.escape;
      places_[rows_ * stride_ + fields_] = static_cast<Place>(end + 1) | (is_special ? kQuoted : 0);
      any_quotes_ = any_quotes_ || is_special;
    }
    field_ = end + 1;
    has_quotes_ = false;
  }

  void end_record(std::size_t at) {
    std::size_t end = at;
    if (end > field_ && text_[end - 1] == '\r') --end;
    const bool is_blank_line = fields_ == 0 && end == field_ && shape_.fields > 1;
    if (!is_blank_line) {
      end_field(end);
      if (fields_ != shape_.fields) refuse_count(at);
      ++rows_;
      fields_ = 0;
      if ((rows_ + 1) * stride_ >= places_.size()) read_rows();
    }
    begin_row(at + 1);
  }

  [[noreturn]] void refuse_count(std::size_t at) {
    const std::size_t found = std::exchange(fields_, 0);
    read_rows();  // what is bad in a record before it is told first
    staging::refuse_at(*chunk_, input_, at,
                       fmt::format("{} field{}, where {} {} expected; mend the record, or say its delimiter and quotes",
                                   found, found == 1 ? "" : "s", shape_.fields, shape_.fields == 1 ? "is" : "are"));
  }

  // --- what they hold

  void read_rows() {
    if (rows_ == 0) return;
    std::optional<Bad> bad;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (auto found = read_column(i); found && (!bad || found->row < bad->row)) bad = std::move(found);
    }
    if (std::exchange(any_quotes_, fields_ > 0)) {
      for (const std::size_t field : unwanted_) {
        if (auto found = read_unwanted(field); found && (!bad || found->row < bad->row)) bad = std::move(found);
      }
    }
    if (bad) refuse(*bad);
    std::copy_n(&places_[rows_ * stride_], fields_ + 1, places_.begin());  // of a row that has not ended
    taken_ += rows_;
    rows_ = 0;
  }

  [[nodiscard]] std::string_view raw(std::size_t row, std::size_t field) const {
    const Place* const at = &places_[row * stride_ + field];
    const Place begin = at[0] & kOffset;
    return text_.substr(begin, (at[1] & kOffset) - 1 - begin);
  }
  [[nodiscard]] bool is_special(std::size_t row, std::size_t field) const {
    return (places_[row * stride_ + field + 1] & kQuoted) != 0;
  }

  [[nodiscard]] std::size_t bytes_of_rows() const {
    return (places_[rows_ * stride_ - 1] & kOffset) - (places_[0] & kOffset);
  }

  std::optional<Bad> read_column(std::size_t i) {
    const SourceColumn& column = columns_[i];
    std::optional<Bad> bad;
    texts_.clear();
    unquoted_.clear();
    for (std::size_t row = 0; row < rows_ && !bad; ++row) {
      std::string_view text = raw(row, column.field);
      if (text == shape_.null_text) {
        text = {};
      } else if (is_special(row, column.field)) {
        const char* fault = nullptr;
        text = plain(text, fault);
        if (fault != nullptr) {
          bad = Bad{.row = row, .field = column.field, .column = column.name, .what = fault};
          break;
        }
      }
      texts_.push_back(text);
    }
    if (const auto at = values_.append(i, texts_)) {
      bad = Bad{.row = *at, .field = column.field, .column = column.name, .what = refusal_of(column.type, texts_[*at])};
    }
    return bad;
  }

  std::optional<Bad> read_unwanted(std::size_t field) {
    unquoted_.clear();
    for (std::size_t row = 0; row < rows_; ++row) {
      if (!is_special(row, field)) continue;
      const char* fault = nullptr;
      plain(raw(row, field), fault);
      if (fault != nullptr) return Bad{.row = row, .field = field, .what = fault};
    }
    return std::nullopt;
  }

  // Stands until the next column is read.
  std::string_view plain(std::string_view raw, const char*& fault) {
    // as much as all fields together: what was handed out stays where it is
    if (unquoted_.size() == 0) unquoted_.reserve(bytes_of_rows());
    const staging::CsvField field = staging::csv_field(raw, shape_.dialect, unquoted_);
    if (field.fault == CsvFault::quote_inside) fault = "a quote inside a field that does not begin with one";
    if (field.fault == CsvFault::text_behind_quote) fault = "text behind a field's closing quote";
    return field.value;
  }

  [[noreturn]] void refuse(const Bad& bad) const {
    const std::size_t at = places_[bad.row * stride_ + bad.field] & kOffset;
    const std::string column = bad.column.empty() ? "" : fmt::format("column {}: ", printable(bad.column));
    staging::refuse_at(*chunk_, input_, at, column + bad.what);
  }

  const staging::CsvShape shape_;
  const std::vector<SourceColumn> columns_;
  const std::size_t stride_;  // of a row's places: where it begins, and behind each field's end
  TextColumns values_;
  std::size_t most_rows_ = 1;          // of a batch, about
  std::vector<std::size_t> unwanted_;  // fields that no column is made of
  // of the chunk
  const Chunk* chunk_ = nullptr;
  std::string_view input_;
  std::string_view text_;
  staging::CsvIndexer indexer_{{}};
  std::size_t at_ = 0;      // up to here it is indexed
  std::size_t field_ = 0;   // where the field begins
  std::size_t fields_ = 0;  // of the row, that have ended
  bool has_quotes_ = false;
  bool any_quotes_ = false;  // in a field whose place is known
  std::size_t rows_ = 0;     // whose places are known
  std::size_t taken_ = 0;    // that are in the batch
  std::vector<Place> places_;
  std::vector<CsvBlock> blocks_;
  std::vector<std::string_view> texts_;  // of a column
  staging::Buffer unquoted_;             // likewise
};

}  // namespace

std::unique_ptr<TextRows> csv_rows(const staging::CsvShape& shape, const std::vector<SourceColumn>& columns,
                                   std::size_t batch_bytes) {
  return std::make_unique<CsvRows>(shape, columns, batch_bytes);
}

}  // namespace penstock::columnar
