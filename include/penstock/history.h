// penstock history: what the ledger knows, and the exact errors of a failed load.
//
// Threads: one. Errors: Error; denied where a system table may not be read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "penstock/connection.h"
#include "penstock/log.h"

namespace penstock {

struct HistoryOptions {
  std::string schema;  // empty: all
  std::string table;   // empty: all
  int limit = 20;      // newest first; 0: all
  bool errors = true;  // what failed, too, with its rows of stl_load_errors (kept by Redshift for some days)
};

struct LoadedObject {
  std::string uri;
  std::string etag;
  std::uint64_t size = 0;  // bytes
};

struct LoadErrorRow {
  std::string object;  // s3://bucket/key
  std::int64_t line = 0;
  std::string column;
  std::string type;
  std::string raw_value;
  std::string raw_line;
  int code = 0;
  std::string reason;
};

struct HistoryEntry {
  std::string load_id;
  std::string schema;
  std::string table;
  bool committed = false;
  std::string kind = "load";     // load, upsert, append, replace
  std::string source;            // of all but load: what was read
  std::string at;                // UTC, RFC 3339: of the commit, or of the failure
  std::string by;                // database user
  std::string data_date;         // RFC 3339; of a load
  std::uint64_t rows = 0;        // written
  std::uint64_t replaced = 0;    // that gave way
  std::uint64_t read = 0;        // records of the source
  std::uint64_t inserted = 0;    // rows that took nobody's place
  std::uint64_t updated = 0;     // rows that took the place of others
  std::uint64_t superseded = 0;  // records that lost against another one
  std::uint64_t rejected = 0;    // bad records that were put aside
  std::int64_t query = 0;        // of the COPY, as stl_query knows it
  std::vector<LoadedObject> objects;
  std::string reason;                // of a failed upsert: what it said; of a failed load the errors say it
  std::vector<LoadErrorRow> errors;  // of what COPY refused
};

std::vector<HistoryEntry> history(const HistoryOptions& options, const ConnectionConfig& connection, Log& log);

}  // namespace penstock
