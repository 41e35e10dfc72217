#include <utility>

#include "bindings.h"
#include "frames.h"
#include "penstock/discover.h"
#include "record.h"
#include "session.h"

namespace penstock::python {
namespace {

const Options<DiscoverOptions>& options() {
  static const auto kOptions = Options<DiscoverOptions>()
                                   .add("source", &DiscoverOptions::source)
                                   .add("query", &DiscoverOptions::query)
                                   .add("format", &DiscoverOptions::format)
                                   .add("sample", &DiscoverOptions::sample)
                                   .add("tight", &DiscoverOptions::tight)
                                   .add("columns", &DiscoverOptions::columns)
                                   .add("delimiter", &DiscoverOptions::delimiter)
                                   .add("quote", &DiscoverOptions::quote)
                                   .add("escape", &DiscoverOptions::escape)
                                   .add("null_as", &DiscoverOptions::null_as)
                                   .add("memory", &DiscoverOptions::memory)
                                   .add("stream_name", &DiscoverOptions::stream_name);
  return kOptions;
}

const Options<TableWords>& words() {
  static const auto kWords = Options<TableWords>()
                                 .add("schema", &TableWords::schema)
                                 .add("table", &TableWords::table)
                                 .add("data_date_column", &TableWords::data_date_column)
                                 .add("why", &TableWords::why);
  return kWords;
}

TableWords words_of(const nb::kwargs& keywords) {
  Problems problems;
  TableWords read = words().read(keywords, problems);
  require_none(problems);
  return read;
}

// frame: None, or what has __arrow_c_stream__.
DiscoverOutcome run_discover(const Keywords& keywords, nb::handle frame, nb::handle connection, nb::handle environment,
                             nb::handle on_progress) {
  Problems problems;
  DiscoverOptions wanted = options().read(keywords, problems);
  const Place place(connection, environment, problems);
  Call call;
  Frame rows;
  if (!frame.is_none()) rows = Frame(frame, call);
  wanted.stream = rows.stream();
  for (std::string& problem : problems_of(wanted)) problems.push_back(std::move(problem));
  require_none(problems);
  const auto progress = progress_to<MoveProgress>(on_progress, call);
  return call.run([&] {
    const OpenBuckets buckets(place.environment(), call);
    return discover(wanted, {*buckets, place.environment(), call.log(), call.stop()}, progress);
  });
}

}  // namespace

void bind_discover(nb::module_& module) {
  Record<DiscoveredColumn>(module, "DiscoveredColumn", "A column of a source, and the type of Redshift that holds it.")
      .field("name", &DiscoveredColumn::name, "As the source has it.")
      .field("type", &DiscoveredColumn::type, "Of Redshift.")
      .field("field", &DiscoveredColumn::field, "Of Arrow, in the JSON of its integration tests.")
      .field("why", &DiscoveredColumn::why, "What ruled out a narrower type.")
      .field("nulls", &DiscoveredColumn::nulls, "Records that have no value of the type, of those looked at.")
      .field("max_bytes", &DiscoveredColumn::max_bytes, "Of a value, as text.")
      .field("not_null", &DiscoveredColumn::not_null, "As a table of Redshift has it.")
      .field("primary_key", &DiscoveredColumn::primary_key, "Likewise.")
      .field("dist_key", &DiscoveredColumn::dist_key, "Likewise.")
      .field("sort_order", &DiscoveredColumn::sort_order, "Its place in the sort key, from 1; 0: not in it.")
      .field("default_value", &DiscoveredColumn::default_value, "As a table of Redshift has it.");
  Record<DiscoverOutcome>(module, "DiscoverOutcome", "Which columns a source has.")
      .field("source", &DiscoverOutcome::source, "For people, without a password.")
      .field("schema", &DiscoverOutcome::schema, "Of a table; else empty.")
      .field("table", &DiscoverOutcome::table, "Of a table, or what a file's name suggests.")
      .field("columns", &DiscoverOutcome::columns, "In the source's order.")
      .field("records", &DiscoverOutcome::records, "Looked at, or there are as the files say.")
      .field("is_whole", &DiscoverOutcome::is_whole, "All there are were looked at; else a sample.")
      .field("bytes_read", &DiscoverOutcome::bytes_read, "Of the source.")
      .also()
      .def(
          "yaml",
          [](const DiscoverOutcome& found, const nb::kwargs& keywords) { return yaml_of(found, words_of(keywords)); },
          nb::sig("def yaml(self, *, schema: str = '', table: str = '', data_date_column: str = '', why: bool = False) "
                  "-> str"),
          "The config that load() reads.")
      .def(
          "ddl",
          [](const DiscoverOutcome& found, const nb::kwargs& keywords) { return ddl_of(found, words_of(keywords)); },
          nb::sig("def ddl(self, *, schema: str = '', table: str = '', why: bool = False) -> str"), "CREATE TABLE …;")
      .def(
          "json", [](const DiscoverOutcome& found) { return json_of(found); },
          "An Arrow schema, and what was found out.");
  module.def("discover", &run_discover, nb::arg("options"), nb::arg("frame").none(), nb::arg("connection").none(),
             nb::arg("environment").none(), nb::arg("on_progress").none());
  module.def("discover_defaults", [] { return Keywords(options().defaults()); });
}

}  // namespace penstock::python
