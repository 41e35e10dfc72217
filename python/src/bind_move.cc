#include <utility>

#include "bindings.h"
#include "frames.h"
#include "penstock/move.h"
#include "record.h"
#include "session.h"

namespace penstock::python {
namespace {

const Options<MoveOptions>& options() {
  static const auto kOptions = Options<MoveOptions>()
                                   .add("source", &MoveOptions::source)
                                   .add("destination", &MoveOptions::destination)
                                   .add("query", &MoveOptions::query)
                                   .add("from_format", &MoveOptions::from_format)
                                   .add("to_format", &MoveOptions::to_format)
                                   .add("replace", &MoveOptions::replace)
                                   .add("sample", &MoveOptions::sample)
                                   .add("why", &MoveOptions::why)
                                   .add("columns", &MoveOptions::columns)
                                   .add("delimiter", &MoveOptions::delimiter)
                                   .add("to_delimiter", &MoveOptions::to_delimiter)
                                   .add("null_as", &MoveOptions::null_as)
                                   .add("staging_bucket", &MoveOptions::staging_bucket)
                                   .add("memory", &MoveOptions::memory)
                                   .add("part_bytes", &MoveOptions::part_bytes)
                                   .add("dry_run", &MoveOptions::dry_run)
                                   .add("stream_name", &MoveOptions::stream_name);
  return kOptions;
}

// frame: None, or what has __arrow_c_stream__, in place of a source. act(options, context, call)
template <typename Act>
auto run_with(const Keywords& keywords, nb::handle frame, nb::handle connection, nb::handle environment,
              const Act& act) {
  Problems problems;
  MoveOptions wanted = options().read(keywords, problems);
  const Place place(connection, environment, problems);
  Call call;
  Frame rows;
  if (!frame.is_none()) rows = Frame(frame, call);
  wanted.stream = rows.stream();
  for (std::string& problem : problems_of(wanted)) problems.push_back(std::move(problem));
  require_none(problems);
  return act(wanted, place.environment(), call);
}

MovePlan run_plan_move(const Keywords& keywords, nb::handle connection, nb::handle environment) {
  return run_with(keywords, nb::none(), connection, environment,
                  [](const MoveOptions& wanted, const Environment& variables, Call& call) {
                    return call.run([&] {
                      const OpenBuckets buckets(variables, call);
                      return plan_move(wanted, {*buckets, variables, call.log(), call.stop()});
                    });
                  });
}

MoveOutcome run_move(const Keywords& keywords, nb::handle frame, nb::handle connection, nb::handle environment,
                     nb::handle on_progress) {
  return run_with(keywords, frame, connection, environment,
                  [&](const MoveOptions& wanted, const Environment& variables, Call& call) {
                    const auto progress = progress_to<MoveProgress>(on_progress, call);
                    return call.run([&] {
                      const OpenBuckets buckets(variables, call);
                      return move(wanted, {*buckets, variables, call.log(), call.stop()}, progress);
                    });
                  });
}

void bind_results(nb::module_& module) {
  Record<RouteStep>(module, "RouteStep", "One conversion of a route.")
      .field("from_", &RouteStep::from, "\"s3 csv\", \"batches\".")
      .field("to", &RouteStep::to, "Likewise.")
      .field("how", &RouteStep::how, "\"the server copies it\".")
      .field("fixed", &RouteStep::fixed, "Seconds, whatever the size.")
      .field("per_byte", &RouteStep::per_byte, "Seconds.")
      .field("seconds", &RouteStep::seconds, "Of the source as it is.");
  Record<Route>(module, "Route", "A way from the source to the destination.")
      .field("steps", &Route::steps, "One after the other.")
      .field("seconds", &Route::seconds, "Of all of them, as they are reckoned.");
  Record<MovePlan>(module, "MovePlan", "What a route was worked out to be, before anything moved.")
      .field("source", &MovePlan::source, "Without a password.")
      .field("destination", &MovePlan::destination, "Likewise.")
      .field("bytes", &MovePlan::bytes, "Of the source; 0: not known.")
      .field("routes", &MovePlan::routes, "The cheapest first: that is the one taken.");
  Record<MovedColumn>(module, "MovedColumn", "A column of text, and the type that was found for it.")
      .field("name", &MovedColumn::name, "As the source has it.")
      .field("type", &MovedColumn::type, "As DDL has it.")
      .field("why", &MovedColumn::why, "The first value that ruled out a narrower type.");
  Record<MoveProgress>(module, "MoveProgress", "How far a move is.")
      .field("bytes", &MoveProgress::bytes, "Read of the source.")
      .field("size", &MoveProgress::size, "Of the source, in bytes as stored; 0: not known.")
      .field("rows", &MoveProgress::rows, "Read of the source.");
  Record<MoveOutcome>(module, "MoveOutcome", "What a move did.")
      .field("plan", &MoveOutcome::plan, "The route that it took.")
      .field("steps", &MoveOutcome::steps, "Of a dry run: what would be done, secrets masked.")
      .field("written", &MoveOutcome::written, "Files, objects and tables.")
      .field("rows", &MoveOutcome::rows, "Where they were counted.")
      .field("bytes_read", &MoveOutcome::bytes_read, "Of the source.")
      .field("bytes_written", &MoveOutcome::bytes_written, "To the destination.")
      .field("columns", &MoveOutcome::columns, "Those of text whose types were looked for.")
      .field("seconds", &MoveOutcome::seconds, "That it took.");
}

}  // namespace

void bind_move(nb::module_& module) {
  bind_results(module);
  module.def("plan_move", &run_plan_move, nb::arg("options"), nb::arg("connection").none(),
             nb::arg("environment").none());
  module.def("move", &run_move, nb::arg("options"), nb::arg("frame").none(), nb::arg("connection").none(),
             nb::arg("environment").none(), nb::arg("on_progress").none());
  module.def("move_defaults", [] { return Keywords(options().defaults()); });
}

}  // namespace penstock::python
