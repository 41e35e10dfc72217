#include <utility>

#include "bindings.h"
#include "penstock/unload.h"
#include "record.h"
#include "session.h"

namespace penstock::python {
namespace {

const Options<UnloadOptions>& options() {
  static const auto kOptions = Options<UnloadOptions>()
                                   .add("format", &UnloadOptions::format)
                                   .add("compression", &UnloadOptions::compression)
                                   .add("over", &UnloadOptions::over)
                                   .add("parallel", &UnloadOptions::parallel)
                                   .add("header", &UnloadOptions::header)
                                   .add("delimiter", &UnloadOptions::delimiter)
                                   .add("quotes", &UnloadOptions::quotes)
                                   .add("escape", &UnloadOptions::escape)
                                   .add("null_as", &UnloadOptions::null_as)
                                   .add("max_file_mb", &UnloadOptions::max_file_mb)
                                   .add("row_group_mb", &UnloadOptions::row_group_mb)
                                   .add("manifest", &UnloadOptions::manifest)
                                   .add("kms_key_id", &UnloadOptions::kms_key_id);
  return kOptions;
}

Unloaded run_unload(const std::string& query, const std::string& uri, const Keywords& keywords, nb::handle connection,
                    nb::handle environment) {
  Problems problems;
  const UnloadOptions wanted = options().read(keywords, problems);
  const Place place(connection, environment, problems);
  const ConnectionConfig cluster = place.connection(problems);
  for (std::string& problem : problems_of(wanted)) problems.push_back(std::move(problem));
  require_none(problems);
  Call call;
  return call.run([&] {
    const OpenBuckets buckets(place.environment(), call);
    return unload(query, uri, wanted, {cluster, *buckets, place.environment(), call.log(), call.stop()});
  });
}

}  // namespace

void bind_unload(nb::module_& module) {
  nb::enum_<UnloadFormat>(module, "UnloadFormat", "What UNLOAD writes.")
      .value("text", UnloadFormat::text, "Fields between delimiters.")
      .value("csv", UnloadFormat::csv)
      .value("json", UnloadFormat::json, "An object a line.")
      .value("parquet", UnloadFormat::parquet);
  nb::enum_<UnloadCompression>(module, "UnloadCompression", "Of the objects that UNLOAD writes.")
      .value("none", UnloadCompression::none)
      .value("gzip", UnloadCompression::gzip)
      .value("bzip2", UnloadCompression::bzip2)
      .value("zstd", UnloadCompression::zstd);
  nb::enum_<UnloadOver>(module, "UnloadOver", "What becomes of objects whose keys begin with the URI.")
      .value("nothing", UnloadOver::nothing, "There must be none.")
      .value("same_names", UnloadOver::same_names, "Those with the names of the new ones are overwritten.")
      .value("all", UnloadOver::all, "All are removed before.");
  Record<UnloadedObject>(module, "UnloadedObject", "An object that UNLOAD wrote.")
      .field("uri", &UnloadedObject::uri, "s3://bucket/key.")
      .field("bytes", &UnloadedObject::bytes, "Of it.")
      .field("rows", &UnloadedObject::rows, "In it.");
  Record<Unloaded>(module, "Unloaded", "What UNLOAD wrote.")
      .field("objects", &Unloaded::objects, "Of a query without rows: none.")
      .field("rows", &Unloaded::rows, "In all.");
  module.def("unload", &run_unload, nb::arg("query"), nb::arg("uri"), nb::arg("options"), nb::arg("connection").none(),
             nb::arg("environment").none());
  module.def("unload_defaults", [] { return Keywords(options().defaults()); });
}

}  // namespace penstock::python
