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
#include "move/servers.h"
#include "move/staged_unload.h"
#include "penstock/error.h"
#include "penstock/unload.h"
#include "postgres/rows.h"

namespace penstock::network {
namespace {

using columnar::SourceColumn;
using redshift::Identifier;

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

std::vector<SourceColumn> redshift_source(const std::vector<RowColumn>& columns) {
  std::vector<SourceColumn> source;
  std::vector<std::string> problems;
  for (const RowColumn& column : columns) {
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

Batches rows_of_none(std::vector<SourceColumn> columns, const Resource& from, const Job& job) {
  std::vector<staging::Input> inputs;
  inputs.push_back({.name = from.name, .open = [] { return std::make_unique<NoBytes>(); }});
  return columnar::text_batches(std::move(inputs), text_options(std::move(columns), "", job), job.context.stop);
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
  auto columns = redshift_source(from.columns.empty() ? columns_of(from, job.context) : from.columns);
  const std::string id = new_id();
  const std::string null_text = "\x1A" + id;  // that no value is
  const auto names =
      redshift::comma_separated(columns, [](const SourceColumn& column) { return Identifier(column.name); });
  const StagedUnload unloaded = unload_staged(
      from, names, {.format = UnloadFormat::csv, .compression = UnloadCompression::zstd, .null_as = null_text}, id,
      job);
  std::vector<staging::Input> inputs;
  for (const UnloadedObject& object : unloaded.written.objects) {
    inputs.push_back({.name = object.uri, .open = [unloaded, object] {
                        return decompressed(unloaded.store().open(unloaded.find(object)), Codec::zstd, object.uri);
                      }});
  }
  if (inputs.empty()) return rows_of_none(std::move(columns), from, job);
  auto rows =
      columnar::text_batches(std::move(inputs), text_options(std::move(columns), null_text, job), job.context.stop);
  return columnar::unloaded(std::move(rows), unloaded.written.rows, from.name);
}

Batches no_rows(const Resource& redshift, const Job& job) {
  return rows_of_none(redshift_source(redshift.columns), redshift, job);
}

}  // namespace penstock::network
