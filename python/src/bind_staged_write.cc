#include <utility>

#include "bindings.h"
#include "frames.h"
#include "load/staging.h"
#include "penstock/staged_write.h"
#include "record.h"
#include "session.h"

namespace penstock::python {
namespace {

const Options<StageOptions>& stage_options() {
  static const auto kOptions = Options<StageOptions>()
                                   .add("name", &StageOptions::name)
                                   .add("partition", &StageOptions::partition)
                                   .add("staging_bucket", &StageOptions::staging_bucket)
                                   .add("memory", &StageOptions::memory);
  return kOptions;
}

const Options<UpsertOptions>& commit_options() {
  static const auto kOptions = Options<UpsertOptions>()
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
                                   .add("staging_bucket", &UpsertOptions::staging_bucket)
                                   .add("lock_timeout", &UpsertOptions::lock_timeout)
                                   .add("maintenance", &UpsertOptions::maintenance)
                                   .add("dry_run", &UpsertOptions::dry_run);
  return kOptions;
}

// types: a dict of texts.
void read_types(nb::handle types, StageOptions& into, Problems& problems) {
  if (types.is_none()) return;
  if (!nb::isinstance<nb::dict>(types)) {
    problems.push_back("types=" + shown(types) + " is no dict of columns and types");
    return;
  }
  for (const auto& [name, type] : nb::borrow<nb::dict>(types)) {
    if (!nb::isinstance<nb::str>(name) || !nb::isinstance<nb::str>(type)) {
      problems.push_back("types: " + shown(name) + " is not a column with the name of a type");
      continue;
    }
    into.types.emplace_back(nb::cast<std::string>(name), nb::cast<std::string>(type));
  }
}

StagedPart run_stage(const Keywords& keywords, nb::handle types, nb::handle frame, nb::handle environment,
                     nb::handle on_progress) {
  Problems problems;
  StageOptions wanted = stage_options().read(keywords, problems);
  read_types(types, wanted, problems);
  const Place place(nb::none(), environment, problems);
  collect(problems, [&] { staging_base(place.environment(), wanted.staging_bucket); });
  if (wanted.staging_bucket.empty() && !place.environment()("PENSTOCK_S3_BASE_PATH")) {
    problems.emplace_back(
        "there is no place to stage at: set PENSTOCK_S3_BASE_PATH=s3://bucket/prefix/, or give staging_bucket");
  }
  for (std::string& problem : problems_of(wanted)) problems.push_back(std::move(problem));
  require_none(problems);
  Call call;
  const Frame rows(frame, call);
  const auto progress = progress_to<UpsertProgress>(on_progress, call);
  return call.run([&] {
    const OpenBuckets buckets(place.environment(), call);
    return stage(wanted, *rows.stream(), {*buckets, place.environment(), call.log(), call.stop()}, progress);
  });
}

UpsertOutcome run_commit(const std::vector<StagedPart>& parts, const Keywords& keywords, nb::handle connection,
                         nb::handle environment) {
  Problems problems;
  const UpsertOptions wanted = commit_options().read(keywords, problems);
  const Place place(connection, environment, problems);
  const ConnectionConfig cluster = place.connection(problems);
  require_none(problems);
  Call call;
  return call.run([&] {
    const OpenBuckets buckets(place.environment(), call);
    return commit(parts, wanted, {cluster, *buckets, place.environment(), call.log(), call.stop()});
  });
}

void run_discard(const std::vector<StagedPart>& parts, nb::handle environment) {
  Problems problems;
  const Place place(nb::none(), environment, problems);
  require_none(problems);
  Call call;
  call.run([&] {
    const OpenBuckets buckets(place.environment(), call);
    discard(parts, {*buckets, place.environment(), call.log(), call.stop()});
  });
}

void bind_part(nb::module_& module) {
  Record<StagedPart::Object>(module, "StagedObject", "An object of a part.")
      .field("key", &StagedPart::Object::key, "Whole, as stored.")
      .field("etag", &StagedPart::Object::etag, "Of what was staged.")
      .field("size", &StagedPart::Object::size, "In bytes, as stored.")
      .field("rows", &StagedPart::Object::rows, "How many it holds.");
  Record<StagedPart::Column>(module, "StagedColumn", "A column of a part.")
      .field("name", &StagedPart::Column::name, "As the rows had it.")
      .field("type", &StagedPart::Column::type, "Redshift's, which it was staged for.")
      .field("source_type", &StagedPart::Column::source_type, "Arrow's.")
      .field("only_nulls", &StagedPart::Column::only_nulls, "The rows said nothing of its type.");
  Record<StagedPart>(module, "Part",
                     "What a task staged: a small value, which pickle takes, to be handed to ``commit``.")
      .field("id", &StagedPart::id, "Of its folder in S3.")
      .field("name", &StagedPart::name, "For people.")
      .field("bucket", &StagedPart::bucket, "Where its objects are.")
      .field("partition", &StagedPart::partition, "Its place among the others, if that was said.")
      .field("columns", &StagedPart::columns, "In their order.")
      .field("objects", &StagedPart::objects, "None: there was no row.")
      .field("rows", &StagedPart::rows, "How many there are.")
      .field("bytes", &StagedPart::bytes, "Of the objects, as stored.")
      .also()
      .def(
          "to_json", [](const StagedPart& part) { return to_json(part); }, "The part as a line of JSON.")
      .def_static(
          "from_json", [](const std::string& text) { return staged_part_of_json(text); }, nb::arg("text"),
          "The part that ``to_json`` gave this text of.\n\nRaises InvalidError where it is none.")
      .def("__getstate__", [](const StagedPart& part) { return to_json(part); })
      .def("__setstate__",
           [](StagedPart& part, const std::string& text) { new (&part) StagedPart(staged_part_of_json(text)); })
      .def("__eq__",
           [](const StagedPart& part, nb::handle other) {
             return nb::isinstance<StagedPart>(other) && part == nb::cast<const StagedPart&>(other);
           })
      .def("__hash__", [](const StagedPart& part) { return nb::hash(nb::cast(part.id)); });
}

}  // namespace

void bind_staged_write(nb::module_& module) {
  bind_part(module);
  module.def("stage", &run_stage, nb::arg("options"), nb::arg("types").none(), nb::arg("frame"),
             nb::arg("environment").none(), nb::arg("on_progress").none());
  module.def("stage_defaults", [] { return Keywords(stage_options().defaults()); });
  module.def("commit", &run_commit, nb::arg("parts"), nb::arg("options"), nb::arg("connection").none(),
             nb::arg("environment").none());
  module.def("commit_defaults", [] { return Keywords(commit_options().defaults()); });
  module.def("discard", &run_discard, nb::arg("parts"), nb::arg("environment").none());
}

}  // namespace penstock::python
