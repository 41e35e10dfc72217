// penstock move: from any URI to any URI, by the cheapest route.
//
//     users.csv, data/*.parquet, s3://bucket/folder/, redshift://…/db::schema.table, postgresql://…/db?query=…, -
//
// Tables append, or are made where there is none; files and objects are whole things, and one that is there gives way
// only to `replace`. What fails, or is stopped, leaves nothing: a file or object appears whole, a table's rows in one
// transaction. Columns go by their names; NULL and empty text stay apart.
//
// Threads:  move() is called from one thread; `stop` may be requested from any.
// Errors:   Error: invalid (URIs, options; no route), not_found, denied, refused (what is there already, or records of
//           the source), conflict (an object changed meanwhile), busy, in_doubt, cancelled, and those of the servers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "penstock/environment.h"
#include "penstock/log.h"
#include "penstock/store.h"

struct ArrowArrayStream;  // of Arrow's C data interface

namespace penstock {

struct MoveOptions {
  std::string source{};
  // In place of a source: rows of whoever speaks Arrow's C stream interface. move() takes it, and releases it whatever
  // comes of it; plan_move() leaves it alone.
  ArrowArrayStream* stream = nullptr;
  std::string stream_name = "an Arrow stream";  // for people, and the ledger
  std::string destination{};
  std::string query{};        // what to read of a server; also ?query= in its URI
  std::string from_format{};  // where the name does not say: csv, tsv.gz, jsonl, parquet
  std::string to_format{};
  bool replace = false;      // rows, files and objects that are there give way
  std::uint64_t sample = 0;  // records whose values say the types of a text's columns; 0: all
  bool why = false;          // says of each column why it is of its type

  std::vector<std::string> columns{};  // of CSV without a header, in its order
  std::optional<char> delimiter{};     // of the source's CSV; unset: a comma, a tab in .tsv
  std::optional<char> to_delimiter{};  // of CSV that is written
  std::string null_as{};               // an unquoted field of just this text is NULL in the source's CSV

  std::size_t route = 1;  // of those that there are, the cheapest first, which is taken

  std::string staging_bucket{};                     // where PENSTOCK_S3_BASE_PATH is not set; empty: one of a URI's
  std::size_t memory = std::size_t{256} << 20;      // bytes of buffers
  std::size_t part_bytes = std::size_t{256} << 20;  // of a part, where the destination is a folder, about
  bool dry_run = false;
};

struct MoveContext {
  Buckets& buckets;
  Environment environment;
  Log& log;
  std::stop_token stop{};
};

struct RouteStep {
  std::string from;  // "s3 csv", "batches"
  std::string to;
  std::string how;      // "the server copies it"
  double fixed = 0;     // seconds
  double per_byte = 0;  // seconds
  double seconds = 0;   // of the source as it is
};

struct Route {
  std::vector<RouteStep> steps;
  double seconds = 0;
};

// What a route was worked out to be, before anything moved.
struct MovePlan {
  std::string source;  // without a password
  std::string destination;
  std::uint64_t bytes = 0;      // of the source; 0: not known
  std::vector<Route> routes{};  // the cheapest first
  std::size_t taken = 0;        // which of them
};

struct MovedColumn {
  std::string name;
  std::string type;  // as DDL has it
  std::string why;   // the first value that ruled out a narrower type
};

struct MoveProgress {
  std::uint64_t bytes = 0;  // read of the source
  std::uint64_t size = 0;   // of the source, as stored; 0: not known
  std::uint64_t rows = 0;
};

struct MoveOutcome {
  MovePlan plan{};
  std::vector<std::string> steps{};     // a dry run: what would be done, secrets masked
  std::vector<std::string> written{};   // files, objects and tables
  std::optional<std::uint64_t> rows{};  // where they were counted
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
  std::vector<MovedColumn> columns{};  // of text whose types were looked for
  double seconds = 0;
};

std::vector<std::string> problems_of(const MoveOptions& options);

// Finds the source, and the routes; moves nothing.
MovePlan plan_move(const MoveOptions& options, const MoveContext& context);

MoveOutcome move(const MoveOptions& options, const MoveContext& context,
                 const std::function<void(const MoveProgress&)>& on_progress = {});

}  // namespace penstock
