// Where the fields and records of CSV end, found 64 bytes at a time.
//
// A bit for each byte of a block: bit 0 is its first byte. Quotes are followed by their parity, so that a delimiter or
// newline inside quotes ends nothing, and a doubled quote closes and opens again. What comes before a quote is not
// looked at here: whoever reads the fields holds the quotes to their places (csv_text.h).
//
// Threads: any, each with its own. Memory: none. Errors: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace penstock::staging {

struct CsvDialect {
  char delimiter = ',';
  char quote = '"';
  std::optional<char> escape{};  // makes the byte behind it one of the field; unset: only quotes do, by being doubled
};

struct CsvBlock {
  std::uint64_t field_ends = 0;   // delimiters outside of quotes
  std::uint64_t record_ends = 0;  // newlines outside of quotes
  std::uint64_t newlines = 0;     // all of them: a file's lines
  std::uint64_t quotes = 0;       // that open or close
  std::uint64_t inside = 0;       // from an opening quote to the byte before its closing one
};

inline constexpr std::size_t kCsvBlockBytes = 64;

// Goes through a text from its first byte to its last, in pieces whose sizes are multiples of a block's but for the
// last one's.
class CsvIndexer {
 public:
  enum class Kernel { fastest, scalar };  // scalar: the twin that every machine has, and that tests compare with

  explicit CsvIndexer(const CsvDialect& dialect, Kernel kernel = Kernel::fastest);

  // One block for each 64 bytes begun; bytes past the end count as none of these. blocks.size() is what is needed.
  void index(std::string_view bytes, std::span<CsvBlock> blocks) noexcept;
  [[nodiscard]] bool is_inside_quotes() const noexcept { return state_.is_inside; }

  struct State {
    bool is_inside = false;
    bool is_escaped = false;  // the next byte
  };

 private:
  using Function = void (*)(const char* bytes, std::span<CsvBlock> blocks, const CsvDialect& dialect, State& state);

  CsvDialect dialect_;
  Function function_;
  State state_;
};

}  // namespace penstock::staging
