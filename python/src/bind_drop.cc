#include <utility>

#include "bindings.h"
#include "penstock/drop.h"
#include "record.h"
#include "session.h"

namespace penstock::python {
namespace {

const Options<DropOptions>& options() {
  static const auto kOptions =
      Options<DropOptions>().add("targets", &DropOptions::targets).add("lock_timeout", &DropOptions::lock_timeout);
  return kOptions;
}

DropPlan run_plan_drop(const Keywords& keywords, nb::handle connection, nb::handle environment) {
  Problems problems;
  const DropOptions wanted = options().read(keywords, problems);
  const Place place(connection, environment, problems);
  for (std::string& problem : problems_of(wanted)) problems.push_back(std::move(problem));
  require_none(problems);
  Call call;
  return call.run([&] {
    const OpenBuckets buckets(place.environment(), call);
    return plan_drop(wanted, {*buckets, place.environment(), call.log(), call.stop()});
  });
}

std::vector<Dropped> run_drop(const DropPlan& plan, nb::handle connection, nb::handle environment) {
  Problems problems;
  const Place place(connection, environment, problems);
  require_none(problems);
  Call call;
  return call.run([&] {
    const OpenBuckets buckets(place.environment(), call);
    return drop(plan, {*buckets, place.environment(), call.log(), call.stop()});
  });
}

}  // namespace

void bind_drop(nb::module_& module) {
  nb::enum_<DropKind>(module, "DropKind", "What a target of drop() is.")
      .value("files", DropKind::files)
      .value("objects", DropKind::objects)
      .value("table", DropKind::table);
  Record<DropTarget>(module, "DropTarget", "What would go of one URI.")
      .field("name", &DropTarget::name, "For people, without a password.")
      .field("kind", &DropTarget::kind, "Files, objects or a table.")
      .field("names", &DropTarget::names, "Paths; URIs; the statements that drop a table.")
      .field("bytes", &DropTarget::bytes, "Of files and objects.")
      .field("schema", &DropTarget::schema, "Of a table.")
      .field("table", &DropTarget::table, "Of a table.");
  Record<DropPlan>(module, "DropPlan", "What would go: drop() removes exactly that.")
      .field("targets", &DropPlan::targets, "In the order in which they were named.");
  Record<Dropped>(module, "Dropped", "What went of one URI.")
      .field("name", &Dropped::name, "For people, without a password.")
      .field("kind", &Dropped::kind, "Files, objects or a table.")
      .field("removed", &Dropped::removed, "How many; what was gone already counts.")
      .field("bytes", &Dropped::bytes, "Of them.")
      .field("error", &Dropped::error, "Of what failed: what can be done about it.")
      .field("reason", &Dropped::reason, "Of the error, in words.");
  module.def("plan_drop", &run_plan_drop, nb::arg("options"), nb::arg("connection").none(),
             nb::arg("environment").none());
  module.def("drop", &run_drop, nb::arg("plan"), nb::arg("connection").none(), nb::arg("environment").none());
  module.def("drop_defaults", [] { return Keywords(options().defaults()); });
}

}  // namespace penstock::python
