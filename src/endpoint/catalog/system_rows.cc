#include "endpoint/catalog/system_rows.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/text.h"
#include "endpoint/sql/lexer.h"

namespace penstock::endpoint {
namespace {

using Json = nlohmann::ordered_json;
using Time = std::chrono::system_clock::time_point;

constexpr std::string_view kConflict = "1023";

std::string utc(Time time) {
  const auto micros = std::chrono::floor<std::chrono::microseconds>(time);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(micros);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:06}", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     (micros - seconds).count());
}

std::int64_t micros_between(Time from, Time to) {
  return std::chrono::duration_cast<std::chrono::microseconds>(to - from).count();
}

// Columns that Redshift documents as integer.
int as_int(std::uint64_t value) {
  return static_cast<int>(std::min<std::uint64_t>(value, std::numeric_limits<int>::max()));
}

// Of SYS_QUERY_HISTORY.
std::string query_type(const StatementRecord& statement) {
  if (statement.kind == Recognised::Kind::utility) return "UTILITY";
  if (statement.kind == Recognised::Kind::ddl) return "DDL";
  const auto tokens = lex(statement.text);
  for (const std::string_view word : {"SELECT", "INSERT", "UPDATE", "UNLOAD", "COPY"}) {
    if (is_keyword(tokens[0], word)) return std::string(word);
  }
  if (is_keyword(tokens[0], "WITH") || is_keyword(tokens[0], "VALUES")) return "SELECT";
  if (is_keyword(tokens[0], "CREATE")) return "CTAS";
  return "OTHER";
}

std::string file_format(CopyFormat format) {  // of SYS_LOAD_HISTORY
  switch (format) {
    case CopyFormat::csv:
      return "csv";
    case CopyFormat::json:
      return "json";
    case CopyFormat::parquet:
      return "parquet";
    case CopyFormat::orc:
      return "orc";
    case CopyFormat::avro:
      return "avro";
    case CopyFormat::fixed_width:
    case CopyFormat::delimited:
      break;
  }
  return "txt";
}

std::string file_format_name(CopyFormat format) {  // of STL_LOAD_COMMITS
  switch (format) {
    case CopyFormat::json:
      return "JSON";
    case CopyFormat::parquet:
      return "Parquet";
    case CopyFormat::orc:
      return "ORC";
    case CopyFormat::avro:
      return "Avro";
    case CopyFormat::csv:
    case CopyFormat::fixed_width:
    case CopyFormat::delimited:
      break;
  }
  return "Text";
}

std::string file_format(UnloadFormat format) {  // of STL_UNLOAD_LOG and SYS_UNLOAD_HISTORY
  switch (format) {
    case UnloadFormat::csv:
      return "CSV";
    case UnloadFormat::json:
      return "JSON";
    case UnloadFormat::parquet:
      return "Parquet";
    case UnloadFormat::delimited:
    case UnloadFormat::fixed_width:
      break;
  }
  return "Text";
}

std::string compression_type(UnloadCodec codec) {  // of SYS_UNLOAD_HISTORY
  switch (codec) {
    case UnloadCodec::gzip:
      return "gzip";
    case UnloadCodec::zstd:
      return "zstd";
    case UnloadCodec::bzip2:
      return "bzip2";
    case UnloadCodec::none:
      break;
  }
  return "none";
}

void add_text_rows(std::vector<SystemRow>& rows, const StatementRecord& statement, std::int64_t user) {
  const bool query = statement.kind == Recognised::Kind::query;
  int sequence = 0;
  for (const std::string& piece : text_pieces(statement.text, 200)) {
    Json row{{"userid", user}, {"xid", statement.transaction}, {"pid", statement.session}};
    if (query) {
      row["query"] = statement.query;
      row["user_query_id"] = statement.query;
      row["child_query_sequence"] = 1;
    } else {
      row["label"] = statement.label;
      row["starttime"] = utc(statement.started);
      row["endtime"] = utc(statement.finished);
    }
    row["sequence"] = sequence++;
    row["text"] = piece;
    const std::string_view table = query                                     ? "stl_querytext"
                                   : statement.kind == Recognised::Kind::ddl ? "stl_ddltext"
                                                                             : "stl_utilitytext";
    rows.push_back({.table = std::string(table), .row = std::move(row)});
  }
}

// The line of an error's block: "  code:      8001".
std::string_view of_block(std::string_view block, std::string_view name) {
  const auto at = block.find(fmt::format("\n  {}:", name));
  if (at == std::string_view::npos) return {};
  std::string_view line = block.substr(at + 1);
  line = line.substr(0, line.find('\n'));
  line.remove_prefix(line.find(':') + 1);
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return line;
}

// An error of the engine: one that comes with a block.
void add_engine_error(std::vector<SystemRow>& rows, const StatementRecord& statement, std::int64_t user) {
  const std::string_view code = of_block(statement.error_detail, "code");
  if (code.empty()) return;
  rows.push_back({.table = "stl_error",
                  .row = {{"userid", user},
                          {"process", "padbmaster"},
                          {"recordtime", utc(statement.finished)},
                          {"pid", statement.session},
                          {"errcode", std::atoi(std::string(code).c_str())},
                          {"file", of_block(statement.error_detail, "location")},
                          {"linenum", 0},
                          {"context", of_block(statement.error_detail, "context")},
                          {"error", statement.error}}});
}

struct Place {
  std::string_view bucket, key;
};

Place place_of(std::string_view uri) {
  constexpr std::string_view kScheme = "s3://";
  if (uri.starts_with(kScheme)) uri.remove_prefix(kScheme.size());
  const auto slash = std::min(uri.find('/'), uri.size());
  return {.bucket = uri.substr(0, slash), .key = uri.substr(std::min(slash + 1, uri.size()))};
}

void add_refused_request(std::vector<SystemRow>& rows, const StatementRecord& statement, std::int64_t user) {
  if (!statement.refused) return;
  const Place place = place_of(statement.refused->uri);
  rows.push_back({.table = "stl_s3client_error",
                  .row = {{"userid", user},
                          {"query", statement.query},
                          {"sliceid", 0},
                          {"recordtime", utc(statement.finished)},
                          {"pid", statement.session},
                          {"http_method", statement.refused->method},
                          {"bucket", place.bucket},
                          {"key", place.key},
                          {"error", statement.refused->words},
                          {"is_partial", 0},
                          {"start_offset", 0}}});
}

void add_detail_rows(std::vector<SystemRow>& rows, const StatementRecord& statement, std::int64_t user,
                     const CopyError& error) {
  int field = 1;
  for (const CopyField& value : error.fields) {
    rows.push_back({.table = "stl_loaderror_detail",
                    .row = {{"userid", user},
                            {"slice", 0},
                            {"session", statement.session},
                            {"query", statement.query},
                            {"filename", error.object},
                            {"line_number", error.line},
                            {"field", field++},
                            {"colname", value.column},
                            {"value", value.value},
                            {"is_null", value.null ? 1 : 0},
                            {"type", value.type},
                            {"col_length", value.column_length}}});
  }
}

Json replacement_row(const StatementRecord& statement, std::int64_t user, const TargetTable& target,
                     const CopyReplacement& replacement) {
  return {{"userid", user},
          {"query", statement.query},
          {"slice", 0},
          {"tbl", target.oid},
          {"starttime", utc(replacement.at)},
          {"session", statement.session},
          {"filename", replacement.object},
          {"line_number", replacement.line},
          {"colname", replacement.column},
          {"raw_line", replacement.raw_line},
          {"user_query_id", statement.query}};
}

Json error_row(const StatementRecord& statement, std::int64_t user, const TargetTable& target, const CopyError& error) {
  return {{"userid", user},
          {"slice", 0},
          {"tbl", target.oid},
          {"starttime", utc(error.at)},
          {"session", statement.session},
          {"query", statement.query},
          {"filename", error.object},
          {"line_number", error.line},
          {"colname", error.column},
          {"type", error.type},
          {"col_length", error.column_length},
          {"position", error.position},
          {"raw_line", error.raw_line},
          {"raw_field_value", error.raw_field_value},
          {"err_code", error.code},
          {"err_reason", error.reason},
          {"is_partial", 0},
          {"start_offset", 0},
          {"copy_job_id", 0}};
}

Json error_detail_row(const StatementRecord& statement, std::int64_t user, const TargetTable& target,
                      const CopyError& error) {
  return {{"user_id", user},
          {"query_id", statement.query},
          {"transaction_id", statement.transaction},
          {"session_id", statement.session},
          {"database_name", statement.database},
          {"table_id", target.oid},
          {"start_time", utc(error.at)},
          {"file_name", error.object},
          {"line_number", error.line},
          {"column_name", error.column},
          {"column_type", error.type},
          {"column_length", error.column_length},
          {"position", error.position},
          {"error_code", error.code},
          {"error_message", error.reason}};
}

std::int64_t micros_since_2000(Time time) {
  using std::chrono::sys_days;
  using namespace std::chrono_literals;
  return micros_between(sys_days(2000y / 1 / 1), time);
}

// The request that fetched it.
Json request_row(const StatementRecord& statement, std::int64_t user, const CopyObject& object) {
  const Place place = place_of(object.object);
  return {{"userid", user},
          {"query", statement.query},
          {"slice", 0},
          {"recordtime", utc(object.finished)},
          {"pid", statement.session},
          {"http_method", "GET"},
          {"bucket", place.bucket},
          {"key", place.key},
          {"transfer_size", object.size},
          {"data_size", object.size},
          {"start_time", micros_since_2000(object.started)},
          {"end_time", micros_since_2000(object.finished)},
          {"transfer_time", micros_between(object.started, object.finished)},
          {"is_partial", 0},
          {"start_offset", 0}};
}

void add_object_rows(std::vector<SystemRow>& rows, const StatementRecord& statement, std::int64_t user,
                     const CopyStatement& copy, const CopyObject& object) {
  rows.push_back({.table = "stl_load_commits",
                  .row = {{"userid", user},
                          {"query", statement.query},
                          {"slice", 0},
                          {"name", object.object},
                          {"filename", object.object},
                          {"byte_offset", 0},
                          {"lines_scanned", as_int(object.lines)},
                          {"errors", as_int(object.errors)},
                          {"curtime", utc(object.finished)},
                          {"status", 1},
                          {"file_format", file_format_name(copy.format)},
                          {"is_partial", 0},
                          {"start_offset", 0},
                          {"copy_job_id", 0}}});
  rows.push_back({.table = "stl_file_scan",
                  .row = {{"userid", user},
                          {"query", statement.query},
                          {"slice", 0},
                          {"name", object.object},
                          {"lines", object.lines},
                          {"bytes", object.size},
                          {"loadtime", micros_between(object.started, object.finished)},
                          {"curtime", utc(object.finished)},
                          {"is_partial", 0},
                          {"start_offset", 0}}});
  rows.push_back({.table = "sys_load_detail",
                  .row = {{"user_id", user},
                          {"query_id", statement.query},
                          {"file_name", object.object},
                          {"bytes_scanned", as_int(object.size)},
                          {"lines_scanned", as_int(object.lines)},
                          {"record_time", utc(object.finished)},
                          {"splits_scanned", 1},
                          {"start_time", utc(object.started)},
                          {"end_time", utc(object.finished)},
                          {"file_etag", object.etag},
                          {"file_last_modified", utc(object.last_modified)}}});
  rows.push_back({.table = "stl_s3client", .row = request_row(statement, user, object)});
}

Json load_row(const StatementRecord& statement, std::int64_t user, const CopyStatement& copy, const TargetTable& target,
              const CopyReport& report) {
  const bool aborted = statement.aborted || report.failed;
  const auto bytes = std::accumulate(report.objects.begin(), report.objects.end(), std::uint64_t{0},
                                     [](std::uint64_t sum, const CopyObject& object) { return sum + object.size; });
  return {{"user_id", user},
          {"query_id", statement.query},
          {"transaction_id", statement.transaction},
          {"session_id", statement.session},
          {"database_name", statement.database},
          {"status", aborted ? "aborted" : "completed"},
          {"table_name", target.name.empty() ? copy.table : target.name},
          {"start_time", utc(statement.started)},
          {"end_time", utc(statement.finished)},
          {"duration", micros_between(statement.started, statement.finished)},
          {"data_source", copy.source},
          {"file_format", file_format(copy.format)},
          {"loaded_rows", aborted ? 0 : report.loaded_rows},
          {"loaded_bytes", aborted ? 0 : bytes},
          {"source_file_count", report.objects.size()},
          {"source_file_bytes", bytes},
          {"file_count_scanned", report.objects.size()},
          {"file_bytes_scanned", bytes},
          {"error_count", report.errors.size()},
          {"copy_job_id", 0}};
}

}  // namespace

std::vector<SystemRow> unload_rows(const StatementRecord& statement, std::int64_t user, const UnloadStatement& unload,
                                   const UnloadReport& report) {
  const std::string format = file_format(unload.format);
  const auto add_size = [](std::uint64_t sum, const UnloadedFile& file) { return sum + file.size; };
  const auto size = std::accumulate(report.files.begin(), report.files.end(), std::uint64_t{0}, add_size);
  std::vector<SystemRow> rows;
  rows.push_back({.table = "sys_unload_history",
                  .row = {{"user_id", user},
                          {"query_id", statement.query},
                          {"transaction_id", statement.transaction},
                          {"session_id", statement.session},
                          {"database_name", statement.database},
                          {"status", statement.aborted ? "aborted" : "completed"},
                          {"start_time", utc(statement.started)},
                          {"end_time", utc(statement.finished)},
                          {"duration", micros_between(statement.started, statement.finished)},
                          {"file_format", format},
                          {"compression_type", compression_type(unload.codec)},
                          {"unloaded_location", unload.target},
                          {"unloaded_rows", statement.aborted ? 0 : report.rows},
                          {"unloaded_files_count", report.files.size()},
                          {"unloaded_files_size", size},
                          {"error_message", statement.error}}});
  for (const UnloadedFile& file : report.files) {
    rows.push_back({.table = "stl_unload_log",
                    .row = {{"userid", user},
                            {"query", statement.query},
                            {"slice", file.slice},
                            {"pid", statement.session},
                            {"path", file.object},
                            {"start_time", utc(file.started)},
                            {"end_time", utc(file.finished)},
                            {"line_count", file.rows},
                            {"transfer_size", file.size},
                            {"file_format", format},
                            {"user_query_id", statement.query},
                            {"transaction_id", statement.transaction}}});
    rows.push_back({.table = "sys_unload_detail",
                    .row = {{"user_id", user},
                            {"query_id", statement.query},
                            {"session_id", statement.session},
                            {"transaction_id", statement.transaction},
                            {"file_name", file.object},
                            {"start_time", utc(file.started)},
                            {"end_time", utc(file.finished)},
                            {"line_count", file.rows},
                            {"transfer_size", file.size},
                            {"file_format", format}}});
  }
  return rows;
}

std::span<const std::string_view> activity_tables() {
  static constexpr auto kTables =
      std::to_array<std::string_view>({"stv_inflight", "stv_recents", "stv_load_state", "now_transactions"});
  return kTables;
}

std::vector<SystemRow> activity_rows(const SessionNow& session, std::int64_t user) {
  std::vector<SystemRow> rows;
  const StatementRecord& statement = session.statement;
  const auto pieces = text_pieces(statement.text, 600);
  const std::string text = pieces.empty() ? std::string() : pieces[0];
  if (session.in_transaction) {
    rows.push_back({.table = "now_transactions",
                    .row = {{"pid", statement.session},
                            {"xid", statement.transaction},
                            {"started", utc(statement.transaction_started)}}});
  }
  if (session.runs) {
    rows.push_back({.table = "stv_recents",
                    .row = {{"userid", user},
                            {"status", "Running"},
                            {"starttime", utc(statement.started)},
                            {"user_name", statement.user},
                            {"db_name", statement.database},
                            {"query", text},
                            {"pid", statement.session}}});
  }
  if (session.runs && statement.kind == Recognised::Kind::query) {
    rows.push_back({.table = "stv_inflight",
                    .row = {{"userid", user},
                            {"slice", 0},
                            {"query", statement.query},
                            {"label", statement.label == "default" ? "" : statement.label},
                            {"xid", statement.transaction},
                            {"pid", statement.session},
                            {"starttime", utc(statement.started)},
                            {"text", text},
                            {"suspended", 0},
                            {"insert_pristine", 0},
                            {"concurrency_scaling_status", 0}}});
  }
  if (session.load) {
    const CopyProgress& progress = session.load->progress;
    const auto files = static_cast<int>(progress.files);
    rows.push_back({.table = "stv_load_state",
                    .row = {{"userid", user},
                            {"session", statement.session},
                            {"query", session.load->query},
                            {"slice", 0},
                            {"pid", statement.session},
                            {"recordtime", utc(session.load->at)},
                            {"bytes_to_load", progress.bytes_to_load},
                            {"bytes_loaded", progress.bytes_loaded},
                            {"bytes_to_load_compressed", progress.compressed_to_load},
                            {"bytes_loaded_compressed", progress.compressed_loaded},
                            {"lines", as_int(progress.lines)},
                            {"num_files", files},
                            {"num_files_complete", static_cast<int>(progress.files_complete)},
                            {"current_file", progress.current_file},
                            {"pct_complete", progress.percent}}});
  }
  return rows;
}

std::string storable(std::string_view text, std::size_t size) {
  std::string out;
  while (!text.empty()) {
    std::size_t length = 1;  // of the character that starts the text; 5: there is none
    while (length <= 4 && !is_utf8(text.substr(0, length))) ++length;
    const bool character = length <= 4 && text[0] != '\0';
    if (!character) length = 1;
    if (out.size() + length > size) break;
    out += character ? text.substr(0, length) : ".";
    text.remove_prefix(length);
  }
  return out;
}

std::vector<std::string> text_pieces(std::string_view text, std::size_t size) {
  std::string shown;
  for (const char c : text) {
    if (c == '\n') {
      shown += "\\n";
    } else {
      shown += c;
    }
  }
  shown = storable(shown);
  std::vector<std::string> out;
  for (std::string_view rest = shown; !rest.empty();) {
    out.push_back(storable(rest, size));
    rest.remove_prefix(out.back().size());
  }
  return out;
}

std::vector<SystemRow> statement_rows(const StatementRecord& statement, std::int64_t user) {
  std::vector<SystemRow> rows;
  const auto pieces = text_pieces(statement.text, 4000);
  const std::string one_line = pieces.empty() ? std::string() : pieces[0];
  if (statement.kind == Recognised::Kind::query) {
    rows.push_back({.table = "stl_query",
                    .row = {{"userid", user},
                            {"query", statement.query},
                            {"label", statement.label},
                            {"xid", statement.transaction},
                            {"pid", statement.session},
                            {"database", statement.database},
                            {"querytxt", one_line},
                            {"starttime", utc(statement.started)},
                            {"endtime", utc(statement.finished)},
                            {"aborted", statement.aborted ? 1 : 0},
                            {"insert_pristine", 0},
                            {"concurrency_scaling_status", 0}}});
  }
  add_text_rows(rows, statement, user);
  const std::int64_t elapsed = micros_between(statement.started, statement.finished);
  rows.push_back({.table = "sys_query_history",
                  .row = {{"user_id", user},
                          {"query_id", statement.query},
                          {"query_label", statement.label},
                          {"transaction_id", statement.transaction},
                          {"session_id", statement.session},
                          {"database_name", statement.database},
                          {"query_type", query_type(statement)},
                          {"status", statement.aborted ? "failed" : "success"},
                          {"result_cache_hit", false},
                          {"start_time", utc(statement.started)},
                          {"end_time", utc(statement.finished)},
                          {"elapsed_time", elapsed},
                          {"queue_time", 0},
                          {"execution_time", elapsed},
                          {"error_message", statement.error},
                          {"query_text", one_line},
                          {"username", statement.user}}});
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    rows.push_back({.table = "sys_query_text",
                    .row = {{"user_id", user},
                            {"query_id", statement.query},
                            {"transaction_id", statement.transaction},
                            {"session_id", statement.session},
                            {"start_time", utc(statement.started)},
                            {"sequence", i},
                            {"text", pieces[i]}}});
  }
  add_engine_error(rows, statement, user);
  add_refused_request(rows, statement, user);
  if (statement.error == kConflict) {
    rows.push_back({.table = "stl_tr_conflict",
                    .row = {{"xact_id", statement.transaction},
                            {"process_id", statement.session},
                            {"xact_start_ts", utc(statement.transaction_started)},
                            {"abort_time", utc(statement.finished)},
                            {"table_id", statement.conflict_table}}});
  }
  return rows;
}

std::vector<SystemRow> copy_rows(const StatementRecord& statement, std::int64_t user, const CopyStatement& copy,
                                 const TargetTable& target, const CopyReport& report) {
  std::vector<SystemRow> rows;
  rows.push_back({.table = "sys_load_history", .row = load_row(statement, user, copy, target, report)});
  for (const CopyObject& object : report.objects) add_object_rows(rows, statement, user, copy, object);
  for (const CopyError& error : report.errors) {
    rows.push_back({.table = "stl_load_errors", .row = error_row(statement, user, target, error)});
    rows.push_back({.table = "sys_load_error_detail", .row = error_detail_row(statement, user, target, error)});
    add_detail_rows(rows, statement, user, error);
  }
  for (const CopyReplacement& replacement : report.replacements) {
    rows.push_back({.table = "stl_replacements", .row = replacement_row(statement, user, target, replacement)});
  }
  return rows;
}

}  // namespace penstock::endpoint
