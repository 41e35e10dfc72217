// An input cut into chunks of whole records: a newline inside quotes ends none.
//
// The chunks joined are the input, but for a byte order mark of UTF-8, records that are to be skipped, and a newline
// after a last record that has none.
//
// Threads: one at a time. Memory: the chunk that is handed in, and what of the next record was read with it.
// Errors: Unsplittable, of kind refused: a record longer than the limit, an input that ends inside quotes, an array
// that is none; what the reader throws passes through.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "penstock/error.h"
#include "penstock/object_reader.h"
#include "staging/chunk.h"
#include "staging/csv_index.h"
#include "staging/json_array.h"

namespace penstock::staging {

// An input whose records can't be told apart from here on.
class Unsplittable : public Error {
 public:
  Unsplittable(const std::string& input, std::uint64_t line, const std::string& reason);

  [[nodiscard]] std::uint64_t line() const noexcept { return line_; }  // on which its last record begins
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

 private:
  std::uint64_t line_;
  std::string reason_;
};

struct SplitterOptions {
  std::optional<CsvDialect> dialect{};  // unset: JSON, in which every newline ends a record
  std::size_t chunk_bytes = 4 << 20;    // of a chunk, about
  std::size_t record_limit = 64 << 20;  // bytes of one record
  std::uint64_t skip = 0;               // records at the start: 1 for a header
};

class Splitter {
 public:
  Splitter(ObjectReader& in, std::string name, const SplitterOptions& options);

  // Fills the chunk, whose buffer is used as it is. False: the input is at its end, and the chunk holds nothing.
  bool next(Chunk& chunk);
  [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_read_; }

 private:
  struct Cut {
    std::size_t end = 0;  // behind the last record that is whole
    std::uint64_t ends = 0;
    std::uint64_t lines = 0;  // up to end
    std::size_t after_skipped = 0;
    std::uint64_t skipped_lines = 0;
    bool is_inside_quotes = false;  // at the end of the text
  };

  void fill(Buffer& buffer);
  [[nodiscard]] Cut cut(std::string_view text);

  ObjectReader& in_;
  const std::string name_;
  const SplitterOptions options_;
  std::uint64_t to_skip_;
  std::uint64_t bytes_read_ = 0;
  std::uint64_t line_ = 1;
  std::uint64_t record_ = 1;
  bool is_first_ = true;
  bool is_at_end_ = false;
  JsonArray array_;
  Buffer rest_;                   // behind the last chunk's end
  std::vector<CsvBlock> blocks_;  // of a stretch of the text that is looked at
};

}  // namespace penstock::staging
