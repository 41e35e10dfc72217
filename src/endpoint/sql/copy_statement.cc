#include "endpoint/sql/copy_statement.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "endpoint/sql/sql_error.h"
#include "endpoint/sql/token_reader.h"

namespace penstock::endpoint {
namespace {

// A COPY in the making: the reader stands behind the option's name.
struct Draft {
  CopyStatement copy;
  TokenReader reader;
  AuthorizationClauses authorization{"COPY"};
  std::vector<std::string_view> seen{};  // names of the options given, in their order

  [[nodiscard]] bool has(std::string_view option) const { return std::ranges::find(seen, option) != seen.end(); }
};

SqlError wrong(const std::string& message) { return {"42601", message}; }

std::string text_argument(Draft& draft) {
  draft.reader.accept("AS");
  return draft.reader.string();
}

std::int64_t number_argument(Draft& draft) {
  draft.reader.accept("AS");
  return draft.reader.integer();
}

char one_ascii_character(std::string_view option, const std::string& value) {
  if (value.size() != 1 || static_cast<unsigned char>(value[0]) >= 0x80) {
    throw wrong(fmt::format("COPY {} must be a single ASCII character", option));
  }
  return value[0];
}

void parse_delimiter(Draft& draft) {
  draft.reader.accept("AS");
  std::string value = draft.reader.unescaped_string();
  if (value.empty()) throw wrong("COPY delimiter must not be empty");
  for (const char c : value) {
    if (static_cast<unsigned char>(c) >= 0x80) throw wrong("COPY delimiter must be made of ASCII characters");
    if (c == '\n' || c == '\r') throw wrong("COPY delimiter cannot be newline or carriage return");
  }
  draft.copy.delimiter = std::move(value);
}

void parse_null_as(Draft& draft) {
  draft.reader.accept("AS");
  const bool plain_backslash_n = draft.reader.peek().text == "'\\N'";  // meant as it stands, whatever escapes say
  std::string value = plain_backslash_n ? (draft.reader.next(), "\\N") : draft.reader.string();
  if (value == "\\0" || value == "\\000") value = std::string(1, '\0');
  if (value.find_first_of("\r\n") != std::string::npos) {
    throw wrong("COPY null representation cannot use newline or carriage return");
  }
  draft.copy.null_as = std::move(value);
}

void parse_accept_invalid_chars(Draft& draft) {
  const bool as = draft.reader.accept("AS");
  draft.copy.accept_invalid_chars = '?';
  if (!as && draft.reader.peek().kind != TokenKind::string) return;
  const char c = one_ascii_character("ACCEPTINVCHARS", draft.reader.string());
  if (c == '\0') throw wrong("COPY ACCEPTINVCHARS cannot be NUL");
  draft.copy.accept_invalid_chars = c;
}

void parse_max_error(Draft& draft) {
  draft.copy.max_error = number_argument(draft);
  if (draft.copy.max_error > 100000) throw wrong("MAXERROR must be a number from 0 to 100000");
}

void parse_encoding(Draft& draft) {
  draft.reader.accept("AS");
  static constexpr std::pair<std::string_view, CopyEncoding> kEncodings[] = {
      {"UTF8", CopyEncoding::utf8},       {"UTF16", CopyEncoding::utf16},       {"UTF16LE", CopyEncoding::utf16le},
      {"UTF16BE", CopyEncoding::utf16be}, {"ISO88591", CopyEncoding::iso88591},
  };
  for (const auto& [name, encoding] : kEncodings) {
    if (!draft.reader.accept(name)) continue;
    draft.copy.encoding = encoding;
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

void parse_comprows(Draft& draft) {
  const std::int64_t rows = draft.reader.integer();
  if (rows < 1000 || rows > 2147483647) throw wrong("COMPROWS must be a number from 1000 to 2147483647");
}

// JSON and AVRO: 'auto', 'auto ignorecase', or the paths of a file.
void parse_paths(Draft& draft, std::string_view format) {
  const bool as = draft.reader.accept("AS");
  if (!as && draft.reader.peek().kind != TokenKind::string) return;
  std::string paths = draft.reader.string();
  const bool whole = format == "JSON" && paths == "noshred";
  if (!whole && paths != "auto" && paths != "auto ignorecase" && !paths.starts_with("s3://")) {
    throw wrong(fmt::format("{} '{}': expected 'auto', 'auto ignorecase'{} or 's3://…' of a JSONPaths file", format,
                            paths, format == "JSON" ? ", 'noshred'" : ""));
  }
  draft.copy.json_paths = std::move(paths);
}

void parse_json(Draft& draft) {
  draft.copy.format = CopyFormat::json;
  parse_paths(draft, "JSON");
}

void parse_avro(Draft& draft) {
  draft.copy.format = CopyFormat::avro;
  parse_paths(draft, "AVRO");
}

// 'label:width,label:width': labels are for people, and may be anything.
void parse_fixed_width(Draft& draft) {
  draft.copy.format = CopyFormat::fixed_width;
  draft.reader.accept("AS");
  const std::string specification = draft.reader.unescaped_string();
  const auto malformed = [&] {
    return wrong(fmt::format("FIXEDWIDTH '{}': expected 'label:width,label:width,…'", specification));
  };
  std::string_view rest = specification;
  while (true) {
    const std::string_view column = rest.substr(0, rest.find(','));
    const auto colon = column.rfind(':');
    if (colon == std::string_view::npos) throw malformed();
    std::string_view digits = column.substr(colon + 1);
    while (digits.starts_with(' ')) digits.remove_prefix(1);
    while (digits.ends_with(' ')) digits.remove_suffix(1);
    std::int32_t width = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), width);
    if (error != std::errc() || end != digits.data() + digits.size() || width <= 0) throw malformed();
    draft.copy.widths.push_back(width);
    if (column.size() == rest.size()) return;
    rest.remove_prefix(column.size() + 1);
  }
}

template <auto member>
void set(Draft& draft) {
  draft.copy.*member = true;
}

template <auto read>
void authorize(Draft& draft) {
  (draft.authorization.*read)(draft.reader);
}

template <CopyFormat format>
void set_format(Draft& draft) {
  draft.copy.format = format;
}

template <CopyCodec codec>
void set_codec(Draft& draft) {
  draft.copy.codec = codec;
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
    {"REGION", [](Draft& draft) { draft.copy.region = text_argument(draft); }},
    // the source
    {"MANIFEST", set<&CopyStatement::manifest>, true},
    {"GZIP", set_codec<CopyCodec::gzip>},
    {"ZSTD", set_codec<CopyCodec::zstd>},
    {"BZIP2", set_codec<CopyCodec::bzip2>},
    {"LZOP", set_codec<CopyCodec::lzop>},
    {"SSH", nullptr, true},
    {"READRATIO", nullptr, true},
    {"ENCRYPTED", nullptr, true},
    {"MASTER_SYMMETRIC_KEY", nullptr, true},
    {"ENCODING", parse_encoding},
    // the format
    {"CSV", set_format<CopyFormat::csv>, true},
    {"JSON", parse_json, true},
    {"PARQUET", set_format<CopyFormat::parquet>, true},
    {"AVRO", parse_avro},
    {"ORC", set_format<CopyFormat::orc>, true},
    {"SHAPEFILE", nullptr, true},
    {"FIXEDWIDTH", parse_fixed_width, true},
    {"SERIALIZETOJSON", set<&CopyStatement::serialize_to_json>, true},
    {"DELIMITER", parse_delimiter},
    {"QUOTE", [](Draft& draft) { draft.copy.quote = one_ascii_character("quote", text_argument(draft)); }},
    {"ESCAPE", set<&CopyStatement::escape>},
    {"REMOVEQUOTES", set<&CopyStatement::remove_quotes>},
    {"IGNOREHEADER", [](Draft& draft) { draft.copy.ignore_header = number_argument(draft); }},
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
    {"DATEFORMAT", [](Draft& draft) { draft.copy.date_format = text_argument(draft); }},
    {"TIMEFORMAT", [](Draft& draft) { draft.copy.time_format = text_argument(draft); }},
    {"EXPLICIT_IDS", set<&CopyStatement::explicit_ids>, true},
    // the load
    {"MAXERROR", parse_max_error, true},
    {"IGNOREALLERRORS", set<&CopyStatement::ignore_all_errors>},
    {"NOLOAD", set<&CopyStatement::no_load>},
    {"COMPUPDATE", [](Draft& draft) { parse_switch(draft, {"PRESET", "ON", "TRUE", "OFF", "FALSE"}); }},
    {"COMPROWS", parse_comprows},
    {"STATUPDATE", [](Draft& draft) { parse_switch(draft, {"ON", "TRUE", "OFF", "FALSE"}); }, true},
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

void parse_options(Draft& draft) {
  while (!draft.reader.at_end()) {
    const Option& option = option_at(draft.reader);
    if (option.parse == nullptr) throw not_supported(fmt::format("COPY with {}", option.name));
    if (draft.has(option.name)) throw wrong(fmt::format("conflicting or redundant options: {}", option.name));
    draft.seen.push_back(option.name);
    option.parse(draft);
  }
}

// At most one of them.
void check_alternatives(const Draft& draft, std::span<const std::string_view> names) {
  std::string_view first;
  for (const std::string_view name : names) {
    if (!draft.has(name)) continue;
    if (!first.empty()) throw wrong(fmt::format("{} is not compatible with {}", first, name));
    first = name;
  }
}

void check_options(const Draft& draft) {
  check_alternatives(draft, kFormats);
  check_alternatives(draft, kCodecs);
  for (const auto& [option, other] : kIncompatible) {
    if (draft.has(option) && draft.has(other)) throw wrong(fmt::format("{} is not compatible with {}", option, other));
  }
  if (is_columnar(draft.copy.format)) {
    const std::string_view format = draft.has("ORC") ? "ORC" : "PARQUET";
    for (const std::string_view name : draft.seen) {
      const bool allowed = std::ranges::find(kOptions, name, &Option::name)->columnar;
      if (!allowed || (name == "MAXERROR" && draft.copy.max_error > 0)) {
        throw SqlError("0A000", fmt::format("{} argument is not supported for {} based COPY", name, format));
      }
    }
  }
  if (draft.has("FIXEDWIDTH") && draft.copy.encoding != CopyEncoding::utf8) {
    throw wrong("FIXEDWIDTH is not compatible with ENCODING other than UTF8");
  }
  if (draft.copy.serialize_to_json && !is_columnar(draft.copy.format)) {
    throw wrong("SERIALIZETOJSON is for PARQUET and ORC");
  }
  if (draft.has("QUOTE")) {
    if (!draft.has("CSV")) throw wrong("COPY quote available only in CSV mode");
    if (draft.copy.delimiter.value_or(",").find(draft.copy.quote) != std::string::npos) {
      throw wrong("COPY delimiter and quote must be different");
    }
  }
}

void check_source(const std::string& source) {
  for (const std::string_view other : {"dynamodb://", "emr://"}) {
    if (source.starts_with(other)) throw not_supported(fmt::format("COPY from {}", other));
  }
  if (!source.starts_with("s3://")) {
    throw wrong(fmt::format("COPY reads from 's3://bucket/prefix', not from '{}'", source));
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
  Draft draft{.copy = {}, .reader = TokenReader(tokens)};
  TokenReader& reader = draft.reader;
  reader.expect("COPY");
  QualifiedName table = reader.qualified_name();
  if (!table.schema.empty()) draft.copy.schema = std::move(table.schema);
  draft.copy.table = std::move(table.name);
  if (reader.at_symbol('(')) draft.copy.columns = reader.list();
  reader.expect("FROM");
  draft.copy.source = reader.string();
  parse_options(draft);
  check_source(draft.copy.source);
  check_options(draft);
  draft.authorization.settle(draft.copy);
  return std::move(draft.copy);
}

}  // namespace penstock::endpoint
