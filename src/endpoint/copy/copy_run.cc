#include "endpoint/copy/copy_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "endpoint/copy/copy_sources.h"
#include "endpoint/copy/pipeline.h"
#include "endpoint/copy/record_format.h"
#include "endpoint/copy/s3_refusal.h"
#include "penstock/error.h"

namespace penstock::endpoint {
namespace {

using Clock = std::chrono::system_clock;

// Errors beyond these are counted and not kept; only IGNOREALLERRORS can have so many.
constexpr std::size_t kMaxErrorsKept = 100'000;

constexpr char kBinaryHeader[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";  // signature, flags, no extension
constexpr std::size_t kBinaryHeaderSize = 19;
constexpr char kBinaryTrailer[] = "\377\377";

// The sink, unless NOLOAD: then nothing of it is touched.
class RowTarget {
 public:
  RowTarget(CopySink& sink, std::span<const LoadColumn> columns, bool no_load) : sink_(no_load ? nullptr : &sink) {
    if (sink_ == nullptr) return;
    std::vector<std::string> names;
    for (const LoadColumn& column : columns) names.push_back(column.name);
    sink_->begin(names);
    write(std::as_bytes(std::span(kBinaryHeader, kBinaryHeaderSize)));
  }
  void write(std::span<const std::byte> rows) {
    if (sink_ != nullptr && !rows.empty()) sink_->write(rows);
  }
  void finish() {
    write(std::as_bytes(std::span(kBinaryTrailer, 2)));
    if (sink_ != nullptr) sink_->finish();
  }

 private:
  CopySink* sink_;
};

// Counts what the chunks bring, and says when it is too much.
class Tally {
 public:
  Tally(const CopyStatement& statement, std::span<const SourceObject> objects)
      : failing_errors_(statement.ignore_all_errors ? std::numeric_limits<std::uint64_t>::max()
                                                    : std::max<std::uint64_t>(1, statement.max_error)),
        compressed_(statement.codec != CopyCodec::none),
        columnar_(is_columnar(statement.format)) {
    progress_.files = objects.size();
    for (const SourceObject& object : objects) {
      report_.objects.push_back({.object = object.uri,
                                 .size = object.info.size,
                                 .etag = object.info.etag,
                                 .last_modified = object.info.last_modified,
                                 .started = {},
                                 .finished = {}});
      (compressed_ ? progress_.compressed_to_load : progress_.bytes_to_load) += object.info.size;
    }
  }

  void add(const Pipeline::Output& output) {
    CopyObject& object = report_.objects[output.object];
    if (output.begins) object.started = Clock::now();
    object.lines += output.lines_before;
    if (output.parsed != nullptr) add_chunk(object, *output.parsed);
    if (output.ends) object.finished = Clock::now();
    note_progress(object, output);
  }
  [[nodiscard]] const CopyProgress& progress() const noexcept { return progress_; }
  [[nodiscard]] bool too_many_errors() const noexcept { return errors_ >= failing_errors_; }
  CopyReport take(bool failed) {
    report_.failed = failed;
    for (CopyObject& object : report_.objects) {  // never begun, or cut off by the failure
      if (object.started == Clock::time_point()) object.started = Clock::now();
      if (object.finished == Clock::time_point()) object.finished = Clock::now();
    }
    return std::move(report_);
  }

 private:
  void note_progress(const CopyObject& object, const Pipeline::Output& output) {
    progress_.bytes_loaded += output.bytes;
    progress_.lines += output.lines_before + (output.parsed == nullptr ? 0 : output.parsed->lines);
    progress_.current_file = object.object;
    if (output.ends) {
      ++progress_.files_complete;
      if (compressed_) progress_.compressed_loaded += object.size;
      if (columnar_) progress_.bytes_loaded += object.size;
    }
    const std::uint64_t loaded = compressed_ ? progress_.compressed_loaded : progress_.bytes_loaded;
    const std::uint64_t whole = compressed_ ? progress_.compressed_to_load : progress_.bytes_to_load;
    constexpr std::uint64_t kAll = 100;
    progress_.percent = whole == 0 ? 0 : static_cast<int>(std::min(kAll, kAll * loaded / whole));
  }

  void add_chunk(CopyObject& object, const ParsedChunk& chunk) {
    const std::uint64_t counted = std::min(chunk.rejected, failing_errors_ - errors_);
    errors_ += counted;
    object.errors += counted;
    for (const CopyError& error : std::span(chunk.errors).first(std::min<std::size_t>(counted, chunk.errors.size()))) {
      if (report_.errors.size() == kMaxErrorsKept) break;
      CopyError& kept = report_.errors.emplace_back(error);
      kept.object = object.object;
      kept.line += static_cast<std::int64_t>(object.lines) + 1;
      if (report_.errors.size() > kDetailedErrors) kept.fields.clear();
    }
    for (const CopyReplacement& replacement : chunk.replacements) {
      if (report_.replacements.size() == kReplacementsKept) break;
      CopyReplacement& kept = report_.replacements.emplace_back(replacement);
      kept.object = object.object;
      if (kept.line >= 0) kept.line += static_cast<std::int64_t>(object.lines) + 1;
    }
    object.lines += chunk.lines;
    object.rows += chunk.loaded;
    report_.loaded_rows += chunk.loaded;
  }

  CopyReport report_;
  CopyProgress progress_;
  std::uint64_t failing_errors_;
  std::uint64_t errors_ = 0;
  bool compressed_;
  bool columnar_;
};

std::vector<JsonPath> json_paths(const CopyStatement& statement, std::size_t columns, Sources& sources,
                                 std::int64_t query) {
  const bool by_paths = statement.format == CopyFormat::json || statement.format == CopyFormat::avro;
  if (!by_paths || !statement.json_paths.starts_with("s3://")) return {};
  try {
    return parse_json_paths(sources.document(statement.json_paths), columns, query);
  } catch (const Error& error) {
    throw_s3_refusal(error, statement.json_paths, true, query);
  }
}

SqlError cancelled(std::int64_t query) {
  return {"57014", fmt::format("Query ({}) cancelled on user's request", query)};
}

// What a reader met in an object; everything but the store's refusals is about the bytes.
[[noreturn]] void rethrow(const std::exception_ptr& failure, const std::string& uri, std::int64_t query) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::refused) throw_s3_refusal(error, uri, true, query);
    constexpr int kCopyError = 8001;
    throw redshift_error(error.what(), kCopyError, "S3 key being read : " + uri, query, "table_s3_scanner.cpp");
  }
}

}  // namespace

CopyReport run_copy(const CopyStatement& statement, const TargetTable& target, CopySink& sink,
                    const CopyEnvironment& environment) {
  const std::vector<LoadColumn> columns = columns_to_load(statement, target);
  Sources sources(statement, environment);
  const auto format = record_format(
      statement, columns, json_paths(statement, columns.size(), sources, environment.query_id), environment.query_id);
  const std::vector<SourceObject> objects = sources.objects();

  Tally tally(statement, objects);
  RowTarget rows(sink, columns, statement.no_load);
  Pipeline pipeline(*format, objects, environment.workers, environment.stop);
  while (const Pipeline::Output* output = pipeline.next()) {
    if (output->failure) rethrow(output->failure, objects[output->object].uri, environment.query_id);
    tally.add(*output);
    if (environment.progress) environment.progress(tally.progress());
    if (tally.too_many_errors()) return tally.take(true);
    if (output->parsed != nullptr) rows.write(output->parsed->rows.bytes());
  }
  if (environment.stop.stop_requested()) throw cancelled(environment.query_id);
  rows.finish();
  return tally.take(false);
}

}  // namespace penstock::endpoint
