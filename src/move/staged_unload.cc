#include "move/staged_unload.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "move/servers.h"
#include "penstock/error.h"
#include "redshift/connection.h"
#include "redshift/described.h"

namespace penstock::network {
namespace {

using redshift::Identifier;
using redshift::Query;
using redshift::Sql;
using redshift::Statement;

Query query_of(const Resource& from) {
  if (from.table.empty()) return Query(from.query);
  const auto name = table_name(from);
  const Statement all = name.schema.empty() ? Sql("SELECT * FROM ") << Identifier(name.table)
                                            : Sql("SELECT * FROM ") << redshift::Qualified{name.schema, name.table};
  return Query(all.text());
}

}  // namespace

std::vector<RowColumn> columns_of(const Resource& redshift, const MoveContext& context) {
  const LoadContext load = load_context(redshift, context);
  redshift::Connection connection(load.connection, {.application_name = "penstock move", .stop = load.stop}, load.log);
  std::vector<RowColumn> columns;
  for (auto& column : redshift::describe(connection, query_of(redshift), "look at " + printable(redshift.name))) {
    columns.push_back({.name = std::move(column.name), .type = std::move(column.type)});
  }
  return columns;
}

ObjectInfo StagedUnload::find(const UnloadedObject& object) const {
  const auto found = store().head(parse_s3_uri(object.uri).key);
  if (!found) throw Error(ErrorKind::unavailable, object.uri + " is gone, which UNLOAD had written");
  if (found->size != object.bytes) {
    throw Error(ErrorKind::unavailable,
                fmt::format("{} has {} bytes, and UNLOAD wrote {}", object.uri, found->size, object.bytes));
  }
  return *found;
}

StagedUnload unload_staged(const Resource& from, const Statement& values, const UnloadOptions& how,
                           const std::string& id, Job& job) {
  const LoadContext context = load_context(from, job.context);
  StagedUnload unloaded{.staged = std::make_shared<StagedObjects>(context, staging_of(job), id), .written = {}};
  unloaded.staged->own_prefix();
  // UNLOAD refuses a LIMIT, but not one further in
  const Statement query = Sql("SELECT ") << values << Sql(" FROM ") << query_of(from) << Sql(" AS penstock_query");
  unloaded.written = unload(query.text(), unloaded.store().uri_of(unloaded.staged->prefix() + "unload-"), how, context);
  return unloaded;
}

}  // namespace penstock::network
