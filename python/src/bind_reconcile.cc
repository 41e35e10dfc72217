#include <utility>

#include "bindings.h"
#include "findings.h"
#include "penstock/reconcile.h"
#include "record.h"
#include "session.h"

namespace penstock::python {
namespace {

std::unique_ptr<Findings> run_reconcile(const Keywords& keywords, nb::handle connection, nb::handle environment) {
  Problems problems;
  ReconcileOptions wanted = reconcile_options().read(keywords, problems);
  const Place place(connection, environment, problems);
  ConnectionConfig cluster = place.connection(problems);
  for (std::string& problem : problems_of(wanted)) problems.push_back(std::move(problem));
  require_none(problems);
  return std::make_unique<Findings>(std::move(wanted), std::move(cluster), place.environment());
}

nb::typed<nb::list, KeySet> sets_of(const KeyFinding& finding) {
  nb::typed<nb::list, KeySet> sets;
  for (std::size_t i = 0; i < kKeySets; ++i) {
    if (finding.sets.test(i)) sets.append(nb::cast(static_cast<KeySet>(i)));
  }
  return sets;
}

nb::typed<nb::dict, nb::str, ReconcileSummary::Count> counts_of(const ReconcileSummary& summary) {
  nb::typed<nb::dict, nb::str, ReconcileSummary::Count> counts;
  for (std::size_t i = 0; i < kKeySets; ++i) {
    counts[nb::cast(std::string(name_of(static_cast<KeySet>(i))))] = nb::cast(summary.sets.at(i));
  }
  return counts;
}

void bind_sets(nb::module_& module) {
  nb::enum_<KeySet>(module, "KeySet",
                    "What a key belongs to. Each key of the bucket is in exactly one of pending, already_committed, "
                    "committed_outside,\nin_progress and ambiguous; the others come beside these.")
      .value("committed", KeySet::committed, "By a load of the window, whether or not the key is there still.")
      .value("in_bucket", KeySet::in_bucket, "Listed.")
      .value("pending", KeySet::pending, "No load committed the object that is there now.")
      .value("already_committed", KeySet::already_committed,
             "A load of the window committed the object that is there now.")
      .value("committed_outside", KeySet::committed_outside, "A load before the window, or after it, committed it.")
      .value("overwritten", KeySet::overwritten, "Committed, but as another version than the one that is there now.")
      .value("rolled_back", KeySet::rolled_back, "The window's last load of it was rolled back.")
      .value("failed", KeySet::failed, "The window's last load of it failed.")
      .value("in_progress", KeySet::in_progress, "Being loaded by a transaction that is still open.")
      .value("gone", KeySet::gone, "Committed, but no longer in the bucket.")
      .value("loaded_more_than_once", KeySet::loaded_more_than_once, "The same version into the same table.")
      .value("ambiguous", KeySet::ambiguous, "It can't be told whether the object that is there now was committed.");
  nb::enum_<LoadState>(module, "LoadState", "What became of a load of a key.")
      .value("committed", LoadState::committed)
      .value("superseded", LoadState::superseded, "Committed; a later load replaced its rows.")
      .value("rolled_back", LoadState::rolled_back)
      .value("failed", LoadState::failed)
      .value("in_progress", LoadState::in_progress)
      .value("unknown", LoadState::unknown, "It can't be told whether its transaction committed.");
}

}  // namespace

void bind_reconcile(nb::module_& module) {
  bind_sets(module);
  Record<ObjectInfo>(module, "ObjectInfo", "An object that is in the bucket.")
      .field("key", &ObjectInfo::key, "Whole, as stored.")
      .field("size", &ObjectInfo::size, "Bytes.")
      .field("etag", &ObjectInfo::etag, "Opaque; differs if the bytes differ.")
      .field("last_modified", &ObjectInfo::last_modified, "By the server's clock.");
  Record<KeyLoad>(module, "KeyLoad", "One load of one key, as far as the cluster knows.")
      .field("state", &KeyLoad::state, "What became of it.")
      .field("at", &KeyLoad::at, "When COPY began; of a load that only the ledger knows, when it was committed.")
      .field("ended", &KeyLoad::ended, "When COPY had read all; None: not known.")
      .field("etag", &KeyLoad::etag, "Of the object that was read; empty: not known.")
      .field("size", &KeyLoad::size, "Of the object that was read, in bytes; None: not known.")
      .field("last_modified", &KeyLoad::last_modified, "Of the object that was read; None: not known.")
      .field("table", &KeyLoad::table, "schema.table, as far as it is known.")
      .field("load_id", &KeyLoad::load_id, "Of the ledger; empty: not penstock's.")
      .field("query", &KeyLoad::query, "Of the COPY; 0: not known.")
      .field("error", &KeyLoad::error, "Of a failed one: the first that is known.")
      .field("in_ledger", &KeyLoad::in_ledger, "The ledger knows it.")
      .field("in_sys", &KeyLoad::in_sys, "SYS_LOAD_HISTORY or SYS_LOAD_DETAIL know it.")
      .field("in_stl", &KeyLoad::in_stl, "STL_LOAD_COMMITS or STL_LOAD_ERRORS know it.")
      .field("name_may_be_cut", &KeyLoad::name_may_be_cut, "The name may be the beginning of a longer one.");
  Record<KeyFinding>(module, "KeyFinding", "What is known of one key.")
      .field("key", &KeyFinding::key, "Whole.")
      .field("object", &KeyFinding::object, "None: not in the bucket.")
      .field("loads", &KeyFinding::loads, "In the order of their times.")
      .field("sets", &sets_of, "The sets that it is in.")
      .field("deletable", &KeyFinding::deletable,
             "It is proved that the object that is there now was committed by a load of the window.")
      .field("why", &KeyFinding::why, "Of what is ambiguous, or committed and not deletable; for people.")
      .also()
      .def("is_in", &KeyFinding::is_in, nb::arg("set"), "Whether it is in the set.");
  Record<ReconcileSummary::Count>(module, "KeyCount", "How many keys.")
      .field("keys", &ReconcileSummary::Count::keys, "How many.")
      .field("bytes", &ReconcileSummary::Count::bytes, "Of those in the bucket.");
  Record<ReconcileSummary>(module, "ReconcileSummary", "How many keys are in which set.")
      .field("sets", &counts_of, "A KeyCount for the name of each set: ``bucket_keys_to_be_committed``, …")
      .field("notes", &ReconcileSummary::notes, "What was asked, and what could not be read; for people.")
      .also()
      .def(
          "of", [](const ReconcileSummary& summary, KeySet set) { return summary.of(set); }, nb::arg("set"),
          "Of one set.");
  nb::class_<Findings>(module, "KeyFindings",
                       "The keys of a bucket, in the order of their bytes: an iterator, which holds some of them.")
      .def(
          "__iter__", [](nb::handle self) { return nb::borrow(self); }, nb::sig("def __iter__(self) -> KeyFindings"))
      .def(
          "__next__",
          [](Findings& findings) {
            auto found = findings.next();
            if (!found) throw nb::stop_iteration();
            return *std::move(found);
          },
          nb::sig("def __next__(self) -> KeyFinding"))
      .def(
          "__enter__", [](nb::handle self) { return nb::borrow(self); }, nb::sig("def __enter__(self) -> KeyFindings"))
      .def(
          "__exit__", [](Findings& findings, const nb::args&) { findings.close(); },
          nb::sig("def __exit__(self, *exception: object) -> None"))
      .def("close", &Findings::close, "Ends what still runs. The end of the iteration does it, too.")
      .def_prop_ro("summary", &Findings::summary, "Of all keys once the last was read, else of those so far.");
  module.def("key_set", [](const std::string& name) { return key_set(name); }, nb::arg("name"));
  module.def("set_name", [](KeySet set) { return std::string(name_of(set)); }, nb::arg("set"));
  module.def("reconcile", &run_reconcile, nb::arg("options"), nb::arg("connection").none(),
             nb::arg("environment").none());
  module.def("reconcile_defaults", [] { return Keywords(reconcile_options().defaults()); });
}

}  // namespace penstock::python
