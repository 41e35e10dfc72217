#include "move/server_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "codec/decompress.h"
#include "columnar/text_batches.h"
#include "columnar/unloaded.h"
#include "load/attempt.h"
#include "load/postgres_values.h"
#include "load/staged_objects.h"
#include "move/servers.h"
#include "penstock/error.h"
#include "penstock/unload.h"
#include "postgres/rows.h"
#include "redshift/connection.h"
#include "redshift/described.h"

namespace penstock::network {
namespace {

using columnar::SourceColumn;
using redshift::Identifier;
using redshift::Query;
using redshift::Sql;

constexpr std::uint64_t kEnough = std::size_t{16} << 20;

// The server's rows, and the sessions that they come by.
class PostgresReader final : public ObjectReader {
 public:
  explicit PostgresReader(std::shared_ptr<postgres::Rows> server)
      : server_(std::move(server)), rows_(server_->open({.is_csv = true})) {}
  std::size_t read(std::span<std::byte> buffer) override { return rows_->read(buffer); }

 private:
  const std::shared_ptr<postgres::Rows> server_;
  const std::unique_ptr<postgres::CopyOut> rows_;
};

// Of a query without rows.
class NoBytes final : public ObjectReader {
 public:
  std::size_t read(std::span<std::byte> /*buffer*/) override { return 0; }
};

columnar::TextBatchOptions text_options(std::vector<SourceColumn> columns, std::string null_text, const Job& job) {
  columnar::TextBatchOptions how;
  how.shape = staging::CsvShape{.fields = columns.size(), .null_text = std::move(null_text)};
  how.columns = std::move(columns);
  how.memory = std::max<std::size_t>(job.options.memory / 2, kEnough);
  return how;
}

std::vector<SourceColumn> postgres_source(const std::vector<postgres::Column>& columns, const std::string& name) {
  std::vector<SourceColumn> source;
  std::set<std::string> seen;
  for (const discovery::Column& column : postgres_types(columns)) {
    if (!seen.insert(column.name).second) {
      throw Error(ErrorKind::refused, fmt::format("{} has two columns {}: call one otherwise by AS", printable(name),
                                                  printable(column.name)));
    }
    source.push_back({.name = column.name, .type = column.type, .field = source.size()});
  }
  return source;
}

std::vector<SourceColumn> redshift_source(const std::vector<redshift::DescribedColumn>& columns) {
  std::vector<SourceColumn> source;
  std::vector<std::string> problems;
  for (const redshift::DescribedColumn& column : columns) {
    const auto type = table::parse_type(column.type);
    const bool has_digits = column.type != "numeric";
    if (!type || !has_digits) {
      problems.push_back(fmt::format("column {} is {}: cast it to {} in a query", printable(column.name), column.type,
                                     has_digits ? "another type" : "a numeric(p,s)"));
      continue;
    }
    source.push_back({.name = column.name, .type = *type, .field = source.size()});
  }
  if (!problems.empty()) throw Error(ErrorKind::refused, fmt::format("{}", fmt::join(problems, "\n")));
  return source;
}

Query query_of(const Resource& from) {
  if (from.table.empty()) return Query(from.query);
  const auto name = table_name(from);
  const redshift::Statement all = name.schema.empty()
                                      ? Sql("SELECT * FROM ") << Identifier(name.table)
                                      : Sql("SELECT * FROM ") << redshift::Qualified{name.schema, name.table};
  return Query(all.text());
}

// By name, so that the order is the one that was looked at; UNLOAD refuses a LIMIT, but not one further in.
std::string query_for_unload(const Query& query, const std::vector<SourceColumn>& columns) {
  const auto names =
      redshift::comma_separated(columns, [](const SourceColumn& column) { return Identifier(column.name); });
  return (Sql("SELECT ") << names << Sql(" FROM ") << query << Sql(" AS penstock_query")).text();
}

}  // namespace

Batches read_postgres(const Resource& from, Job& job) {
  const postgres::SessionOptions options{.application_name = "penstock move", .stop = job.context.stop};
  const auto rows = std::make_shared<postgres::Rows>(address_of(from), from.query, 0, options, job.context.log);
  auto columns = postgres_source(rows->columns(), from.name);
  std::vector<staging::Input> inputs;
  inputs.push_back({.name = from.name, .open = [rows] { return std::make_unique<PostgresReader>(rows); }});
  return columnar::text_batches(std::move(inputs), text_options(std::move(columns), "", job), job.context.stop);
}

Batches read_redshift(const Resource& from, Job& job) {
  const LoadContext context = load_context(from, job);
  const Query query = query_of(from);
  std::vector<SourceColumn> columns;
  {
    redshift::Connection connection(context.connection, {.application_name = "penstock move", .stop = context.stop},
                                    context.log);
    columns = redshift_source(redshift::describe(connection, query, "look at " + printable(from.name)));
  }
  const std::string id = new_id();
  const std::string null_text = "\x1A" + id;  // that no value is
  const auto staged = std::make_shared<StagedObjects>(context, staging_of(job), id);
  staged->own_prefix();
  const Unloaded written =
      unload(query_for_unload(query, columns), staged->store().uri_of(staged->prefix() + "unload-"),
             {.format = UnloadFormat::csv, .compression = UnloadCompression::zstd, .null_as = null_text}, context);
  std::vector<staging::Input> inputs;
  for (const UnloadedObject& object : written.objects) {
    inputs.push_back({.name = object.uri, .open = [staged, uri = object.uri] {
                        const auto found = staged->store().head(parse_s3_uri(uri).key);
                        if (!found) throw Error(ErrorKind::unavailable, uri + " is gone, which UNLOAD had written");
                        return decompressed(staged->store().open(*found), Codec::zstd, uri);
                      }});
  }
  if (inputs.empty()) inputs.push_back({.name = from.name, .open = [staged] { return std::make_unique<NoBytes>(); }});
  auto rows = columnar::text_batches(std::move(inputs), text_options(std::move(columns), null_text, job), context.stop);
  return columnar::unloaded(std::move(rows), written.rows, from.name);
}

}  // namespace penstock::network
