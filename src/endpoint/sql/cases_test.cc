// The cases in cases/*.cases are the specification of recognise(): a title, a statement, what becomes of it.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <filesystem>

#include "endpoint/sql/sql_error.h"
#include "endpoint/sql/statement.h"
#include "endpoint/sql/testing/case_file.h"

namespace penstock::endpoint {
namespace {

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7F ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
  }
  return out;
}

// What differs from a COPY without options, a line each.
std::string shown(const CopyStatement& copy) {
  std::string out = fmt::format("copy {}{}\n", copy.schema ? shown(*copy.schema) + "." : "", shown(copy.table));
  const auto line = [&](std::string_view name, const std::string& value) {
    out += fmt::format("  {} {}\n", name, shown(value));
  };
  const auto text = [&](std::string_view name, const std::optional<std::string>& value) {
    if (value) line(name, *value);
  };
  const auto flag = [&](std::string_view name, bool value) {
    if (value) line(name, "yes");
  };
  const auto number = [&](std::string_view name, std::int64_t value) {
    if (value != 0) line(name, std::to_string(value));
  };
  static constexpr std::array<const char*, 7> kFormats{"delimited", "csv",     "fixed_width", "json",
                                                       "avro",      "parquet", "orc"};
  static constexpr std::array<const char*, 5> kEncodings{"utf8", "utf16", "utf16le", "utf16be", "iso88591"};
  static constexpr std::array<const char*, 5> kCodecs{"none", "gzip", "zstd", "bzip2", "lzop"};
  if (copy.columns) {
    std::string columns;
    for (const auto& column : *copy.columns) columns += (columns.empty() ? "" : ", ") + column;
    line("columns", columns);
  }
  line("from", copy.source);
  flag("manifest", copy.manifest);
  text("iam_role", copy.iam_role);
  if (!copy.access_key_id.empty()) line("access_key_id", copy.access_key_id);
  if (!copy.secret_access_key.empty()) line("secret_access_key", copy.secret_access_key.reveal());
  if (!copy.session_token.empty()) line("session_token", copy.session_token.reveal());
  text("region", copy.region);
  line("format", kFormats.at(static_cast<std::size_t>(copy.format)));
  if (copy.format == CopyFormat::json || copy.format == CopyFormat::avro) line("json_paths", copy.json_paths);
  if (copy.codec != CopyCodec::none) line("codec", kCodecs.at(static_cast<std::size_t>(copy.codec)));
  if (copy.encoding != CopyEncoding::utf8) line("encoding", kEncodings.at(static_cast<std::size_t>(copy.encoding)));
  text("delimiter", copy.delimiter);
  if (!copy.widths.empty()) line("widths", fmt::format("{}", fmt::join(copy.widths, ", ")));
  if (copy.quote != '"') line("quote", std::string(1, copy.quote));
  flag("escape", copy.escape);
  flag("remove_quotes", copy.remove_quotes);
  flag("fill_record", copy.fill_record);
  flag("ignore_blank_lines", copy.ignore_blank_lines);
  number("ignore_header", copy.ignore_header);
  text("null_as", copy.null_as);
  flag("empty_as_null", copy.empty_as_null);
  flag("blanks_as_null", copy.blanks_as_null);
  flag("trim_blanks", copy.trim_blanks);
  flag("truncate_columns", copy.truncate_columns);
  flag("round_decimals", copy.round_decimals);
  if (copy.accept_invalid_chars) line("accept_invalid_chars", std::string(1, *copy.accept_invalid_chars));
  flag("accept_any_date", copy.accept_any_date);
  text("date_format", copy.date_format);
  text("time_format", copy.time_format);
  flag("explicit_ids", copy.explicit_ids);
  number("max_error", copy.max_error);
  flag("ignore_all_errors", copy.ignore_all_errors);
  flag("no_load", copy.no_load);
  if (copy.update_statistics) line("update_statistics", *copy.update_statistics ? "yes" : "no");
  flag("serialize_to_json", copy.serialize_to_json);
  return out;
}

// Likewise of an UNLOAD.
std::string shown(const UnloadStatement& unload) {
  std::string out = fmt::format("unload {}\n", shown(unload.query));
  const auto line = [&](std::string_view name, const std::string& value) {
    out += fmt::format("  {} {}\n", name, shown(value));
  };
  const auto text = [&](std::string_view name, const std::optional<std::string>& value) {
    if (value) line(name, *value);
  };
  const auto flag = [&](std::string_view name, bool value) {
    if (value) line(name, "yes");
  };
  static constexpr std::array<const char*, 5> kFormats{"delimited", "fixed_width", "csv", "json", "parquet"};
  static constexpr std::array<const char*, 4> kCodecs{"none", "gzip", "zstd", "bzip2"};
  line("to", unload.target);
  text("iam_role", unload.iam_role);
  if (!unload.access_key_id.empty()) line("access_key_id", unload.access_key_id);
  if (!unload.secret_access_key.empty()) line("secret_access_key", unload.secret_access_key.reveal());
  if (!unload.session_token.empty()) line("session_token", unload.session_token.reveal());
  text("region", unload.region);
  line("format", kFormats.at(static_cast<std::size_t>(unload.format)));
  if (unload.codec != UnloadCodec::none) line("codec", kCodecs.at(static_cast<std::size_t>(unload.codec)));
  if (unload.encryption != UnloadEncryption::bucket) {
    line("encryption", unload.encryption == UnloadEncryption::s3_key ? "by S3's key" : "by " + unload.kms_key_id);
  }
  if (unload.delimiter) line("delimiter", std::string(1, *unload.delimiter));
  for (const auto& column : unload.fixed_width) line("width", fmt::format("{} {}", column.label, column.width));
  flag("header", unload.header);
  flag("add_quotes", unload.add_quotes);
  flag("escape", unload.escape);
  text("null_as", unload.null_as);
  for (const auto& column : unload.partition_by) line("partition_by", column);
  flag("partition_include", unload.partition_include);
  flag("manifest", unload.manifest);
  flag("manifest_verbose", unload.manifest_verbose);
  flag("allow_overwrite", unload.allow_overwrite);
  flag("clean_path", unload.clean_path);
  if (!unload.parallel) line("parallel", "no");
  if (unload.max_file_size != 0) line("max_file_size", std::to_string(unload.max_file_size));
  if (unload.row_group_size != 0) line("row_group_size", std::to_string(unload.row_group_size));
  text("extension", unload.extension);
  return out;
}

std::string shown(const Recognised& recognised, std::string_view statement) {
  static constexpr std::array<const char*, 3> kKinds{"query", "ddl", "utility"};
  static constexpr std::array<const char*, 4> kEffects{"", ", begins", ", commits", ", rolls back"};
  std::string out = fmt::format("{}{}{}: ", kKinds.at(static_cast<std::size_t>(recognised.kind)),
                                kEffects.at(static_cast<std::size_t>(recognised.effect)),
                                recognised.reads_history ? ", reads history" : "");
  out += std::visit(
      Overloaded{
          [](const PassThrough& pass) { return fmt::format("pass\n{}\n", pass.sql); },
          [](const Script& script) {
            std::string text =
                fmt::format("script {}{}{}\n", script.tag, script.outside_block ? ", outside a block" : "",
                            script.commits ? ", commits the client's transaction" : "");
            for (const auto& each : script.statements) text += each + ";\n";
            return text;
          },
          [](const RunCopy& run) { return shown(run.copy); }, [](const RunUnload& run) { return shown(run.unload); },
          [](const SetSession& set) { return fmt::format("session {} = '{}', {}\n", set.name, set.value, set.tag); }},
      recognised.action);
  if (!recognised.open_aliases.names.empty()) {
    out += fmt::format("may be aliases: {}, in {}\n", fmt::join(recognised.open_aliases.names, ", "),
                       recognised.open_aliases.query);
  }
  if (recognised.logged_text != statement) out += fmt::format("logged: {}\n", recognised.logged_text);
  return out;
}

// A statement may begin with a comment: "-- aliases: b c", those that are known to be no columns.
Aliases resolved_in(std::string_view statement) {
  constexpr std::string_view kMark = "-- aliases: ";
  Aliases out;
  if (!statement.starts_with(kMark)) return out;
  std::istringstream names(std::string(statement.substr(kMark.size(), statement.find('\n') - kMark.size())));
  for (std::string name; names >> name;) out.insert(name);
  return out;
}

std::string result_of(std::string_view statement) {
  try {
    return shown(recognise(statement, resolved_in(statement)), statement);
  } catch (const SqlError& error) {
    return fmt::format("error {}: {}\n", error.sqlstate, error.what());
  }
}

class Statements : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(Statements, BecomeWhatTheirCasesSay) {
  auto cases = testing::read_case_file(GetParam());
  EXPECT_FALSE(cases.empty());
  for (testing::CaseText& one : cases) {
    std::string statement = testing::text_of(one.input);
    while (statement.ends_with('\n')) statement.pop_back();
    const std::string result = result_of(statement);
    EXPECT_EQ(result, testing::text_of(one.outcome)) << one.title << ":\n" << statement;
    one.outcome = testing::lines_of(result);
  }
  testing::update_case_file(GetParam(), cases);
}

INSTANTIATE_TEST_SUITE_P(Cases, Statements, ::testing::ValuesIn(testing::case_files()),
                         [](const auto& info) { return info.param.stem().string(); });

}  // namespace
}  // namespace penstock::endpoint
