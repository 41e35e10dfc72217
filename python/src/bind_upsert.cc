#include <utility>

#include "bindings.h"
#include "frames.h"
#include "load/staging.h"
#include "penstock/upsert.h"
#include "penstock/uri.h"
#include "record.h"
#include "session.h"

namespace penstock::python {
namespace {

const Options<UpsertOptions>& options() {
  static const auto kOptions = Options<UpsertOptions>()
                                   .add("sources", &UpsertOptions::sources)
                                   .add("query", &UpsertOptions::query)
                                   .add("streams", &UpsertOptions::streams)
                                   .add("into", &UpsertOptions::into)
                                   .add("mode", &UpsertOptions::mode)
                                   .add("key", &UpsertOptions::key)
                                   .add("order_by", &UpsertOptions::order_by)
                                   .add("duplicates", &UpsertOptions::duplicates)
                                   .add("null_keys", &UpsertOptions::null_keys)
                                   .add("create", &UpsertOptions::create)
                                   .add("dist_key", &UpsertOptions::dist_key)
                                   .add("sort_key", &UpsertOptions::sort_key)
                                   .add("evolve", &UpsertOptions::evolve)
                                   .add("allow_empty", &UpsertOptions::allow_empty)
                                   .add("missing_as_null", &UpsertOptions::missing_as_null)
                                   .add("format", &UpsertOptions::format)
                                   .add("columns", &UpsertOptions::columns)
                                   .add("delimiter", &UpsertOptions::delimiter)
                                   .add("quote", &UpsertOptions::quote)
                                   .add("escape", &UpsertOptions::escape)
                                   .add("null_as", &UpsertOptions::null_as)
                                   .add("empty_as_null", &UpsertOptions::empty_as_null)
                                   .add("check", &UpsertOptions::check)
                                   .add("rejects", &UpsertOptions::rejects)
                                   .add("staging_bucket", &UpsertOptions::staging_bucket)
                                   .add("memory", &UpsertOptions::memory)
                                   .add("lock_timeout", &UpsertOptions::lock_timeout)
                                   .add("maintenance", &UpsertOptions::maintenance)
                                   .add("dry_run", &UpsertOptions::dry_run)
                                   .add("stream_name", &UpsertOptions::stream_name);
  return kOptions;
}

bool has_staging_place(const UpsertOptions& options, const Environment& environment) {
  const bool is_in_s3 = !options.sources.empty() && is_s3_uri(options.sources.front());
  return is_in_s3 || !options.staging_bucket.empty() || environment("PENSTOCK_S3_BASE_PATH");
}

// frame: None, or what has __arrow_c_stream__.
UpsertOutcome run_upsert(const Keywords& keywords, nb::handle frame, nb::handle connection, nb::handle environment,
                         nb::handle on_progress) {
  Problems problems;
  UpsertOptions wanted = options().read(keywords, problems);
  const Place place(connection, environment, problems);
  const ConnectionConfig cluster = place.connection(problems);
  collect(problems, [&] { staging_base(place.environment(), wanted.staging_bucket); });
  if (!has_staging_place(wanted, place.environment())) {
    problems.emplace_back(
        "there is no place to stage at: set PENSTOCK_S3_BASE_PATH=s3://bucket/prefix/, or give staging_bucket");
  }
  Call call;
  Frame rows;
  if (!frame.is_none()) rows = Frame(frame, call);
  wanted.stream = rows.stream();
  for (std::string& problem : problems_of(wanted)) problems.push_back(std::move(problem));
  require_none(problems);
  const auto progress = progress_to<UpsertProgress>(on_progress, call);
  return call.run([&] {
    const OpenBuckets buckets(place.environment(), call);
    return upsert(wanted, {cluster, *buckets, place.environment(), call.log(), call.stop()}, progress);
  });
}

void bind_results(nb::module_& module) {
  Record<UpsertProgress>(module, "UpsertProgress", "How far an upsert is.")
      .field("bytes", &UpsertProgress::bytes, "Read of the source.")
      .field("size", &UpsertProgress::size, "Of the source, in bytes as stored; 0: not known.")
      .field("records", &UpsertProgress::records, "Read of the source.");
  Record<BadValue>(module, "BadValue", "Something in the source that COPY would refuse.")
      .field("source", &BadValue::source, "The path, or stdin.")
      .field("line", &BadValue::line, "From 1.")
      .field("column", &BadValue::column, "Empty: the record as a whole.")
      .field("value", &BadValue::value, "Its beginning.")
      .field("reason", &BadValue::reason, "In words.")
      .also()
      .def("__str__", [](const BadValue& value) { return in_words(value); });
  Record<UpsertOutcome>(module, "UpsertOutcome", "What an upsert did.")
      .field("schema", &UpsertOutcome::schema, "Of the table.")
      .field("table", &UpsertOutcome::table, "Its name.")
      .field("read", &UpsertOutcome::read, "Records of the source.")
      .field("inserted", &UpsertOutcome::inserted, "Rows that took nobody's place; of append and replace: all.")
      .field("updated", &UpsertOutcome::updated, "Rows that took the place of others.")
      .field("superseded", &UpsertOutcome::superseded,
             "Records that lost against another of the source, or against the table's row.")
      .field("replaced", &UpsertOutcome::replaced, "Rows that gave way.")
      .field("rejected", &UpsertOutcome::rejected, "Bad records.")
      .field("refused", &UpsertOutcome::refused, "A check found bad records: nothing was written.")
      .field("bytes_read", &UpsertOutcome::bytes_read, "Of the source.")
      .field("bytes_staged", &UpsertOutcome::bytes_staged, "Written to S3.")
      .field("load_id", &UpsertOutcome::load_id, "The ledger's.")
      .field("known_as", &UpsertOutcome::known_as,
             "Of a commit: the loads that had committed the parts before. Nothing was done; the counts are theirs.")
      .field("plan", &UpsertOutcome::plan, "Of a dry run: every statement, in order, secrets masked.")
      .field("table_changes", &UpsertOutcome::table_changes, "The statements that made the table, or added columns.")
      .field("findings_in_all", &UpsertOutcome::findings_in_all, "How many bad values there are.")
      .field("findings", &UpsertOutcome::findings, "The first 10,000 of them, in the source's order.")
      .field("seconds", &UpsertOutcome::seconds, "That it took.");
}

}  // namespace

void bind_upsert(nb::module_& module) {
  nb::enum_<WriteMode>(module, "WriteMode", "What gives way to the source's rows.")
      .value("upsert", WriteMode::upsert, "Rows of the source's keys.")
      .value("append", WriteMode::append, "Nothing.")
      .value("replace", WriteMode::replace, "All rows.");
  nb::enum_<Duplicates>(module, "Duplicates", "What to do about several rows of one key in the source.")
      .value("refuse", Duplicates::refuse)
      .value("last", Duplicates::last, "The newest by order_by, else the last by position, stays.")
      .value("keep", Duplicates::keep, "All stay: the key is coarser than a row.");
  nb::enum_<NullKeys>(module, "NullKeys", "What to do about rows whose key is NULL.")
      .value("refuse", NullKeys::refuse)
      .value("match", NullKeys::match, "NULL is a key as others are.")
      .value("insert", NullKeys::insert, "A row without a key is a new row.");
  nb::enum_<SourceFormat>(module, "SourceFormat", "What a source is in.")
      .value("csv", SourceFormat::csv)
      .value("json", SourceFormat::json, "One object a line.")
      .value("parquet", SourceFormat::parquet);
  bind_results(module);
  module.def("upsert", &run_upsert, nb::arg("options"), nb::arg("frame").none(), nb::arg("connection").none(),
             nb::arg("environment").none(), nb::arg("on_progress").none());
  module.def("upsert_defaults", [] { return Keywords(options().defaults()); });
}

}  // namespace penstock::python
