#include <nanobind/stl/pair.h>

#include <optional>
#include <utility>

#include "bindings.h"
#include "findings.h"
#include "keywords.h"
#include "penstock/reconcile_acts.h"
#include "record.h"
#include "session.h"

namespace penstock::python {
namespace {

const Options<CopyOptions>& copy_options() {
  static const auto kOptions = Options<CopyOptions>()
                                   .add("target", &CopyOptions::target)
                                   .add("storage_class", &CopyOptions::storage_class)
                                   .add("dry_run", &CopyOptions::dry_run);
  return kOptions;
}

const Options<DeleteOptions>& delete_options() {
  static const auto kOptions = Options<DeleteOptions>()
                                   .add("only_copied_to", &DeleteOptions::only_copied_to)
                                   .add("journal", &DeleteOptions::journal)
                                   .add("dry_run", &DeleteOptions::dry_run);
  return kOptions;
}

// act(findings, options, context)
template <typename Options, typename Act>
ActsSummary run_acts(const Keywords& keys, const python::Options<Options>& known, const Keywords& keywords,
                     nb::handle connection, nb::handle environment, nb::handle on_key, const Act& act) {
  Problems problems;
  ReconcileOptions whose = reconcile_options().read(keys, problems);
  Options wanted = known.read(keywords, problems);
  wanted.source = whose.source;
  const Place place(connection, environment, problems);
  ConnectionConfig cluster = place.connection(problems);
  const auto of_keys = problems_of(whose);
  problems.insert(problems.end(), of_keys.begin(), of_keys.end());
  if (of_keys.empty()) {  // else the same is said of the same source
    for (std::string& problem : problems_of(wanted)) problems.push_back(std::move(problem));
  }
  require_none(problems);
  Findings findings(std::move(whose), std::move(cluster), place.environment());
  Call& call = findings.call();
  return findings.take_all([&](KeyFindings& found, Buckets& buckets) {
    ActsContext context{.buckets = buckets, .stop = call.stop()};
    if (!on_key.is_none()) {
      context.on_key = [&](const KeyAct& key) { call.in_python([&] { on_key(nb::cast(key)); }); };
    }
    return act(found, wanted, context);
  });
}

ActsSummary run_copy(const Keywords& keys, const Keywords& keywords, nb::handle connection, nb::handle environment,
                     nb::handle on_key) {
  return run_acts(keys, copy_options(), keywords, connection, environment, on_key,
                  [](KeyFindings& found, const CopyOptions& wanted, const ActsContext& context) {
                    return copy_committed(found, wanted, context);
                  });
}

// agreed: None, or (key, ETag) in the order of keys: only these.
ActsSummary run_delete(const Keywords& keys, const Keywords& keywords, nb::handle connection, nb::handle environment,
                       nb::handle on_key, nb::handle agreed) {
  std::optional<AgreedKeys> only;
  if (!agreed.is_none()) {
    only.emplace(process_environment);
    for (const nb::handle one : nb::iter(agreed)) {
      auto [key, etag] = nb::cast<std::pair<std::string, std::string>>(one);
      only->add({.key = std::move(key), .etag = std::move(etag)});
    }
  }
  return run_acts(keys, delete_options(), keywords, connection, environment, on_key,
                  [&](KeyFindings& found, const DeleteOptions& given, const ActsContext& context) {
                    DeleteOptions wanted = given;
                    wanted.agreed = only ? &*only : nullptr;
                    return delete_committed(found, wanted, context);
                  });
}

nb::typed<nb::dict, nb::str, ReconcileSummary::Count> counts_of(const ActsSummary& summary) {
  nb::typed<nb::dict, nb::str, ReconcileSummary::Count> counts;
  for (std::size_t i = 0; i < kActResults; ++i) {
    counts[nb::cast(std::string(name_of(static_cast<ActResult>(i))))] = nb::cast(summary.results.at(i));
  }
  return counts;
}

nb::object stopped_by(const ActsSummary& summary) {
  return summary.stopped ? as_exception(*summary.stopped) : nb::object(nb::none());
}

}  // namespace

void bind_reconcile_acts(nb::module_& module) {
  nb::enum_<ActResult>(module, "ActResult", "What became of one key.")
      .value("planned", ActResult::planned, "A dry run.")
      .value("copied", ActResult::copied, "What is at the target is proved to be the copy.")
      .value("there_already", ActResult::there_already, "A proved copy of this very version was there.")
      .value("deleted", ActResult::deleted)
      .value("taken", ActResult::taken, "Kept: at the target is another object.")
      .value("changed", ActResult::changed, "Kept: overwritten since it was found.")
      .value("gone", ActResult::gone, "Removed by somebody else since it was found.")
      .value("overwritten", ActResult::overwritten, "Kept: loaded as another version than the one that is there.")
      .value("not_provable", ActResult::not_provable, "Kept: it can't be proved that it is what was loaded.")
      .value("not_copied", ActResult::not_copied, "Kept: there is no proved copy of this version.")
      .value("not_agreed", ActResult::not_agreed, "Kept: it was not among those that were shown.")
      .value("failed", ActResult::failed);
  Record<KeyAct>(module, "KeyAct", "What was done with one key.")
      .field("key", &KeyAct::key, "Whole.")
      .field("target", &KeyAct::target, "s3://bucket/key of the copy, where there is one to make or to look for.")
      .field("size", &KeyAct::size, "Bytes.")
      .field("etag", &KeyAct::etag, "Of the object.")
      .field("result", &KeyAct::result, "What became of it.")
      .field("reason", &KeyAct::reason, "Of what was not done; for people.");
  Record<ActsSummary>(module, "ActsSummary", "How many keys something was done with.")
      .field("results", &counts_of, "A KeyCount for the name of each result.")
      .field("stopped", &stopped_by, nb::sig("def stopped(self) -> penstock.Error | None"),
             "The Error for which the rest was left as it is; None: nothing was.")
      .also()
      .def(
          "of", [](const ActsSummary& summary, ActResult result) { return summary.of(result); }, nb::arg("result"),
          "Of one result.");
  module.def("copy_committed", &run_copy, nb::arg("keys"), nb::arg("options"), nb::arg("connection").none(),
             nb::arg("environment").none(), nb::arg("on_key").none());
  module.def("delete_committed", &run_delete, nb::arg("keys"), nb::arg("options"), nb::arg("connection").none(),
             nb::arg("environment").none(), nb::arg("on_key").none(), nb::arg("agreed").none());
  module.def("copy_committed_defaults", [] { return Keywords(copy_options().defaults()); });
  module.def("delete_committed_defaults", [] { return Keywords(delete_options().defaults()); });
}

}  // namespace penstock::python
