#include <utility>

#include "bindings.h"
#include "load/staging.h"
#include "penstock/load.h"
#include "record.h"
#include "session.h"

namespace penstock::python {
namespace {

const Options<LoadOptions>& options() {
  static const auto kOptions = Options<LoadOptions>()
                                   .add("schema", &LoadOptions::schema)
                                   .add("tables", &LoadOptions::tables)
                                   .add("bucket", &LoadOptions::bucket)
                                   .add("prefix", &LoadOptions::prefix)
                                   .add("config_uri", &LoadOptions::config_uri)
                                   .add("date", &LoadOptions::date)
                                   .add("catch_up", &LoadOptions::catch_up)
                                   .add("truncate", &LoadOptions::truncate)
                                   .add("force", &LoadOptions::force)
                                   .add("create_schema", &LoadOptions::create_schema)
                                   .add("allow_empty", &LoadOptions::allow_empty)
                                   .add("maintenance", &LoadOptions::maintenance)
                                   .add("granularity", &LoadOptions::granularity)
                                   .add("timezone", &LoadOptions::timezone)
                                   .add("delimiter", &LoadOptions::delimiter)
                                   .add("null_as", &LoadOptions::null_as)
                                   .add("lock_timeout", &LoadOptions::lock_timeout)
                                   .add("dry_run", &LoadOptions::dry_run);
  return kOptions;
}

LoadSummary run_load(const Keywords& keywords, nb::handle connection, nb::handle environment) {
  Problems problems;
  const LoadOptions wanted = options().read(keywords, problems);
  const Place place(connection, environment, problems);
  const ConnectionConfig cluster = place.connection(problems);
  collect(problems, [&] { staging_base(place.environment(), wanted.bucket); });
  for (std::string& problem : problems_of(wanted)) problems.push_back(std::move(problem));
  require_none(problems);
  Call call;
  return call.run([&] {
    const OpenBuckets buckets(place.environment(), call);
    return load(wanted, {cluster, *buckets, place.environment(), call.log(), call.stop()});
  });
}

}  // namespace

void bind_load(nb::module_& module) {
  nb::enum_<Granularity>(module, "Granularity", "How much newer than the table data must be, to be loaded.")
      .value("instant", Granularity::instant, "Any newer instant; an older one is stale.")
      .value("hour", Granularity::hour, "Data of the same hour take the place of its rows.")
      .value("day", Granularity::day, "Data of the same day take the place of its rows.")
      .value("stream", Granularity::stream, "What is newer is added, and nothing deleted.");
  nb::enum_<LoadStatus>(module, "LoadStatus", "What became of one data date of one table.")
      .value("loaded", LoadStatus::loaded)
      .value("planned", LoadStatus::planned, "A dry run.")
      .value("skipped", LoadStatus::skipped, "Stale, or loaded before.")
      .value("failed", LoadStatus::failed);
  Record<TableOutcome>(module, "TableOutcome", "What happened to one data date of one table.")
      .field("schema", &TableOutcome::schema, "Of the table.")
      .field("table", &TableOutcome::table, "Its name.")
      .field("status", &TableOutcome::status, "Loaded, planned, skipped or failed.")
      .field("reason", &TableOutcome::reason, "Of what was skipped or failed: why, in a sentence.")
      .field("error", &TableOutcome::error, "Of what failed: what can be done about it.")
      .field("data_date", &TableOutcome::data_date, "RFC 3339, as the key spells it; empty when no data was found.")
      .field("objects", &TableOutcome::objects, "Their URIs.")
      .field("rows", &TableOutcome::rows, "Inserted by COPY.")
      .field("replaced", &TableOutcome::replaced, "Rows deleted before it, in the same transaction.")
      .field("bytes", &TableOutcome::bytes, "Of the objects, as stored.")
      .field("load_id", &TableOutcome::load_id, "The ledger's; of what was loaded.")
      .field("plan", &TableOutcome::plan, "Every statement and object written, in order, secrets masked.")
      .field("seconds", &TableOutcome::seconds, "That it took.");
  Record<LoadSummary>(module, "LoadSummary", "What a load did, table by table.")
      .field("tables", &LoadSummary::tables, "In the order in which they were done.")
      .also()
      .def_prop_ro(
          "exit_code", [](const LoadSummary& summary) { return exit_code(summary); },
          "As of ``penstock load``: 0 done or nothing to do, else the worst of what failed.");
  module.def("load", &run_load, nb::arg("options"), nb::arg("connection").none(), nb::arg("environment").none());
  module.def("load_defaults", [] { return Keywords(options().defaults()); });
}

}  // namespace penstock::python
