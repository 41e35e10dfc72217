#include "endpoint/copy/field_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <type_traits>

#include "base/text.h"
#include "endpoint/copy/decimal.h"
#include "endpoint/copy/super_text.h"
#include "endpoint/copy/text_cursor.h"
#include "endpoint/copy/utf8_check.h"

namespace penstock::endpoint {
namespace {

// Strings of a SUPER, by what Redshift was seen to take of columnar files, and by its documentation.
constexpr std::size_t kLongestSerialized = 65'535;
constexpr std::size_t kLongestString = 16'000'000;

bool is_blank_text(std::string_view text) noexcept { return std::ranges::all_of(text, is_blank); }

DecimalShape shape_of(const LoadColumn& column, bool round) noexcept {
  if (column.precision == LoadColumn::kUnlimited) return {.own_scale = true, .round = round};
  return {.precision = column.precision, .scale = column.scale, .round = round};
}

// The longest prefix of whole characters within `length` bytes.
std::string_view cut_to(std::string_view text, std::size_t length) noexcept {
  if (text.size() <= length) return text;
  while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) --length;
  return text.substr(0, length);
}

}  // namespace

FieldWriter::FieldWriter(const CopyStatement& statement)
    : empty_as_null_(statement.empty_as_null),
      blanks_as_null_(statement.blanks_as_null),
      trim_blanks_(statement.trim_blanks),
      truncate_(statement.truncate_columns),
      round_(statement.round_decimals),
      accept_any_date_(statement.accept_any_date),
      replacement_(statement.accept_invalid_chars),
      longest_string_(is_columnar(statement.format) ? kLongestSerialized : kLongestString) {
  const bool reader_decides = statement.format == CopyFormat::json || statement.format == CopyFormat::avro ||
                              is_columnar(statement.format) ||
                              (statement.format == CopyFormat::delimited && statement.escape);
  if (!reader_decides) null_text_ = statement.null_as.value_or("\\N");
  if (statement.date_format == "auto") {
    date_automatic_ = true;
  } else if (statement.date_format) {
    date_format_.emplace("DATEFORMAT", *statement.date_format);
  }
  if (!statement.time_format) return;
  time_format_text_ = *statement.time_format;
  if (time_format_text_ == "auto") {
    clock_ = Clock::automatic;
  } else if (time_format_text_ == "epochsecs") {
    clock_ = Clock::epoch_seconds;
  } else if (time_format_text_ == "epochmillisecs") {
    clock_ = Clock::epoch_millis;
  } else {
    clock_ = Clock::formatted;
    time_format_.emplace("TIMEFORMAT", time_format_text_);
  }
}

std::size_t FieldWriter::room(const LoadColumn& column) noexcept {
  constexpr std::size_t kLargestFixed = 12;  // timetz
  const std::size_t value = column.type == ColumnType::numeric ? decimal_room(shape_of(column, false))
                                                               : BinaryRows::kFieldHeader + kLargestFixed;
  return column.instead_of_null ? std::max(value, BinaryRows::kFieldHeader + column.instead_of_null->size()) : value;
}

bool FieldWriter::fail(LoadErrorCode code, std::string reason) {
  problem_ = {code, std::move(reason)};
  return false;
}

bool FieldWriter::fail_utf8(std::string_view text, const BadSequence& bad) {
  return fail(LoadErrorCode::bad_utf8,
              fmt::format("String contains invalid or unsupported UTF-8 codepoints. Bad UTF-8 hex sequence: {} "
                          "(error {})",
                          hex(text.substr(bad.offset, bad.size)), bad.error));
}

bool FieldWriter::put_null(BinaryRows& rows, const LoadColumn& column) {
  if (column.instead_of_null) {
    rows.put_field(std::string_view(*column.instead_of_null));
    return true;
  }
  if (column.not_null) return fail(LoadErrorCode::null_in_not_null, "Missing data for not-null field");
  rows.put_null();
  return true;
}

bool FieldWriter::put_missing(BinaryRows& rows, const LoadColumn& column) {
  if (column.type != ColumnType::varchar || empty_as_null_) return put_null(rows, column);
  rows.put_field(std::string_view());
  return true;
}

bool FieldWriter::put(BinaryRows& rows, const LoadColumn& column, std::string_view text) {
  if (null_text_ && text == *null_text_) return put_null(rows, column);
  const bool text_column = is_text(column.type);
  if (text.empty() && (!text_column || empty_as_null_)) return put_null(rows, column);
  if (text_column) {
    if (blanks_as_null_ && !text.empty() && is_blank_text(text)) return put_null(rows, column);
    return put_text(rows, column, text);
  }
  const std::string_view trimmed = trim(text);
  if (trimmed.empty()) return put_null(rows, column);
  return put_value(rows, column, trimmed, static_cast<std::size_t>(trimmed.data() - text.data()));
}

bool FieldWriter::put_value(BinaryRows& rows, const LoadColumn& column, std::string_view text, std::size_t offset) {
  switch (column.type) {
    case ColumnType::boolean:
      return put_boolean(rows, text);
    case ColumnType::int2:
      return put_integer<std::int16_t>(rows, text, offset, "Short");
    case ColumnType::int4:
      return put_integer<std::int32_t>(rows, text, offset, "Integer");
    case ColumnType::int8:
      return put_integer<std::int64_t>(rows, text, offset, "Long");
    case ColumnType::numeric:
      return put_numeric(rows, column, text, offset);
    case ColumnType::float4:
      return put_float<float>(rows, text);
    case ColumnType::float8:
      return put_float<double>(rows, text);
    case ColumnType::date:
      return put_date(rows, column, text);
    case ColumnType::timestamp:
    case ColumnType::timestamptz:
      return put_timestamp(rows, column, text);
    case ColumnType::time:
      return put_time(rows, text, false);
    case ColumnType::timetz:
      return put_time(rows, text, true);
    case ColumnType::super:
      return put_super(rows, text);
    case ColumnType::character:
    case ColumnType::varchar:
      return put_text(rows, column, text);
  }
  return false;
}

// --- text

bool FieldWriter::put_text(BinaryRows& rows, const LoadColumn& column, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) {
    return fail(LoadErrorCode::nul_in_field, "Invalid null byte - field longer than 1 byte");
  }
  if (column.type == ColumnType::varchar) return put_varchar(rows, column, text);
  if (!is_ascii(text)) {
    const auto at = static_cast<std::size_t>(
        std::ranges::find_if(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }) - text.begin());
    std::size_t end = at + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80 && end < at + 4) ++end;
    return fail(LoadErrorCode::bad_utf8,
                fmt::format("Multibyte character not supported for CHAR (Hint: Try using VARCHAR). Invalid char: {}",
                            hex(text.substr(at, end - at))));
  }
  return put_fit(rows, column, text, "Char");
}

bool FieldWriter::put_varchar(BinaryRows& rows, const LoadColumn& column, std::string_view text) {
  if (trim_blanks_) {
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  }
  if (replacement_) {
    text = replace_bad_sequences(text);
  } else if (const auto bad = first_bad_sequence(text)) {
    return fail_utf8(text, *bad);
  }
  return put_fit(rows, column, text, "String");
}

bool FieldWriter::put_fit(BinaryRows& rows, const LoadColumn& column, std::string_view text, std::string_view kind) {
  const auto length = static_cast<std::size_t>(column.length);
  if (text.size() > length) {
    if (!truncate_) return fail(LoadErrorCode::too_long, fmt::format("{} length exceeds DDL length", kind));
    text = cut_to(text, length);
  }
  rows.put_field(text);
  return true;
}

bool FieldWriter::put_super(BinaryRows& rows, std::string_view text) {
  if (const auto bad = first_bad_sequence(text)) return fail_utf8(text, *bad);
  scratch_.clear();
  if (auto problem = append_super(scratch_, text, longest_string_)) {
    return fail(LoadErrorCode::bad_super, std::move(*problem));
  }
  rows.put_field(std::string_view(scratch_));
  return true;
}

std::string_view FieldWriter::replace_bad_sequences(std::string_view text) {
  auto bad = first_bad_sequence(text, 0, true);
  if (!bad) return text;
  replaced_ = true;
  scratch_.assign(text);
  for (; bad; bad = first_bad_sequence(text, bad->offset + bad->size, true)) {
    std::fill_n(scratch_.begin() + static_cast<std::ptrdiff_t>(bad->offset), bad->size, *replacement_);
  }
  return scratch_;
}

// --- numbers

bool FieldWriter::fail_digit(std::string_view text, std::size_t at, std::size_t offset, std::string_view type) {
  const char c = at < text.size() ? text[at] : text.back();
  const std::size_t position = offset + std::min(at, text.size() - 1);
  return fail(LoadErrorCode::bad_digit, fmt::format("Invalid digit, Value '{}', Pos {}, Type: {}",
                                                    c >= ' ' && c < 0x7f ? c : '.', position, type));
}

template <typename Integer>
bool FieldWriter::put_integer(BinaryRows& rows, std::string_view text, std::size_t offset, std::string_view type) {
  using Unsigned = std::make_unsigned_t<Integer>;
  const bool negative = text[0] == '-';
  std::size_t at = negative || text[0] == '+' ? 1 : 0;
  if (at == text.size()) return fail_digit(text, at, offset, type);
  const std::uint64_t limit = static_cast<std::uint64_t>(std::numeric_limits<Integer>::max()) + (negative ? 1 : 0);
  std::uint64_t value = 0;
  bool too_large = false;
  for (; at < text.size(); ++at) {
    const auto digit = static_cast<unsigned char>(text[at] - '0');
    if (digit > 9) return fail_digit(text, at, offset, type);
    if (value > (limit - digit) / 10) too_large = true;
    value = value * 10 + digit;
  }
  if (too_large) return fail(LoadErrorCode::overflow, fmt::format("Overflow, Column type: {}", type));
  rows.put_field(
      static_cast<Integer>(negative ? Unsigned(0) - static_cast<Unsigned>(value) : static_cast<Unsigned>(value)));
  return true;
}

bool FieldWriter::put_numeric(BinaryRows& rows, const LoadColumn& column, std::string_view text, std::size_t offset) {
  switch (put_decimal(rows, text, shape_of(column, round_))) {
    case DecimalOutcome::written:
      return true;
    case DecimalOutcome::no_number: {
      std::size_t at = text[0] == '-' || text[0] == '+' ? 1 : 0;
      if (at < text.size() && text[at] == '.') ++at;
      return fail_digit(text, at, offset, "Decimal");
    }
    case DecimalOutcome::malformed:
      return fail(LoadErrorCode::bad_decimal, "Invalid decimal format or value");
    case DecimalOutcome::too_large:
      return fail(LoadErrorCode::bad_decimal, "Overflow, Column type: Decimal");
  }
  return false;
}

template <typename Float>
bool FieldWriter::put_float(BinaryRows& rows, std::string_view text) {
  std::string_view digits = text;
  if (digits.front() == '+') digits.remove_prefix(1);
  Float value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = end == digits.data() + digits.size();
  if (!whole || error == std::errc::invalid_argument || (digits.size() < text.size() && digits.starts_with('-'))) {
    return fail(LoadErrorCode::bad_float, "Invalid float format or value");
  }
  if (error == std::errc::result_out_of_range) {
    return fail(LoadErrorCode::bad_float,
                fmt::format("Overflow, Column type: {}", sizeof(Float) == 4 ? "Real" : "Double"));
  }
  using Bits = std::conditional_t<sizeof(Float) == 4, std::uint32_t, std::uint64_t>;
  rows.put_field(std::bit_cast<Bits>(value));
  return true;
}

bool FieldWriter::put_boolean(BinaryRows& rows, std::string_view text) {
  static constexpr std::string_view kTrue[] = {"t", "true", "1", "y", "yes"};
  static constexpr std::string_view kFalse[] = {"f", "false", "0", "n", "no"};
  const auto is = [&](std::string_view word) { return equal_ignoring_case(text, word); };
  const bool value = std::ranges::any_of(kTrue, is);
  if (!value && std::ranges::none_of(kFalse, is)) {
    return fail(LoadErrorCode::bad_boolean, "Unknown boolean format");
  }
  rows.put_field(std::int8_t{value});
  return true;
}

// --- dates and times

bool FieldWriter::fail_date(BinaryRows& rows, const LoadColumn& column, LoadErrorCode code, std::string reason) {
  return accept_any_date_ ? put_null(rows, column) : fail(code, std::move(reason));
}

bool FieldWriter::put_date(BinaryRows& rows, const LoadColumn& column, std::string_view text) {
  std::optional<DateTimeParts> date;
  if (date_format_) {
    date = date_format_->parse(text);
  } else if (date_automatic_) {
    date = parse_any_datetime(text);
  } else {
    constexpr std::size_t kDateSize = 10;
    if (text.size() < kDateSize) {
      return fail_date(rows, column, LoadErrorCode::bad_date, "Invalid Date Format - length must be 10 or more");
    }
    date = parse_iso_date(text.substr(0, kDateSize));
    const std::string_view rest = text.substr(kDateSize);
    const bool clock_follows = (rest.starts_with(' ') || rest.starts_with('T')) && parse_clock(rest.substr(1), true);
    if (!rest.empty() && !clock_follows) date.reset();
  }
  if (!date) return fail_date(rows, column, LoadErrorCode::bad_date, "Invalid Date Format or value");
  rows.put_field(date->days());
  return true;
}

std::optional<std::int64_t> FieldWriter::parse_timestamp(std::string_view text, bool zone) const noexcept {
  std::optional<DateTimeParts> parts;
  switch (clock_) {
    case Clock::standard:
      parts = zone ? parse_iso_timestamp_offset(text) : parse_iso_timestamp(text);
      break;
    case Clock::automatic:
      parts = parse_any_datetime(text);
      break;
    case Clock::formatted:
      parts = time_format_->parse(text);
      break;
    case Clock::epoch_seconds:
      return parse_epoch(text, kMicrosPerSecond);
    case Clock::epoch_millis:
      return parse_epoch(text, kMicrosPerSecond / 1000);
  }
  if (!parts) return std::nullopt;
  return zone ? parts->utc() : parts->local();
}

bool FieldWriter::put_timestamp(BinaryRows& rows, const LoadColumn& column, std::string_view text) {
  const bool zone = column.type == ColumnType::timestamptz;
  const auto micros = parse_timestamp(text, zone);
  if (!micros) {
    const std::string_view expected = clock_ != Clock::standard ? std::string_view(time_format_text_)
                                      : zone                    ? "YYYY-MM-DD HH24:MI:SSOF"
                                                                : "YYYY-MM-DD HH24:MI:SS";
    return fail_date(rows, column, LoadErrorCode::bad_timestamp,
                     fmt::format("Invalid timestamp format or value [{}]", expected));
  }
  rows.put_field(*micros);
  return true;
}

bool FieldWriter::put_time(BinaryRows& rows, std::string_view text, bool zone) {
  const auto parts = parse_clock(text, zone);
  if (!parts || parts->micros > kMicrosPerDay) {  // 23:59:60.5 is of the next day, which a time has not
    return fail(LoadErrorCode::bad_timestamp,
                fmt::format("Invalid timestamp format or value [HH24:MI:SS{}]", zone ? "OF" : ""));
  }
  if (!zone) {
    rows.put_field(parts->micros);
    return true;
  }
  rows.put(std::int32_t{12});
  rows.put(parts->micros);
  rows.put(-parts->offset.value_or(0));
  return true;
}

}  // namespace penstock::endpoint
