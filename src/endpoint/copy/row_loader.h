// Fields of one record into one binary row, or into one row of stl_load_errors; where all formats of text meet.
//
// Threads: one at a time; each worker has its own.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/copy/binary_rows.h"
#include "endpoint/copy/copy_run.h"
#include "endpoint/copy/field_writer.h"
#include "endpoint/copy/load_column.h"

namespace penstock::endpoint {

struct Field {
  std::string_view value{};   // unescaped, without its quotes
  std::string_view raw{};     // as written between its quotes; lies within the record
  std::int32_t position = 0;  // of its first byte, quotes included, in the record
  bool null = false;          // settled by the reader: \N under ESCAPE, null in JSON
};

struct ParsedChunk {
  static constexpr std::size_t kMostErrors = 10'000;

  BinaryRows rows;
  std::uint64_t loaded = 0;
  std::uint64_t rejected = 0;
  std::uint64_t lines = 0;        // newlines in the chunk
  std::vector<CopyError> errors;  // the first kMostErrors; lines counted from the chunk's first, 0; no object yet
  std::vector<CopyReplacement> replacements;  // the first kReplacementsKept; likewise

  // Of a row that has been loaded.
  void note_replacement(const LoadColumn& column, std::int64_t line, std::string raw_line);

  void clear() noexcept;
};

class RowLoader {
 public:
  RowLoader(const CopyStatement& statement, std::span<const LoadColumn> columns);

  // `line`: of the record, counted from the chunk's first.
  void load(ParsedChunk& out, std::span<const Field> fields, std::string_view record, std::uint64_t line);
  // A record that is wrong as a whole.
  void reject(ParsedChunk& out, LoadErrorCode code, std::string reason, std::string_view record, std::uint64_t line);

  // An object, or the rest of one, that can't be read.
  void reject_object(ParsedChunk& out, const FieldProblem& problem);

  [[nodiscard]] std::span<const LoadColumn> columns() const noexcept { return columns_; }

 private:
  bool put(BinaryRows& rows, const LoadColumn& column, const Field& field) {
    return field.null ? writer_.put_null(rows, column) : writer_.put(rows, column, field.value);
  }
  void reject_field(ParsedChunk& out, std::size_t at, std::span<const Field> fields, std::string_view record,
                    std::uint64_t line);
  // Of the error that was added last: its fields, up to `last`, excluded.
  void add_detail(ParsedChunk& out, std::size_t last, std::span<const Field> fields) const;

  std::span<const LoadColumn> columns_;
  FieldWriter writer_;
  std::size_t fixed_room_ = 0;
  bool fill_record_;
  bool trailing_delimiter_allowed_;
};

// As stl_load_errors holds lines and fields: at most 1024 bytes, what is not printable ASCII as dots.
std::string shown_raw(std::string_view bytes);

}  // namespace penstock::endpoint
