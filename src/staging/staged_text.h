// Records as they are staged: what COPY then reads, whatever dialect they came in.
//
// CSV keeps its delimiter and its quote. Every field that means NULL holds kNullText and nothing else, so that NULL and
// empty text stay different (COPY itself takes an unquoted and a quoted field alike); what was escaped is quoted, line
// ends are \n, blank lines are gone. JSON lines stay as they are, without blank lines. If asked, each record gets its
// position in the whole input: a last field of CSV, a first member of JSON.
//
// Threads: one at a time, each with its own. Errors: Error refused, naming the input and the line: bytes that are no
// UTF-8, a NUL, a quote at a place where none may be, a record of other than the expected number of fields, a field
// that is kNullText itself, a line that is no JSON object (looked at from outside only).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "staging/chunk.h"
#include "staging/csv_index.h"

namespace penstock::staging {

inline constexpr std::string_view kNullText = "\x1A";  // SUBSTITUTE: for COPY's NULL AS

struct CsvShape {
  CsvDialect dialect{};
  std::size_t fields = 1;   // of every record
  std::string null_text{};  // an unquoted field of just this text is NULL
  bool with_position = false;
};

struct JsonShape {
  std::string position_name{};  // of the member; empty: no position
};

// A column of PostgreSQL's text format, see postgres_text.h.
struct PostgresField {
  enum class Value {
    any,
    bytes,     // bytea, as \x…: to be hexadecimal digits alone
    ordinary,  // neither NaN nor infinite nor before Christ: what is, is refused
  };
  std::string name{};
  Value value = Value::any;
};

struct PostgresShape {
  std::vector<PostgresField> fields{};
  bool with_position = false;
};

using Shape = std::variant<CsvShape, JsonShape, PostgresShape>;

class StagedText {
 public:
  virtual ~StagedText() = default;
  // Appends the chunk's records. first_position: of its first record in the whole input. Returns how many there are:
  // blank lines are none.
  virtual std::uint64_t append(const Chunk& chunk, std::string_view input, std::uint64_t first_position,
                               Buffer& out) = 0;
};

std::unique_ptr<StagedText> staged_text(const Shape& shape);

// The dialect by which a splitter cuts it; nullopt for lines.
std::optional<CsvDialect> dialect_of(const Shape& shape);

}  // namespace penstock::staging
