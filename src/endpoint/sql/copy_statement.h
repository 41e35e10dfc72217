// COPY table FROM 's3://…', parsed: every option of Redshift's COPY is known; what is not carried out yet is refused
// by name, never swallowed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "endpoint/sql/authorization.h"
#include "endpoint/sql/lexer.h"

namespace penstock::endpoint {

enum class CopyFormat { delimited, csv, fixed_width, json, avro, parquet, orc };
// By columns, not records: errors are the statement's, and most options are refused.
constexpr bool is_columnar(CopyFormat format) noexcept {
  return format == CopyFormat::parquet || format == CopyFormat::orc;
}
enum class CopyEncoding { utf8, utf16, utf16le, utf16be, iso88591 };
enum class CopyCodec { none, gzip, zstd, bzip2, lzop };

struct CopyStatement : Authorization {
  std::optional<std::string> schema;
  std::string table;
  std::optional<std::vector<std::string>> columns;
  std::string source;  // s3://bucket/prefix-or-key
  bool manifest = false;

  CopyFormat format = CopyFormat::delimited;
  CopyCodec codec = CopyCodec::none;
  CopyEncoding encoding = CopyEncoding::utf8;
  std::optional<std::string> delimiter;
  std::vector<std::int32_t> widths;  // FIXEDWIDTH: of each field, in characters
  char quote = '"';
  bool escape = false;
  bool remove_quotes = false;
  bool fill_record = false;
  bool ignore_blank_lines = false;
  std::int64_t ignore_header = 0;
  std::optional<std::string> null_as;
  bool empty_as_null = false;
  bool blanks_as_null = false;
  bool trim_blanks = false;
  bool truncate_columns = false;
  bool round_decimals = false;
  std::optional<char> accept_invalid_chars;
  bool accept_any_date = false;
  std::optional<std::string> date_format;  // as given; 'auto'
  std::optional<std::string> time_format;  // as given; 'auto', 'epochsecs', 'epochmillisecs'
  std::string json_paths = "auto";         // 'auto', 'auto ignorecase', 'noshred' (JSON), 's3://…'
  bool explicit_ids = false;
  std::int64_t max_error = 0;
  bool ignore_all_errors = false;
  bool no_load = false;
  std::optional<bool> update_statistics;  // STATUPDATE; without it, of a table that was empty
  bool serialize_to_json = false;         // nested columns of a columnar format
};

// True when the statement that starts at tokens[0] is a COPY … FROM '…' (and not COPY … FROM STDIN).
bool is_copy_from_url(std::span<const Token> tokens) noexcept;
// Throws SqlError (42601 for syntax, 0A000 for what is not supported, Redshift's texts for incompatible options).
CopyStatement parse_copy(std::span<const Token> tokens);

}  // namespace penstock::endpoint
