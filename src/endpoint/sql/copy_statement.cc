#include "endpoint/sql/copy_statement.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "endpoint/sql/fixed_width_column.h"
#include "endpoint/sql/sql_error.h"
#include "endpoint/sql/statement_options.h"
#include "endpoint/sql/token_reader.h"

namespace penstock::endpoint {
namespace {

using Draft = StatementDraft<CopyStatement>;

std::int64_t number_argument(Draft& draft) {
  draft.reader.accept("AS");
  return draft.reader.integer();
}

char one_ascii_character(std::string_view option, const std::string& value) {
  if (value.size() != 1 || static_cast<unsigned char>(value[0]) >= 0x80) {
    throw wrong_option(fmt::format("COPY {} must be a single ASCII character", option));
  }
  return value[0];
}

void parse_delimiter(Draft& draft) {
  draft.reader.accept("AS");
  std::string value = draft.reader.unescaped_string();
  if (value.empty()) throw wrong_option("COPY delimiter must not be empty");
  for (const char c : value) {
    if (static_cast<unsigned char>(c) >= 0x80) throw wrong_option("COPY delimiter must be made of ASCII characters");
    if (c == '\n' || c == '\r') throw wrong_option("COPY delimiter cannot be newline or carriage return");
  }
  draft.statement.delimiter = std::move(value);
}

void parse_null_as(Draft& draft) {
  std::string value = null_argument(draft.reader, draft.command);
  if (value == "\\0" || value == "\\000") value = std::string(1, '\0');
  draft.statement.null_as = std::move(value);
}

void parse_accept_invalid_chars(Draft& draft) {
  const bool as = draft.reader.accept("AS");
  draft.statement.accept_invalid_chars = '?';
  if (!as && draft.reader.peek().kind != TokenKind::string) return;
  const char c = one_ascii_character("ACCEPTINVCHARS", draft.reader.string());
  if (c == '\0') throw wrong_option("COPY ACCEPTINVCHARS cannot be NUL");
  draft.statement.accept_invalid_chars = c;
}

void parse_max_error(Draft& draft) {
  draft.statement.max_error = number_argument(draft);
  if (draft.statement.max_error > 100000) throw wrong_option("MAXERROR must be a number from 0 to 100000");
}

void parse_encoding(Draft& draft) {
  draft.reader.accept("AS");
  static constexpr std::pair<std::string_view, CopyEncoding> kEncodings[] = {
      {"UTF8", CopyEncoding::utf8},       {"UTF16", CopyEncoding::utf16},       {"UTF16LE", CopyEncoding::utf16le},
      {"UTF16BE", CopyEncoding::utf16be}, {"ISO88591", CopyEncoding::iso88591},
  };
  for (const auto& [name, encoding] : kEncodings) {
    if (!draft.reader.accept(name)) continue;
    draft.statement.encoding = encoding;
    return;
  }
  throw draft.reader.syntax_error();
}

// What it would change doesn't exist here: columns have no compression, and PostgreSQL keeps its own statistics.
void parse_switch(Draft& draft, std::initializer_list<std::string_view> values) {
  for (const std::string_view value : values) {
    if (draft.reader.accept(value)) return;
  }
}

void parse_statupdate(Draft& draft) {
  const bool off = draft.reader.accept("OFF") || draft.reader.accept("FALSE");
  if (!off && !draft.reader.accept("ON")) draft.reader.accept("TRUE");
  draft.statement.update_statistics = !off;
}

void parse_comprows(Draft& draft) {
  const std::int64_t rows = draft.reader.integer();
  if (rows < 1000 || rows > 2147483647) throw wrong_option("COMPROWS must be a number from 1000 to 2147483647");
}

// JSON and AVRO: 'auto', 'auto ignorecase', or the paths of a file.
void parse_paths(Draft& draft, std::string_view format) {
  const bool as = draft.reader.accept("AS");
  if (!as && draft.reader.peek().kind != TokenKind::string) return;
  std::string paths = draft.reader.string();
  const bool whole = format == "JSON" && paths == "noshred";
  if (!whole && paths != "auto" && paths != "auto ignorecase" && !paths.starts_with("s3://")) {
    throw wrong_option(fmt::format("{} '{}': expected 'auto', 'auto ignorecase'{} or 's3://…' of a JSONPaths file",
                                   format, paths, format == "JSON" ? ", 'noshred'" : ""));
  }
  draft.statement.json_paths = std::move(paths);
}

void parse_json(Draft& draft) {
  draft.statement.format = CopyFormat::json;
  parse_paths(draft, "JSON");
}

void parse_avro(Draft& draft) {
  draft.statement.format = CopyFormat::avro;
  parse_paths(draft, "AVRO");
}

void parse_fixed_width(Draft& draft) {
  draft.statement.format = CopyFormat::fixed_width;
  for (const FixedWidthColumn& column : fixed_width_argument(draft.reader)) {
    draft.statement.widths.push_back(column.width);
  }
}

struct Option {
  std::string_view name;
  void (*parse)(Draft&);  // nullptr: known, and not carried out here
  bool columnar = false;  // may stand in a COPY of PARQUET or ORC
};

// Every word that may follow the source; a new option is a line here.
constexpr auto kOptions = std::to_array<Option>({
    // authorization
    {"IAM_ROLE", authorize<&AuthorizationClauses::read_iam_role>, true},
    {"CREDENTIALS", authorize<&AuthorizationClauses::read_credentials>, true},
    {"ACCESS_KEY_ID", authorize<&AuthorizationClauses::read_access_key_id>, true},
    {"SECRET_ACCESS_KEY", authorize<&AuthorizationClauses::read_secret_access_key>, true},
    {"SESSION_TOKEN", authorize<&AuthorizationClauses::read_session_token>, true},
    {"REGION", set_text<&CopyStatement::region>},
    // the source
    {"MANIFEST", set<&CopyStatement::manifest>, true},
    {"GZIP", choose<&CopyStatement::codec, CopyCodec::gzip>},
    {"ZSTD", choose<&CopyStatement::codec, CopyCodec::zstd>},
    {"BZIP2", choose<&CopyStatement::codec, CopyCodec::bzip2>},
    {"LZOP", choose<&CopyStatement::codec, CopyCodec::lzop>},
    {"SSH", nullptr, true},
    {"READRATIO", nullptr, true},
    {"ENCRYPTED", nullptr, true},
    {"MASTER_SYMMETRIC_KEY", nullptr, true},
    {"ENCODING", parse_encoding},
    // the format
    {"CSV", choose<&CopyStatement::format, CopyFormat::csv>, true},
    {"JSON", parse_json, true},
    {"PARQUET", choose<&CopyStatement::format, CopyFormat::parquet>, true},
    {"AVRO", parse_avro},
    {"ORC", choose<&CopyStatement::format, CopyFormat::orc>, true},
    {"SHAPEFILE", nullptr, true},
    {"FIXEDWIDTH", parse_fixed_width, true},
    {"SERIALIZETOJSON", set<&CopyStatement::serialize_to_json>, true},
    {"DELIMITER", parse_delimiter},
    {"QUOTE", [](Draft& draft) { draft.statement.quote = one_ascii_character("quote", text_argument(draft.reader)); }},
    {"ESCAPE", set<&CopyStatement::escape>},
    {"REMOVEQUOTES", set<&CopyStatement::remove_quotes>},
    {"IGNOREHEADER", [](Draft& draft) { draft.statement.ignore_header = number_argument(draft); }},
    {"IGNOREBLANKLINES", set<&CopyStatement::ignore_blank_lines>},
    {"FILLRECORD", set<&CopyStatement::fill_record>, true},
    // conversions
    {"NULL", parse_null_as},
    {"EMPTYASNULL", set<&CopyStatement::empty_as_null>},
    {"BLANKSASNULL", set<&CopyStatement::blanks_as_null>},
    {"TRIMBLANKS", set<&CopyStatement::trim_blanks>},
    {"TRUNCATECOLUMNS", set<&CopyStatement::truncate_columns>},
    {"ROUNDEC", set<&CopyStatement::round_decimals>},
    {"ACCEPTINVCHARS", parse_accept_invalid_chars, true},
    {"ACCEPTANYDATE", set<&CopyStatement::accept_any_date>},
    {"DATEFORMAT", set_text<&CopyStatement::date_format>},
    {"TIMEFORMAT", set_text<&CopyStatement::time_format>},
    {"EXPLICIT_IDS", set<&CopyStatement::explicit_ids>, true},
    // the load
    {"MAXERROR", parse_max_error, true},
    {"IGNOREALLERRORS", set<&CopyStatement::ignore_all_errors>},
    {"NOLOAD", set<&CopyStatement::no_load>},
    {"COMPUPDATE", [](Draft& draft) { parse_switch(draft, {"PRESET", "ON", "TRUE", "OFF", "FALSE"}); }},
    {"COMPROWS", parse_comprows},
    {"STATUPDATE", parse_statupdate, true},
    {"USING TEMPLATE", nullptr, true},
    {"JOB", nullptr, true},
});

constexpr auto kFormats =
    std::to_array<std::string_view>({"CSV", "JSON", "PARQUET", "AVRO", "ORC", "SHAPEFILE", "FIXEDWIDTH"});

constexpr auto kCodecs = std::to_array<std::string_view>({"GZIP", "ZSTD", "BZIP2", "LZOP"});

// What may not stand together, in the words of the error: CSV is not compatible with ESCAPE.
constexpr auto kIncompatible = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"CSV", "ESCAPE"},
    {"CSV", "REMOVEQUOTES"},
    {"JSON", "DELIMITER"},
    {"JSON", "ESCAPE"},
    {"JSON", "FILLRECORD"},
    {"JSON", "IGNOREBLANKLINES"},
    {"JSON", "NULL"},
    {"JSON", "REMOVEQUOTES"},
    {"AVRO", "DELIMITER"},
    {"AVRO", "ENCODING"},
    {"AVRO", "ESCAPE"},
    {"AVRO", "FILLRECORD"},
    {"AVRO", "IGNOREBLANKLINES"},
    {"AVRO", "IGNOREHEADER"},
    {"AVRO", "NULL"},
    {"AVRO", "REMOVEQUOTES"},
    {"FIXEDWIDTH", "DELIMITER"},
    {"FIXEDWIDTH", "ESCAPE"},
    {"IGNOREALLERRORS", "MAXERROR"},
});

const Option& option_at(TokenReader& reader) {
  if (reader.accept("TOKEN")) return *std::ranges::find(kOptions, "SESSION_TOKEN", &Option::name);
  if (reader.accept_all({"USING", "TEMPLATE"})) return *std::ranges::find(kOptions, "USING TEMPLATE", &Option::name);
  if (reader.accept("WITH") && !is_keyword(reader.peek(), "CREDENTIALS")) throw reader.syntax_error();
  const bool format = reader.accept("FORMAT");
  const bool as = reader.accept("AS");
  const auto found =
      std::ranges::find_if(kOptions, [&](const Option& option) { return is_keyword(reader.peek(), option.name); });
  if (found == kOptions.end()) throw reader.syntax_error();
  if ((format || as) && std::ranges::find(kFormats, found->name) == kFormats.end()) throw reader.syntax_error();
  if (found->name == "AVRO" && !format) throw reader.syntax_error();
  reader.next();
  return *found;
}

// At most one of them.
void check_alternatives(const Draft& draft, std::span<const std::string_view> names) {
  std::string_view first;
  for (const std::string_view name : names) {
    if (!draft.has(name)) continue;
    if (!first.empty()) throw wrong_option(fmt::format("{} is not compatible with {}", first, name));
    first = name;
  }
}

void check_options(const Draft& draft) {
  check_alternatives(draft, kFormats);
  check_alternatives(draft, kCodecs);
  check_pairs(draft, kIncompatible);
  if (is_columnar(draft.statement.format)) {
    const std::string_view format = draft.has("ORC") ? "ORC" : "PARQUET";
    for (const std::string_view name : draft.seen) {
      const bool allowed = std::ranges::find(kOptions, name, &Option::name)->columnar;
      if (!allowed || (name == "MAXERROR" && draft.statement.max_error > 0)) {
        throw SqlError("0A000", fmt::format("{} argument is not supported for {} based COPY", name, format));
      }
    }
  }
  if (draft.has("FIXEDWIDTH") && draft.statement.encoding != CopyEncoding::utf8) {
    throw wrong_option("FIXEDWIDTH is not compatible with ENCODING other than UTF8");
  }
  if (draft.statement.serialize_to_json && !is_columnar(draft.statement.format)) {
    throw wrong_option("SERIALIZETOJSON is for PARQUET and ORC");
  }
  if (draft.has("QUOTE")) {
    if (!draft.has("CSV")) throw wrong_option("COPY quote available only in CSV mode");
    if (draft.statement.delimiter.value_or(",").find(draft.statement.quote) != std::string::npos) {
      throw wrong_option("COPY delimiter and quote must be different");
    }
  }
}

void check_source(const std::string& source) {
  for (const std::string_view other : {"dynamodb://", "emr://"}) {
    if (source.starts_with(other)) throw not_supported(fmt::format("COPY from {}", other));
  }
  if (!source.starts_with("s3://")) {
    throw wrong_option(fmt::format("COPY reads from 's3://bucket/prefix', not from '{}'", source));
  }
}

}  // namespace

bool is_copy_from_url(std::span<const Token> tokens) noexcept {
  TokenReader reader(tokens);
  if (!reader.accept("COPY")) return false;
  for (int depth = 0; !reader.at_end();) {
    if (depth == 0 && reader.accept("FROM")) {
      return !is_keyword(reader.peek(), "STDIN") && !is_keyword(reader.peek(), "PROGRAM");
    }
    if (depth == 0 && is_keyword(reader.peek(), "TO")) return false;
    if (reader.at_symbol('(')) ++depth;
    if (reader.at_symbol(')')) --depth;
    reader.next();
  }
  return false;
}

CopyStatement parse_copy(std::span<const Token> tokens) {
  Draft draft{.command = "COPY", .reader = TokenReader(tokens)};
  TokenReader& reader = draft.reader;
  reader.expect("COPY");
  QualifiedName table = reader.qualified_name();
  if (!table.schema.empty()) draft.statement.schema = std::move(table.schema);
  draft.statement.table = std::move(table.name);
  if (reader.at_symbol('(')) draft.statement.columns = reader.list();
  reader.expect("FROM");
  draft.statement.source = reader.string();
  read_options(draft, option_at);
  check_source(draft.statement.source);
  check_options(draft);
  draft.authorization.settle(draft.statement);
  return std::move(draft.statement);
}

}  // namespace penstock::endpoint
