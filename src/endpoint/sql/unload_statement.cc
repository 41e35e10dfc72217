#include "endpoint/sql/unload_statement.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "endpoint/sql/sql_error.h"
#include "endpoint/sql/statement_options.h"
#include "endpoint/sql/token_reader.h"

namespace penstock::endpoint {
namespace {

constexpr std::uint64_t kMegabyte = 1 << 20;

using Draft = StatementDraft<UnloadStatement>;

void parse_delimiter(Draft& draft) {
  draft.reader.accept("AS");
  const std::string value = draft.reader.unescaped_string();
  if (value.size() != 1 || static_cast<unsigned char>(value[0]) >= 0x80 || value[0] == '\0') {
    throw wrong_option("UNLOAD delimiter must be a single ASCII character");
  }
  if (value[0] == '\n' || value[0] == '\r') throw wrong_option("UNLOAD delimiter cannot be newline or carriage return");
  draft.statement.delimiter = value[0];
}

void parse_null_as(Draft& draft) { draft.statement.null_as = null_argument(draft.reader, draft.command); }

void parse_fixed_width(Draft& draft) {
  draft.statement.format = UnloadFormat::fixed_width;
  draft.statement.fixed_width = fixed_width_argument(draft.reader);
}

void parse_manifest(Draft& draft) {
  draft.statement.manifest = true;
  draft.statement.manifest_verbose = draft.reader.accept("VERBOSE");
}

// AUTO: by the bucket's default key, which S3 takes when nothing is said.
void parse_encrypted(Draft& draft) {
  if (draft.reader.accept("AUTO")) {
    draft.seen.emplace_back("ENCRYPTED AUTO");
  } else {
    draft.statement.encryption = UnloadEncryption::s3_key;
  }
}

void parse_partition_by(Draft& draft) {
  draft.statement.partition_by = draft.reader.list();
  draft.statement.partition_include = draft.reader.accept("INCLUDE");
  auto sorted = draft.statement.partition_by;
  std::ranges::sort(sorted);
  if (const auto twice = std::ranges::adjacent_find(sorted); twice != sorted.end()) {
    throw wrong_option(fmt::format("PARTITION BY names the column \"{}\" twice", *twice));
  }
}

void parse_parallel(Draft& draft) {
  if (draft.reader.accept("OFF") || draft.reader.accept("FALSE")) {
    draft.statement.parallel = false;
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
  if (!(megabytes >= least && megabytes <= most)) throw wrong_option(fmt::format("{} must be {}", option, allowed));
  return static_cast<std::uint64_t>(megabytes * static_cast<double>(kMegabyte));
}

void parse_max_file_size(Draft& draft) {
  draft.statement.max_file_size = size_argument(draft, "MAXFILESIZE", 5, 6.2 * 1024, "from 5 MB to 6.2 GB");
}

void parse_row_group_size(Draft& draft) {
  draft.statement.row_group_size = size_argument(draft, "ROWGROUPSIZE", 32, 128, "from 32 MB to 128 MB");
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
    {"REGION", set_text<&UnloadStatement::region>},
    // the format
    {"CSV", choose<&UnloadStatement::format, UnloadFormat::csv>},
    {"JSON", choose<&UnloadStatement::format, UnloadFormat::json>},
    {"PARQUET", choose<&UnloadStatement::format, UnloadFormat::parquet>},
    {"FIXEDWIDTH", parse_fixed_width},
    {"DELIMITER", parse_delimiter},
    {"HEADER", set<&UnloadStatement::header>},
    {"ADDQUOTES", set<&UnloadStatement::add_quotes>},
    {"ESCAPE", set<&UnloadStatement::escape>},
    {"NULL", parse_null_as},
    {"ROWGROUPSIZE", parse_row_group_size},
    // compression and encryption
    {"GZIP", choose<&UnloadStatement::codec, UnloadCodec::gzip>},
    {"ZSTD", choose<&UnloadStatement::codec, UnloadCodec::zstd>},
    {"BZIP2", choose<&UnloadStatement::codec, UnloadCodec::bzip2>},
    {"ENCRYPTED", parse_encrypted},
    {"KMS_KEY_ID", set_text<&UnloadStatement::kms_key_id>},
    {"MASTER_SYMMETRIC_KEY", nullptr},
    // the objects
    {"PARTITION BY", parse_partition_by},
    {"MANIFEST", parse_manifest},
    {"ALLOWOVERWRITE", set<&UnloadStatement::allow_overwrite>},
    {"CLEANPATH", set<&UnloadStatement::clean_path>},
    {"PARALLEL", parse_parallel},
    {"MAXFILESIZE", parse_max_file_size},
    {"EXTENSION", [](Draft& draft) { draft.statement.extension = draft.reader.string(); }},
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
    {"FIXEDWIDTH", "ADDQUOTES"},
    {"FIXEDWIDTH", "ESCAPE"},
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

void check_options(const Draft& draft) {
  check_pairs(draft, kIncompatible);
  if (draft.has("ROWGROUPSIZE") && !draft.has("PARQUET")) {
    throw wrong_option("ROWGROUPSIZE is available only with PARQUET");
  }
  if (draft.has("KMS_KEY_ID") && !draft.has("ENCRYPTED")) throw wrong_option("KMS_KEY_ID requires ENCRYPTED");
  if (draft.has("KMS_KEY_ID") && draft.statement.kms_key_id.empty()) throw wrong_option("KMS_KEY_ID must not be empty");
  if (draft.statement.format == UnloadFormat::csv && draft.statement.delimiter == '"') {
    throw wrong_option("UNLOAD delimiter and quote must be different");
  }
}

}  // namespace

UnloadStatement parse_unload(std::span<const Token> tokens) {
  Draft draft{.command = "UNLOAD", .reader = TokenReader(tokens)};
  TokenReader& reader = draft.reader;
  reader.expect("UNLOAD");
  reader.expect_symbol('(');
  draft.statement.query = reader.string();
  reader.expect_symbol(')');
  reader.expect("TO");
  draft.statement.target = reader.string();
  read_options(draft, option_at);
  if (!draft.statement.target.starts_with("s3://")) {
    throw wrong_option(fmt::format("UNLOAD writes to 's3://bucket/name-prefix', not to '{}'", draft.statement.target));
  }
  check_options(draft);
  if (draft.has("KMS_KEY_ID")) draft.statement.encryption = UnloadEncryption::kms_key;
  draft.authorization.settle(draft.statement);
  return std::move(draft.statement);
}

}  // namespace penstock::endpoint
