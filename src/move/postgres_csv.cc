#include "move/postgres_csv.h"

#include <fmt/format.h>

#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/text.h"
#include "codec/compress.h"
#include "move/item_bytes.h"
#include "move/outlet.h"
#include "move/servers.h"
#include "penstock/error.h"
#include "postgres/rows.h"

namespace penstock::network {
namespace {

std::string field(const std::string& name, char delimiter) {
  if (name.find_first_of(std::string("\"\r\n") + delimiter) == std::string::npos && !name.empty()) return name;
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string header(const postgres::Rows& rows, char delimiter) {
  std::string line;
  std::set<std::string> seen;
  for (const postgres::Column& column : rows.columns()) {
    if (!seen.insert(column.name).second) {
      throw Error(ErrorKind::refused,
                  fmt::format("{} has two columns {}: call one otherwise by AS", rows.name(), printable(column.name)));
    }
    if (!line.empty()) line += delimiter;
    line += field(column.name, delimiter);
  }
  return line + '\n';
}

}  // namespace

void copy_postgres_csv(const Resource& from, const Resource& to, Job& job) {
  Outlet outlet(to, job);
  outlet.claim(std::vector<std::string>{""});
  postgres::Rows server(address_of(from), from.query, 0,
                        {.application_name = "penstock move", .stop = job.context.stop}, job.context.log);
  const std::string first = header(server, to.delimiter);
  const auto sink = outlet.open("");
  const auto packed =
      compressor(compression_of(to.codec), [&](std::span<const std::byte> piece) { sink->write(piece); });
  packed->write(std::as_bytes(std::span(first)));
  const auto rows = server.open({.is_csv = true, .delimiter = to.delimiter});
  std::uint64_t bytes = 0;
  pump(*rows, [&](std::span<const std::byte> piece) {
    packed->write(piece);
    bytes += piece.size();
    job.on_progress({.bytes = bytes, .rows = rows->rows()});
  });
  packed->finish();
  sink->commit();
  job.outcome.rows = rows->rows();
  job.outcome.bytes_read = bytes;
  outlet.finish();
}

}  // namespace penstock::network
