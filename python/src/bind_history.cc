#include "bindings.h"
#include "penstock/history.h"
#include "record.h"
#include "session.h"

namespace penstock::python {
namespace {

const Options<HistoryOptions>& options() {
  static const auto kOptions = Options<HistoryOptions>()
                                   .add("schema", &HistoryOptions::schema)
                                   .add("table", &HistoryOptions::table)
                                   .add("limit", &HistoryOptions::limit)
                                   .add("errors", &HistoryOptions::errors);
  return kOptions;
}

std::vector<HistoryEntry> run_history(const Keywords& keywords, nb::handle connection, nb::handle environment) {
  Problems problems;
  const HistoryOptions wanted = options().read(keywords, problems);
  const Place place(connection, environment, problems);
  const ConnectionConfig cluster = place.connection(problems);
  require_none(problems);
  Call call;
  return call.run([&] { return history(wanted, cluster, call.log()); });
}

}  // namespace

void bind_history(nb::module_& module) {
  Record<LoadedObject>(module, "LoadedObject", "An object that was loaded.")
      .field("uri", &LoadedObject::uri, "s3://bucket/key.")
      .field("etag", &LoadedObject::etag, "Of the version that was loaded.")
      .field("size", &LoadedObject::size, "Bytes.");
  Record<LoadErrorRow>(module, "LoadErrorRow", "A row that COPY refused, as the cluster recorded it.")
      .field("object", &LoadErrorRow::object, "s3://bucket/key.")
      .field("line", &LoadErrorRow::line, "From 1.")
      .field("column", &LoadErrorRow::column, "Its name.")
      .field("type", &LoadErrorRow::type, "Its type.")
      .field("raw_value", &LoadErrorRow::raw_value, "What stood there.")
      .field("raw_line", &LoadErrorRow::raw_line, "The line's beginning.")
      .field("code", &LoadErrorRow::code, "Redshift's.")
      .field("reason", &LoadErrorRow::reason, "Redshift's words.");
  Record<HistoryEntry>(module, "HistoryEntry", "One load, upsert or failure.")
      .field("load_id", &HistoryEntry::load_id, "The ledger's.")
      .field("schema", &HistoryEntry::schema, "Of the table.")
      .field("table", &HistoryEntry::table, "Its name.")
      .field("committed", &HistoryEntry::committed, "Else it failed.")
      .field("kind", &HistoryEntry::kind, "load, upsert, append or replace.")
      .field("source", &HistoryEntry::source, "Of all but a load: what was read.")
      .field("at", &HistoryEntry::at, "UTC, RFC 3339: of the commit, or of the failure.")
      .field("by", &HistoryEntry::by, "The database's user.")
      .field("data_date", &HistoryEntry::data_date, "RFC 3339; of a load.")
      .field("rows", &HistoryEntry::rows, "Written.")
      .field("replaced", &HistoryEntry::replaced, "That gave way.")
      .field("read", &HistoryEntry::read, "Records of the source.")
      .field("inserted", &HistoryEntry::inserted, "Rows that took nobody's place.")
      .field("updated", &HistoryEntry::updated, "Rows that took the place of others.")
      .field("superseded", &HistoryEntry::superseded, "Records that lost against another one.")
      .field("rejected", &HistoryEntry::rejected, "Bad records that were put aside.")
      .field("query", &HistoryEntry::query, "Of the COPY, as stl_query knows it.")
      .field("objects", &HistoryEntry::objects, "That were loaded.")
      .field("reason", &HistoryEntry::reason, "Of a failed upsert: what it said.")
      .field("errors", &HistoryEntry::errors, "Of what COPY refused.");
  module.def("history", &run_history, nb::arg("options"), nb::arg("connection").none(), nb::arg("environment").none());
  module.def("history_defaults", [] { return Keywords(options().defaults()); });
}

}  // namespace penstock::python
