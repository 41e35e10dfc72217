// penstock upsert: a source into a table by its key, last write wins.
//
// A row of the table gives way, whole, to the source's row of the same key. All of it is one transaction under the
// table's lock: readers see the table before or after, and a run that was killed anywhere may be run again.
//
// Threads:  upsert() is called from one thread; `stop` may be requested from any.
// Errors:   Error: invalid (options), not_found (source, table, column), refused (the source's records, or their keys),
//           busy, in_doubt, cancelled, and those of S3 and the cluster. Every kind but in_doubt: nothing was committed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "penstock/load.h"

struct ArrowArrayStream;  // of Arrow's C data interface

namespace penstock {

enum class WriteMode {
  upsert,   // rows of the source's keys give way
  append,   // nothing gives way
  replace,  // all rows give way
};

// What to do about several rows of one key in the source.
enum class Duplicates {
  refuse,
  last,  // the newest by order_by, else the last by position, stays
  keep,  // all stay: the key is coarser than a row, a day say
};

enum class NullKeys {
  refuse,
  match,   // NULL is a key as others are
  insert,  // a row without a key is a new row
};

enum class SourceFormat { csv, json, parquet };  // json: one object a line

struct UpsertOptions {
  // Local paths and globs; "-": stdin, alone; what lies in S3: keys, prefixes, globs, manifests (also local ones);
  // postgresql:// or redshift://…/database with a query, or …/database::schema.table, alone.
  std::vector<std::string> sources{};
  // In place of sources: rows of whoever speaks Arrow's C stream interface. upsert() takes it, and releases it whatever
  // comes of it; it is read once.
  ArrowArrayStream* stream = nullptr;
  std::string stream_name = "an Arrow stream";  // for people, and the ledger

  std::string query{};   // what to read of a server
  unsigned streams = 0;  // sessions that read a table of PostgreSQL side by side; 0: as many as its size is worth
  std::string into{};    // schema.table
  WriteMode mode = WriteMode::upsert;
  std::vector<std::string> key{};
  std::string order_by{};  // column; a row that is older by it than the table's loses
  Duplicates duplicates = Duplicates::refuse;
  NullKeys null_keys = NullKeys::refuse;
  bool create = false;                  // makes the table, of the source's types, where there is none
  std::string dist_key{};               // of the table that is made: a column
  std::vector<std::string> sort_key{};  // likewise
  bool evolve = false;                  // adds the source's columns that the table has not
  bool allow_empty = false;             // replace: let a source without a record replace rows
  bool missing_as_null = false;  // columns that the source lacks become NULL (or their default) in rows that give way

  std::optional<SourceFormat> format{};  // unset: by the name; CSV on stdin
  std::vector<std::string> columns{};    // of CSV without a header, in its order; of others those to take
  std::optional<char> delimiter{};       // unset: a comma, a tab in .tsv
  char quote = '"';
  std::optional<char> escape{};
  std::string null_as{};  // an unquoted field of just this text is NULL; in S3, where COPY reads it, a quoted one too
  bool empty_as_null = false;  // in S3: an empty field of a text column is NULL, as it is in files, not empty text

  // Every record is looked at before COPY reads it.
  bool check = false;     // is one bad, nothing is written, and all are told; with dry_run nothing is either way
  std::string rejects{};  // a local path: bad records go there, and why to <path>.reasons; the others are written

  std::string staging_bucket{};                 // where PENSTOCK_S3_BASE_PATH is not set; empty: that of a source in S3
  std::size_t memory = std::size_t{256} << 20;  // bytes of staging's buffers
  std::chrono::seconds lock_timeout{600};
  bool maintenance = true;  // VACUUM DELETE ONLY and ANALYZE of the target after the commit, best effort
  bool dry_run = false;     // reads headers and the catalog (and with check all records), stages nothing
};

struct UpsertProgress {
  std::uint64_t bytes = 0;  // read of the source
  std::uint64_t size = 0;   // of the source, as stored; 0: not known
  std::uint64_t records = 0;
};

// Something in the source that COPY would refuse.
struct BadValue {
  std::string source;  // the path, or stdin
  std::uint64_t line = 0;
  std::string column;  // empty: the record as a whole
  std::string value;   // its start
  std::string reason;
};

// "candies.csv line 3018, column age: no integer: 'x' at place 1 is no digit; value 'x'"
std::string in_words(const BadValue& value);

inline constexpr std::size_t kMostFindings = 10'000;  // that an outcome holds

struct UpsertOutcome {
  std::string schema;
  std::string table;
  std::uint64_t read = 0;      // records of the source
  std::uint64_t inserted = 0;  // rows that took nobody's place; of append and replace: all
  // Rows that took the place of others: as many as gave way, or all, if more did. To count those by their keys would
  // read the table once more.
  std::uint64_t updated = 0;
  std::uint64_t superseded = 0;  // records that lost against another of the source, or against the table's row
  std::uint64_t replaced = 0;    // rows that gave way
  std::uint64_t rejected = 0;    // bad records
  bool refused = false;          // a check found them: nothing was written
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_staged = 0;
  std::string load_id;
  // Of staged parts (staged_write.h): the loads that had committed them before. Nothing was done; the counts are
  // theirs.
  std::vector<std::string> known_as{};
  std::vector<std::string> plan;             // dry run: every statement, in order, secrets masked
  std::vector<std::string> table_changes{};  // the statements that made the table, or added columns
  std::uint64_t findings_in_all = 0;
  std::vector<BadValue> findings;  // the first of them, in the source's order
  double seconds = 0;
};

std::vector<std::string> problems_of(const UpsertOptions& options);

UpsertOutcome upsert(const UpsertOptions& options, const LoadContext& context,
                     const std::function<void(const UpsertProgress&)>& on_progress = {});

}  // namespace penstock
