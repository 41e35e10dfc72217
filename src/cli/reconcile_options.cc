#include "cli/reconcile_options.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "load/instant.h"

namespace penstock::cli {

void add_reconcile_options(Command app, TypedReconcile& typed) {
  app.add_option("URI", typed.source, "s3://bucket/folder, or s3://bucket/prefix*: whose keys");
  app.add_option("--from", typed.from, "Only loads that began then or later: 2014-10-20 (midnight, UTC), or RFC 3339",
                 "DATE");
  app.add_option("--to", typed.to, "Only loads that began before", "DATE");
  app.add_option("--table", typed.table, "Only loads into this table", "SCHEMA.TABLE");
  app.add_option("--inventory", typed.inventory,
                 "manifest.json of an S3 Inventory, read in place of listing the bucket", "URI");
  app.add_option("--where", typed.where,
                 "Where keys and loads are joined: here (the default), or in redshift, which the keys are copied to",
                 "PLACE");
}

std::optional<Microseconds> read_moment(std::string_view option, const std::string& text, Problems& problems) {
  if (text.empty()) return std::nullopt;
  constexpr std::string_view kDate = "2014-10-20";
  const std::string spelled = text.size() == kDate.size() ? text + "T00:00:00Z" : text;
  const auto read = read_rfc3339(spelled);
  if (read && read->length == spelled.size()) return read->instant;
  problems.add(
      fmt::format("{} '{}' is neither a date such as 2014-10-20 (its midnight in UTC) nor a time such as "
                  "2014-10-20T12:00:00Z",
                  option, printable(text)));
  return std::nullopt;
}

ReconcileOptions understand(const TypedReconcile& typed, Problems& problems) {
  if (!typed.where.empty() && typed.where != "here" && typed.where != "redshift") {
    problems.add(fmt::format("--where '{}' is neither here nor redshift", printable(typed.where)));
  }
  const ReconcileOptions options{.source = typed.source,
                                 .from = read_moment("--from", typed.from, problems),
                                 .to = read_moment("--to", typed.to, problems),
                                 .table = typed.table,
                                 .inventory = typed.inventory,
                                 .in_redshift = typed.where == "redshift"};
  for (std::string& problem : problems_of(options)) problems.add(std::move(problem));
  return options;
}

std::string loads_in_words(const ReconcileOptions& options) {
  std::string text;
  if (options.from) text += " from " + to_rfc3339(*options.from);
  if (options.to) text += " to " + to_rfc3339(*options.to);
  if (!options.table.empty()) text += (text.empty() ? " into " : ", into ") + printable(options.table);
  return text.empty() ? text : text.substr(1);
}

}  // namespace penstock::cli
