// One field's text into one binary value of its column: NULL or not, converted by Redshift's rules, or a problem.
//
// Threads: one at a time; each worker has its own. Nothing is allocated for a good field.
// Errors: the constructor throws SqlError for formats that can't be; put() answers with false and problem().
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "endpoint/copy/binary_rows.h"
#include "endpoint/copy/datetime.h"
#include "endpoint/copy/load_column.h"
#include "endpoint/copy/utf8_check.h"

namespace penstock::endpoint {

// The codes of stl_load_errors that rows are rejected with.
enum class LoadErrorCode {
  extra_columns = 1202,
  too_long = 1204,
  bad_date = 1205,
  bad_timestamp = 1206,
  bad_digit = 1207,
  bad_float = 1208,
  bad_decimal = 1209,
  bad_boolean = 1210,
  empty_line = 1211,
  null_in_not_null = 1213,
  bad_delimiter = 1214,
  bad_line = 1216,
  bad_identity = 1217,
  nul_in_field = 1218,
  bad_utf8 = 1220,
  bad_encoding = 1221,
  overflow = 1222,
  bad_super = 1224,
};

struct FieldProblem {
  LoadErrorCode code;
  std::string reason;
};

class FieldWriter {
 public:
  explicit FieldWriter(const CopyStatement& statement);

  // Bytes that a value of the column needs at most, beyond the size of its text.
  static std::size_t room(const LoadColumn& column) noexcept;

  // False: nothing was written, and problem() says why.
  bool put(BinaryRows& rows, const LoadColumn& column, std::string_view text);
  bool put_null(BinaryRows& rows, const LoadColumn& column);
  // A trailing field that the record does not have, under FILLRECORD.
  bool put_missing(BinaryRows& rows, const LoadColumn& column);
  [[nodiscard]] const FieldProblem& problem() const noexcept { return problem_; }
  // Whether ACCEPTINVCHARS replaced something since the last call.
  bool take_replaced() noexcept { return std::exchange(replaced_, false); }

 private:
  enum class Clock { standard, automatic, formatted, epoch_seconds, epoch_millis };

  bool put_text(BinaryRows& rows, const LoadColumn& column, std::string_view text);
  bool put_varchar(BinaryRows& rows, const LoadColumn& column, std::string_view text);
  bool put_value(BinaryRows& rows, const LoadColumn& column, std::string_view text, std::size_t offset);
  template <typename Integer>
  bool put_integer(BinaryRows& rows, std::string_view text, std::size_t offset, std::string_view type);
  template <typename Float>
  bool put_float(BinaryRows& rows, std::string_view text);
  bool put_numeric(BinaryRows& rows, const LoadColumn& column, std::string_view text, std::size_t offset);
  bool put_boolean(BinaryRows& rows, std::string_view text);
  bool put_super(BinaryRows& rows, std::string_view text);
  bool put_date(BinaryRows& rows, const LoadColumn& column, std::string_view text);
  bool put_timestamp(BinaryRows& rows, const LoadColumn& column, std::string_view text);
  bool put_time(BinaryRows& rows, std::string_view text, bool zone);
  std::optional<std::int64_t> parse_timestamp(std::string_view text, bool zone) const noexcept;
  bool put_fit(BinaryRows& rows, const LoadColumn& column, std::string_view text, std::string_view kind);
  std::string_view replace_bad_sequences(std::string_view text);

  bool fail(LoadErrorCode code, std::string reason);
  bool fail_utf8(std::string_view text, const BadSequence& bad);
  bool fail_digit(std::string_view text, std::size_t at, std::size_t offset, std::string_view type);
  bool fail_date(BinaryRows& rows, const LoadColumn& column, LoadErrorCode code, std::string reason);

  std::optional<std::string> null_text_;  // none: the reader decides by itself
  bool empty_as_null_;
  bool blanks_as_null_;
  bool trim_blanks_;
  bool truncate_;
  bool round_;
  bool accept_any_date_;
  std::optional<char> replacement_;
  bool date_automatic_ = false;
  std::optional<DateTimeFormat> date_format_;
  Clock clock_ = Clock::standard;
  std::optional<DateTimeFormat> time_format_;
  std::string time_format_text_;
  std::size_t longest_string_;  // in a SUPER
  std::string scratch_;
  bool replaced_ = false;
  FieldProblem problem_{};
};

}  // namespace penstock::endpoint
