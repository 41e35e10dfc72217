#include "endpoint/sql/unload_statement.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "endpoint/sql/sql_error.h"
#include "endpoint/sql/token_reader.h"

namespace penstock::endpoint {
namespace {

constexpr std::uint64_t kMegabyte = 1 << 20;

// An UNLOAD in the making: the reader stands behind the option's name.
struct Draft {
  UnloadStatement unload;
  TokenReader reader;
  AuthorizationClauses authorization{"UNLOAD"};
  std::vector<std::string_view> seen{};  // names of the options given, in their order

  [[nodiscard]] bool has(std::string_view option) const { return std::ranges::find(seen, option) != seen.end(); }
};

SqlError wrong(const std::string& message) { return {"42601", message}; }

std::string text_argument(Draft& draft) {
  draft.reader.accept("AS");
  return draft.reader.string();
}

void parse_delimiter(Draft& draft) {
  draft.reader.accept("AS");
  const std::string value = draft.reader.unescaped_string();
  if (value.size() != 1 || static_cast<unsigned char>(value[0]) >= 0x80 || value[0] == '\0') {
    throw wrong("UNLOAD delimiter must be a single ASCII character");
  }
  if (value[0] == '\n' || value[0] == '\r') throw wrong("UNLOAD delimiter cannot be newline or carriage return");
  draft.unload.delimiter = value[0];
}

void parse_null_as(Draft& draft) {
  draft.reader.accept("AS");
  const bool plain_backslash_n = draft.reader.peek().text == "'\\N'";  // meant as it stands, whatever escapes say
  std::string value = plain_backslash_n ? (draft.reader.next(), "\\N") : draft.reader.string();
  if (value.find_first_of("\r\n") != std::string::npos) {
    throw wrong("UNLOAD null representation cannot use newline or carriage return");
  }
  draft.unload.null_as = std::move(value);
}

// 'label:width,label:width'
void parse_fixed_width(Draft& draft) {
  const std::string spec = text_argument(draft);
  draft.unload.format = UnloadFormat::fixed_width;
  std::string_view rest = spec;
  for (bool more = true; more;) {
    const auto end = rest.find(',');
    const std::string_view one = rest.substr(0, end);
    const auto colon = one.rfind(':');
    FixedWidthColumn column;
    const std::string_view width = colon == std::string_view::npos ? std::string_view() : one.substr(colon + 1);
    const auto [last, error] = std::from_chars(width.data(), width.data() + width.size(), column.width);
    if (width.empty() || error != std::errc() || last != width.data() + width.size() || column.width < 1) {
      throw wrong(fmt::format("FIXEDWIDTH '{}': expected 'label:width,…', each width 1 or more", spec));
    }
    column.label = one.substr(0, colon);
    draft.unload.fixed_width.push_back(std::move(column));
    more = end != std::string_view::npos;
    if (more) rest.remove_prefix(end + 1);
  }
}

void parse_manifest(Draft& draft) {
  draft.unload.manifest = true;
  draft.unload.manifest_verbose = draft.reader.accept("VERBOSE");
}

// AUTO: by the bucket's default key, which S3 takes when nothing is said.
void parse_encrypted(Draft& draft) {
  if (draft.reader.accept("AUTO")) {
    draft.seen.push_back("ENCRYPTED AUTO");
  } else {
    draft.unload.encryption = UnloadEncryption::s3_key;
  }
}

void parse_partition_by(Draft& draft) {
  draft.unload.partition_by = draft.reader.list();
  draft.unload.partition_include = draft.reader.accept("INCLUDE");
  auto sorted = draft.unload.partition_by;
  std::ranges::sort(sorted);
  if (const auto twice = std::ranges::adjacent_find(sorted); twice != sorted.end()) {
    throw wrong(fmt::format("PARTITION BY names the column \"{}\" twice", *twice));
  }
}

void parse_parallel(Draft& draft) {
  if (draft.reader.accept("OFF") || draft.reader.accept("FALSE")) {
    draft.unload.parallel = false;
  } else if (!draft.reader.accept("ON")) {
    draft.reader.accept("TRUE");
  }
}

// n [MB|GB]
std::uint64_t size_argument(Draft& draft, std::string_view option, double least, double most,
                            std::string_view allowed) {
  draft.reader.accept("AS");
  const std::string_view text = draft.reader.peek().text;
  double size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (draft.reader.peek().kind != TokenKind::number || error != std::errc() || end != text.data() + text.size()) {
    throw draft.reader.syntax_error();
  }
  draft.reader.next();
  double unit = 1;
  if (draft.reader.accept("GB")) {
    unit = 1024;
  } else {
    draft.reader.accept("MB");
  }
  const double megabytes = size * unit;
  if (!(megabytes >= least && megabytes <= most)) throw wrong(fmt::format("{} must be {}", option, allowed));
  return static_cast<std::uint64_t>(megabytes * static_cast<double>(kMegabyte));
}

void parse_max_file_size(Draft& draft) {
  draft.unload.max_file_size = size_argument(draft, "MAXFILESIZE", 5, 6.2 * 1024, "from 5 MB to 6.2 GB");
}

void parse_row_group_size(Draft& draft) {
  draft.unload.row_group_size = size_argument(draft, "ROWGROUPSIZE", 32, 128, "from 32 MB to 128 MB");
}

template <auto member>
void set(Draft& draft) {
  draft.unload.*member = true;
}

template <auto read>
void authorize(Draft& draft) {
  (draft.authorization.*read)(draft.reader);
}

template <UnloadFormat format>
void set_format(Draft& draft) {
  draft.unload.format = format;
}

template <UnloadCodec codec>
void set_codec(Draft& draft) {
  draft.unload.codec = codec;
}

struct Option {
  std::string_view name;
  void (*parse)(Draft&);  // nullptr: known, and not carried out here
};

// Every word that may follow the target; a new option is a line here.
constexpr auto kOptions = std::to_array<Option>({
    // authorization
    {"IAM_ROLE", authorize<&AuthorizationClauses::read_iam_role>},
    {"CREDENTIALS", authorize<&AuthorizationClauses::read_credentials>},
    {"ACCESS_KEY_ID", authorize<&AuthorizationClauses::read_access_key_id>},
    {"SECRET_ACCESS_KEY", authorize<&AuthorizationClauses::read_secret_access_key>},
    {"SESSION_TOKEN", authorize<&AuthorizationClauses::read_session_token>},
    {"REGION", [](Draft& draft) { draft.unload.region = text_argument(draft); }},
    // the format
    {"CSV", set_format<UnloadFormat::csv>},
    {"JSON", set_format<UnloadFormat::json>},
    {"PARQUET", set_format<UnloadFormat::parquet>},
    {"FIXEDWIDTH", parse_fixed_width},
    {"DELIMITER", parse_delimiter},
    {"HEADER", set<&UnloadStatement::header>},
    {"ADDQUOTES", set<&UnloadStatement::add_quotes>},
    {"ESCAPE", set<&UnloadStatement::escape>},
    {"NULL", parse_null_as},
    {"ROWGROUPSIZE", parse_row_group_size},
    // compression and encryption
    {"GZIP", set_codec<UnloadCodec::gzip>},
    {"ZSTD", set_codec<UnloadCodec::zstd>},
    {"BZIP2", set_codec<UnloadCodec::bzip2>},
    {"ENCRYPTED", parse_encrypted},
    {"KMS_KEY_ID", [](Draft& draft) { draft.unload.kms_key_id = text_argument(draft); }},
    {"MASTER_SYMMETRIC_KEY", nullptr},
    // the objects
    {"PARTITION BY", parse_partition_by},
    {"MANIFEST", parse_manifest},
    {"ALLOWOVERWRITE", set<&UnloadStatement::allow_overwrite>},
    {"CLEANPATH", set<&UnloadStatement::clean_path>},
    {"PARALLEL", parse_parallel},
    {"MAXFILESIZE", parse_max_file_size},
    {"EXTENSION", [](Draft& draft) { draft.unload.extension = draft.reader.string(); }},
});

constexpr auto kFormats = std::to_array<std::string_view>({"CSV", "JSON", "PARQUET"});

// What may not stand together, in the words of the error: CSV is not compatible with ESCAPE.
constexpr auto kIncompatible = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"CSV", "JSON"},
    {"CSV", "PARQUET"},
    {"CSV", "ESCAPE"},
    {"CSV", "FIXEDWIDTH"},
    {"CSV", "ADDQUOTES"},
    {"JSON", "PARQUET"},
    {"JSON", "DELIMITER"},
    {"JSON", "HEADER"},
    {"JSON", "FIXEDWIDTH"},
    {"JSON", "ADDQUOTES"},
    {"JSON", "ESCAPE"},
    {"JSON", "NULL"},
    {"PARQUET", "DELIMITER"},
    {"PARQUET", "FIXEDWIDTH"},
    {"PARQUET", "ADDQUOTES"},
    {"PARQUET", "ESCAPE"},
    {"PARQUET", "NULL"},
    {"PARQUET", "HEADER"},
    {"PARQUET", "GZIP"},
    {"PARQUET", "BZIP2"},
    {"PARQUET", "ZSTD"},
    {"FIXEDWIDTH", "HEADER"},
    {"FIXEDWIDTH", "DELIMITER"},
    {"GZIP", "ZSTD"},
    {"GZIP", "BZIP2"},
    {"ZSTD", "BZIP2"},
    {"ALLOWOVERWRITE", "CLEANPATH"},
    {"KMS_KEY_ID", "CREDENTIALS"},
    {"KMS_KEY_ID", "ENCRYPTED AUTO"},
});

const Option& option_at(TokenReader& reader) {
  const auto named = [](std::string_view name) -> const Option& {
    return *std::ranges::find(kOptions, name, &Option::name);
  };
  if (reader.accept("TOKEN")) return named("SESSION_TOKEN");
  if (reader.accept_all({"PARTITION", "BY"})) return named("PARTITION BY");
  if (reader.accept("WITH") && !is_keyword(reader.peek(), "CREDENTIALS")) throw reader.syntax_error();
  const bool format = reader.accept("FORMAT");
  if (format) reader.accept("AS");
  const auto* found =
      std::ranges::find_if(kOptions, [&](const Option& option) { return is_keyword(reader.peek(), option.name); });
  if (found == kOptions.end()) throw reader.syntax_error();
  if (format && std::ranges::find(kFormats, found->name) == kFormats.end()) throw reader.syntax_error();
  reader.next();
  return *found;
}

void parse_options(Draft& draft) {
  while (!draft.reader.at_end()) {
    const Option& option = option_at(draft.reader);
    if (option.parse == nullptr) throw not_supported(fmt::format("UNLOAD with {}", option.name));
    if (draft.has(option.name)) throw wrong(fmt::format("conflicting or redundant options: {}", option.name));
    draft.seen.push_back(option.name);
    option.parse(draft);
  }
}

void check_options(const Draft& draft) {
  for (const auto& [option, other] : kIncompatible) {
    if (draft.has(option) && draft.has(other)) throw wrong(fmt::format("{} is not compatible with {}", option, other));
  }
  if (draft.has("ROWGROUPSIZE") && !draft.has("PARQUET")) throw wrong("ROWGROUPSIZE is available only with PARQUET");
  if (draft.has("KMS_KEY_ID") && !draft.has("ENCRYPTED")) throw wrong("KMS_KEY_ID requires ENCRYPTED");
  if (draft.has("KMS_KEY_ID") && draft.unload.kms_key_id.empty()) throw wrong("KMS_KEY_ID must not be empty");
  if (draft.unload.format == UnloadFormat::csv && draft.unload.delimiter == '"') {
    throw wrong("UNLOAD delimiter and quote must be different");
  }
}

}  // namespace

UnloadStatement parse_unload(std::span<const Token> tokens) {
  Draft draft{.unload = {}, .reader = TokenReader(tokens)};
  TokenReader& reader = draft.reader;
  reader.expect("UNLOAD");
  reader.expect_symbol('(');
  draft.unload.query = reader.string();
  reader.expect_symbol(')');
  reader.expect("TO");
  draft.unload.target = reader.string();
  parse_options(draft);
  if (!draft.unload.target.starts_with("s3://")) {
    throw wrong(fmt::format("UNLOAD writes to 's3://bucket/name-prefix', not to '{}'", draft.unload.target));
  }
  check_options(draft);
  if (draft.has("KMS_KEY_ID")) draft.unload.encryption = UnloadEncryption::kms_key;
  draft.authorization.settle(draft.unload);
  return std::move(draft.unload);
}

}  // namespace penstock::endpoint
