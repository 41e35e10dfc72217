#include "bindings.h"
#include "load/staging.h"
#include "penstock/sweep.h"
#include "record.h"
#include "session.h"

namespace penstock::python {
namespace {

const Options<SweepOptions>& options() {
  static const auto kOptions = Options<SweepOptions>()
                                   .add("bucket", &SweepOptions::bucket)
                                   .add("older_than", &SweepOptions::older_than)
                                   .add("dry_run", &SweepOptions::dry_run);
  return kOptions;
}

SweepOutcome run_sweep(const Keywords& keywords, nb::handle connection, nb::handle environment) {
  Problems problems;
  const SweepOptions wanted = options().read(keywords, problems);
  const Place place(connection, environment, problems);
  collect(problems, [&] { staging_base(place.environment(), wanted.bucket); });
  require_none(problems);
  Call call;
  return call.run([&] {
    const OpenBuckets buckets(place.environment(), call);
    return sweep(wanted, *buckets, place.environment(), call.log(), call.stop());
  });
}

}  // namespace

void bind_sweep(nb::module_& module) {
  nb::enum_<LeftoverStatus>(module, "LeftoverStatus", "What became of what a run left.")
      .value("removed", LeftoverStatus::removed)
      .value("planned", LeftoverStatus::planned, "A dry run.")
      .value("young", LeftoverStatus::young, "Kept: its run may live.")
      .value("failed", LeftoverStatus::failed);
  Record<Leftover>(module, "Leftover", "All that one run left.")
      .field("uri", &Leftover::uri, "s3://bucket/prefix/: of all of it.")
      .field("id", &Leftover::id, "Of the load, or of the attempt.")
      .field("objects", &Leftover::objects, "How many.")
      .field("bytes", &Leftover::bytes, "Of them.")
      .field("uploads", &Leftover::uploads, "Begun, and neither completed nor aborted.")
      .field("written", &Leftover::written, "The last of it, by S3's clock.")
      .field("status", &Leftover::status, "Removed, planned, young or failed.")
      .field("reason", &Leftover::reason, "Of what failed: the server's words.");
  Record<SweepOutcome>(module, "SweepOutcome", "What was left in S3 by runs that were killed.")
      .field("base", &SweepOutcome::base, "s3://bucket/prefix/.")
      .field("leftovers", &SweepOutcome::leftovers, "By their URIs.")
      .field("others", &SweepOutcome::others, "Objects that are not of penstock's shape: left alone.")
      .field("some_others", &SweepOutcome::some_others, "URIs of the first few.");
  module.def("sweep", &run_sweep, nb::arg("options"), nb::arg("connection").none(), nb::arg("environment").none());
  module.def("sweep_defaults", [] { return Keywords(options().defaults()); });
}

}  // namespace penstock::python
