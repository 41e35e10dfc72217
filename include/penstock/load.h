// penstock load: the newest data in S3 for each table, into that table, exactly once.
//
// The data are keys <schema>_<table>_<RFC 3339 date>.<suffix>; the newest is the latest instant in a name, never the
// latest modification. docs/semantics.md says what is promised, and names the test of each promise.
//
// Threads:  load() is called from one thread; `stop` may be requested from any.
// Errors:   of one table: in its TableOutcome, so that one failing does not stop the others. Of all: Error.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/connection.h"
#include "penstock/environment.h"
#include "penstock/error.h"
#include "penstock/log.h"
#include "penstock/store.h"

namespace penstock {

enum class Granularity { instant, hour, day, stream };

struct LoadOptions {
  std::string schema{};
  std::vector<std::string> tables{};
  std::string bucket{};
  std::string prefix{};  // folder of the data: what its keys start with, up to a slash; "" for the bucket's root
  std::string
      config_uri{};  // s3://… or a local path; empty: config_<data file name without suffix>.yml beside the data
  std::optional<std::chrono::sys_time<std::chrono::microseconds>> date{};  // exactly this data date, not the newest
  bool catch_up = false;  // every data date newer than the watermark, oldest first, each its own transaction
  bool truncate = false;  // replace all rows; does not imply force
  bool force = false;     // load although stale or changed, replacing that period's (or that instant's) rows
  bool create_schema = false;
  bool allow_empty = false;  // let an empty input replace rows
  bool maintenance = true;   // VACUUM DELETE ONLY and ANALYZE of the target after the commit, best effort
  Granularity granularity = Granularity::instant;
  std::string timezone = "UTC";  // IANA name; whose hours and days the granularity means
  std::optional<char> delimiter{};
  std::optional<std::string> null_as{};
  std::chrono::seconds lock_timeout{600};  // wait for another worker on the same table; then busy
  bool dry_run = false;
};

enum class LoadStatus { loaded, planned, skipped, failed };

// What happened to one data date of one table. (--catch-up: several of one table, in order.)
struct TableOutcome {
  std::string schema;
  std::string table;
  LoadStatus status = LoadStatus::failed;
  std::string reason;  // skipped, failed: why, in a sentence
  std::optional<ErrorKind> error;
  std::string data_date;             // RFC 3339, as the key spells it; empty when no data was found
  std::vector<std::string> objects;  // s3://bucket/key
  std::uint64_t rows = 0;            // inserted by COPY
  std::uint64_t replaced = 0;        // deleted before it, in the same transaction
  std::uint64_t bytes = 0;           // of the objects, as stored
  std::string load_id;               // the ledger's; loaded only
  std::vector<std::string> plan;     // every statement and object written, in order, secrets masked
  double seconds = 0;
};

struct LoadSummary {
  std::vector<TableOutcome> tables;
};

struct LoadContext {
  ConnectionConfig connection;
  Buckets& buckets;
  Environment environment;  // REDSHIFT_ROLE_ARN, PENSTOCK_S3_BASE_PATH, and the AWS chain for COPY's keys
  Log& log;
  std::stop_token stop{};
};

// What is wrong with the options, all of it, known without touching data. load() throws it as one Error, invalid.
std::vector<std::string> problems_of(const LoadOptions& options);

LoadSummary load(const LoadOptions& options, const LoadContext& context);

// The worst of a summary's exit codes (those of error.h): 3 before 5 before 4 before 2 before 1 before 0.
int exit_code(const LoadSummary& summary) noexcept;

// An RFC 3339 instant with an offset: 2015-07-01T00:00:00Z. nullopt when it is none.
std::optional<std::chrono::sys_time<std::chrono::microseconds>> parse_data_date(std::string_view text) noexcept;

}  // namespace penstock
