#include "staging/postgres_text.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "penstock/error.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace penstock::staging {
namespace {

constexpr std::size_t kBlockBytes = 64;
constexpr std::size_t kStretch = 64 * kBlockBytes;

// Of 64 bytes, which are what; the lowest bit is the first byte.
struct Block {
  std::uint64_t tabs = 0;
  std::uint64_t newlines = 0;
  std::uint64_t odd = 0;      // backslashes, quotes, kNullText: their field is not to be copied as it is
  std::uint64_t letters = 0;  // of ASCII, and the signs that lie around them
  std::uint32_t bounds = 0;   // how many tabs and newlines
  std::uint32_t rows = 0;     // how many newlines
};

using Index = void (*)(const char* bytes, std::span<Block> blocks);

void index_scalar(const char* bytes, std::span<Block> blocks) {
  for (Block& block : blocks) {
    block = {};
    for (std::size_t i = 0; i < kBlockBytes; ++i) {
      const char c = *bytes++;
      const std::uint64_t bit = std::uint64_t{1} << i;
      if (c == '\t') block.tabs |= bit;
      if (c == '\n') block.newlines |= bit;
      if (c == '\\' || c == '"' || c == kNullText.front()) block.odd |= bit;
      if (static_cast<signed char>(c) >= '@') block.letters |= bit;
    }
    block.bounds = static_cast<std::uint32_t>(std::popcount(block.tabs | block.newlines));
    block.rows = static_cast<std::uint32_t>(std::popcount(block.newlines));
  }
}

#if defined(__x86_64__)

__attribute__((target("avx2"))) std::uint64_t bits(__m256i low, __m256i high) {
  const auto first = static_cast<std::uint32_t>(_mm256_movemask_epi8(low));
  const auto second = static_cast<std::uint32_t>(_mm256_movemask_epi8(high));
  return (std::uint64_t{second} << 32) | first;
}

__attribute__((target("avx2,popcnt"))) void index_avx2(const char* bytes, std::span<Block> blocks) {
  const __m256i tab = _mm256_set1_epi8('\t');
  const __m256i newline = _mm256_set1_epi8('\n');
  const __m256i backslash = _mm256_set1_epi8('\\');
  const __m256i quote = _mm256_set1_epi8('"');
  const __m256i null = _mm256_set1_epi8(kNullText.front());
  const __m256i below_letters = _mm256_set1_epi8('@' - 1);
  for (Block& block : blocks) {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + 32));
    bytes += kBlockBytes;
    block.tabs = bits(_mm256_cmpeq_epi8(low, tab), _mm256_cmpeq_epi8(high, tab));
    block.newlines = bits(_mm256_cmpeq_epi8(low, newline), _mm256_cmpeq_epi8(high, newline));
    const __m256i odd_low =
        _mm256_or_si256(_mm256_or_si256(_mm256_cmpeq_epi8(low, backslash), _mm256_cmpeq_epi8(low, quote)),
                        _mm256_cmpeq_epi8(low, null));
    const __m256i odd_high =
        _mm256_or_si256(_mm256_or_si256(_mm256_cmpeq_epi8(high, backslash), _mm256_cmpeq_epi8(high, quote)),
                        _mm256_cmpeq_epi8(high, null));
    block.odd = bits(odd_low, odd_high);
    block.letters = bits(_mm256_cmpgt_epi8(low, below_letters), _mm256_cmpgt_epi8(high, below_letters));
    block.bounds = static_cast<std::uint32_t>(__builtin_popcountll(block.tabs | block.newlines));
    block.rows = static_cast<std::uint32_t>(__builtin_popcountll(block.newlines));
  }
}

#endif

Index index_of(CsvIndexer::Kernel kernel) {
#if defined(__x86_64__)
  if (kernel == CsvIndexer::Kernel::fastest && __builtin_cpu_supports("avx2") != 0 &&
      __builtin_cpu_supports("popcnt") != 0) {
    return index_avx2;
  }
#else
  static_cast<void>(kernel);
#endif
  return index_scalar;
}

// The character that \c stands for.
char meant_by(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    default:
      return c;
  }
}

// NaN, Infinity, -infinity, and a date before Christ: no other number or date ends in a letter.
bool is_out_of_the_ordinary(std::string_view value) { return !value.empty() && value.back() >= '@'; }

// One chunk on its way into a buffer.
class RowRun {
 public:
  RowRun(const PostgresShape& shape, const Chunk& chunk, std::string_view input, std::uint64_t first_position,
         std::string& decoded, Buffer& out)
      : shape_(shape),
        chunk_(chunk),
        input_(input),
        position_(first_position),
        decoded_(decoded),
        out_(out),
        text_(chunk.text()),
        looks_at_all_(shape.with_position || shape.fields.size() == 1),
        looks_at_ends_(std::ranges::any_of(
            shape.fields, [](const PostgresField& field) { return field.value == PostgresField::Value::ordinary; })) {}

  std::uint64_t run(std::span<Block> blocks, Index index) {
    for (std::size_t at = 0; at < text_.size(); at += kStretch) {
      const std::string_view stretch = text_.substr(at, kStretch);
      const std::size_t whole = stretch.size() / kBlockBytes;
      index(stretch.data(), blocks.first(whole));
      std::size_t count = whole;
      if (const std::string_view rest = stretch.substr(whole * kBlockBytes); !rest.empty()) {
        std::array<char, kBlockBytes> last{};
        std::ranges::copy(rest, last.begin());
        index(last.data(), blocks.subspan(count++, 1));
      }
      for (std::size_t i = 0; i < count; ++i) take(blocks[i], at + i * kBlockBytes);
    }
    flush(text_.size());
    hold_fields();
    return rows_;
  }

 private:
  void take(const Block& block, std::size_t base) {
    const std::uint64_t bounds = block.tabs | block.newlines;
    const bool is_behind_letter = std::exchange(ends_in_letter_, (block.letters >> 63) != 0);
    if (!looks_at_all_ && !is_odd_ && block.odd == 0) {
      if (bounds == 0) return;
      if (looks_at_ends_) look_at_ends(block, (block.letters << 1) | (is_behind_letter ? 1 : 0), base);
      field_ = base + kBlockBytes - static_cast<unsigned>(std::countl_zero(bounds));
      bounds_ += block.bounds;
      rows_ += block.rows;
      return;
    }
    std::uint64_t odd = block.odd;
    for (std::uint64_t left = bounds; left != 0; left &= left - 1) {
      const std::uint64_t bit = left & (~left + 1);
      is_odd_ |= (odd & (bit - 1)) != 0;
      odd &= ~(bit - 1);
      end_field(base + static_cast<unsigned>(std::countr_zero(left)), (block.newlines & bit) != 0);
      is_odd_ = false;
    }
    is_odd_ |= odd != 0;
  }

  // Of the fields that end in a letter. Few do in a column where that is out of the ordinary, and many elsewhere.
  void look_at_ends(const Block& block, std::uint64_t behind_letters, std::size_t base) {
    const std::uint64_t bounds = block.tabs | block.newlines;
    for (std::uint64_t left = bounds & behind_letters; left != 0; left &= left - 1) {
      const std::uint64_t below = (left & (~left + 1)) - 1;
      const auto before = static_cast<unsigned>(std::popcount(bounds & below));
      const PostgresField& wanted = column_behind(bounds_ + before);
      if (wanted.value != PostgresField::Value::ordinary) continue;
      rows_ += static_cast<unsigned>(std::popcount(block.newlines & below));
      const std::size_t end = base + static_cast<unsigned>(std::countr_zero(left));
      const std::size_t begin = text_.find_last_of("\t\n", end - 1) + 1;
      refuse_value(wanted, text_.substr(begin, end - begin));
    }
  }

  // Each row has as many fields as there are to be, or hold_fields() says so in the end.
  [[nodiscard]] const PostgresField& column_behind(std::uint64_t bounds) const {
    return shape_.fields[static_cast<std::uint32_t>(bounds) % static_cast<std::uint32_t>(shape_.fields.size())];
  }

  void end_field(std::size_t at, bool ends_row) {
    const std::string_view field = text_.substr(field_, at - field_);
    const PostgresField& wanted = column_behind(bounds_++);
    if (is_odd_) {
      flush(field_);
      rewrite(field, wanted);
      run_ = at;
    } else if (wanted.value == PostgresField::Value::ordinary && is_out_of_the_ordinary(field)) {
      refuse_value(wanted, field);
    } else if (shape_.fields.size() == 1 && field.empty()) {  // a line with nothing in it would be no record
      flush(field_);
      out_.append(R"("")");
      run_ = at;
    }
    field_ = at + 1;
    if (!ends_row) return;
    if (shape_.with_position) {
      flush(at);
      out_.append(kPostgresDelimiter);
      const fmt::format_int digits(position_ + rows_);
      out_.append({digits.data(), digits.size()});
    }
    ++rows_;
  }

  // A field with a backslash, a quote or kNullText in it.
  void rewrite(std::string_view field, const PostgresField& wanted) {
    if (field == "\\N") {
      out_.append(kNullText);
      return;
    }
    decoded_.clear();
    while (!field.empty()) {
      const std::size_t plain = std::min(field.find('\\'), field.size());
      decoded_.append(field.substr(0, plain));
      field.remove_prefix(plain);
      if (field.size() < 2) break;
      decoded_.push_back(meant_by(field[1]));
      field.remove_prefix(2);
    }
    if (!field.empty()) refuse("a row ends in a backslash: this is not PostgreSQL's text");
    if (decoded_ == kNullText) {
      refuse(fmt::format("column {}: the character U+001A alone, which stands for NULL in what is staged",
                         printable(wanted.name)));
    }
    if (wanted.value == PostgresField::Value::bytes) {
      if (!decoded_.starts_with("\\x"))
        refuse(fmt::format("column {}: bytes, but not as \\x…", printable(wanted.name)));
      out_.append(std::string_view(decoded_).substr(2));
      return;
    }
    out_.append('"');
    std::string_view left = decoded_;
    for (auto quote = left.find('"'); quote != std::string_view::npos; quote = left.find('"')) {
      out_.append(left.substr(0, quote + 1));
      out_.append('"');
      left.remove_prefix(quote + 1);
    }
    out_.append(left);
    out_.append('"');
  }

  void hold_fields() const {
    if (bounds_ == rows_ * shape_.fields.size()) return;
    throw Error(ErrorKind::internal, fmt::format("{}: {} rows of {} columns came with {} fields", printable(input_),
                                                 rows_, shape_.fields.size(), bounds_));
  }

  [[noreturn]] void refuse_value(const PostgresField& wanted, std::string_view value) const {
    refuse(fmt::format("column {}: {}, which the table's column can't hold", printable(wanted.name), printable(value)));
  }

  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorKind::refused, fmt::format("{} row {}, {}", printable(input_), chunk_.first_record + rows_, what));
  }

  void flush(std::size_t end) {
    out_.append(text_.substr(run_, end - run_));
    run_ = end;
  }

  const PostgresShape& shape_;
  const Chunk& chunk_;
  const std::string_view input_;
  const std::uint64_t position_;
  std::string& decoded_;
  Buffer& out_;
  const std::string_view text_;
  const bool looks_at_all_;   // at every field
  const bool looks_at_ends_;  // of each
  bool ends_in_letter_ = false;
  std::size_t run_ = 0;    // from here on nothing is copied yet
  std::size_t field_ = 0;  // where the field begins
  bool is_odd_ = false;    // there is something odd in it so far
  std::uint64_t bounds_ = 0;
  std::uint64_t rows_ = 0;
};

class PostgresText final : public StagedText {
 public:
  PostgresText(PostgresShape shape, Index index)
      : shape_(std::move(shape)), index_(index), blocks_(kStretch / kBlockBytes) {}

  std::uint64_t append(const Chunk& chunk, std::string_view input, std::uint64_t first_position, Buffer& out) override {
    if (!simdjson::validate_utf8(chunk.text())) refuse_text(chunk, input);  // of a database in SQL_ASCII
    out.reserve(out.size() + chunk.text().size() + chunk.text().size() / 8);
    return RowRun(shape_, chunk, input, first_position, decoded_, out).run(blocks_, index_);
  }

 private:
  [[noreturn]] static void refuse_text(const Chunk& chunk, std::string_view input) {
    std::uint64_t row = chunk.first_record;
    std::string_view text = chunk.text();
    for (auto end = text.find('\n'); end != std::string_view::npos && is_utf8(text.substr(0, end));
         end = text.find('\n'), ++row) {
      text.remove_prefix(end + 1);
    }
    throw Error(ErrorKind::refused,
                fmt::format("{} row {}: the bytes are no UTF-8; convert them in the query", printable(input), row));
  }

  const PostgresShape shape_;
  const Index index_;
  std::vector<Block> blocks_;
  std::string decoded_;
};

}  // namespace

std::unique_ptr<StagedText> postgres_text(const PostgresShape& shape, CsvIndexer::Kernel kernel) {
  return std::make_unique<PostgresText>(shape, index_of(kernel));
}

}  // namespace penstock::staging
