// penstock discover: which columns a source has, and what types of Redshift hold them.
//
//     users.csv.gz, data/*.jsonl, s3://bucket/folder/, redshift://…/db::schema.table, postgresql://…/db?query=…, -
//
// Of CSV and JSON the values say it, of all else the files' or the server's own types. Nothing is changed anywhere.
//
// Threads: discover() is called from one thread; `stop` may be requested from any.
// Memory:  DiscoverOptions::memory, whatever the source.
// Errors:  Error: invalid (URI, options), not_found, denied, refused (what is no CSV, JSON, … from its start to its
//          end, or has what no column holds), conflict (an object changed meanwhile), cancelled; those of the servers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "penstock/move.h"

struct ArrowArrayStream;  // of Arrow's C data interface

namespace penstock {

inline constexpr std::uint64_t kDiscoverSample = 10'000;  // records of what lies in S3

struct DiscoverOptions {
  std::string source{};
  // In place of a source: rows of whoever speaks Arrow's C stream interface. discover() takes it, and releases it
  // whatever comes of it; it is read once.
  ArrowArrayStream* stream = nullptr;
  std::string stream_name = "an Arrow stream";  // for people

  std::string query{};   // what to read of a server; also ?query= in its URI
  std::string format{};  // where the name does not say: csv, tsv.gz, jsonl, parquet
  // Records of text, spread over at most 16 files; 0: all. Unset: all, but of S3 kDiscoverSample.
  std::optional<std::uint64_t> sample{};
  bool tight = false;  // types that take what was seen, without room for more

  std::vector<std::string> columns{};  // of CSV without a header, in its order
  std::optional<char> delimiter{};
  char quote = '"';
  std::optional<char> escape{};
  std::string null_as{};  // an unquoted field of just this text is NULL

  std::size_t memory = std::size_t{64} << 20;
};

struct DiscoveredColumn {
  std::string name{};   // as the source has it
  std::string type{};   // of Redshift
  std::string field{};  // of Arrow, in the JSON of its integration tests; of text what would hold the type's values
  std::string why{};
  std::optional<std::uint64_t> nulls{};      // records that have no value of the type, of those looked at
  std::optional<std::uint64_t> max_bytes{};  // of a value, as text
  // As a table of Redshift has it.
  bool not_null = false;
  bool primary_key = false;
  bool dist_key = false;
  int sort_order = 0;  // place in the sort key, from 1; 0: not in it
  std::string default_value{};
};

struct DiscoverOutcome {
  std::string source{};  // for people, without a password
  std::string schema{};  // of a table; else empty
  std::string table{};   // of a table, or what a file's name suggests
  std::vector<DiscoveredColumn> columns{};
  std::optional<std::uint64_t> records{};  // looked at, or there are as the files say
  bool is_whole = true;                    // all there are were looked at; else a sample
  std::uint64_t bytes_read = 0;
};

std::vector<std::string> problems_of(const DiscoverOptions& options);

DiscoverOutcome discover(const DiscoverOptions& options, const MoveContext& context,
                         const std::function<void(const MoveProgress&)>& on_progress = {});

// What is made of it. refused, all of it listed: names that no column of Redshift can have.
struct TableWords {
  std::string schema{};            // empty: the outcome's, else public
  std::string table{};             // empty: the outcome's
  std::string data_date_column{};  // of the YAML; empty: the first date or timestamp
  bool why = false;                // each column's reason, as a comment
};
std::string yaml_of(const DiscoverOutcome& outcome, const TableWords& words);  // for `penstock load --config`
std::string ddl_of(const DiscoverOutcome& outcome, const TableWords& words);   // CREATE TABLE …;
std::string json_of(const DiscoverOutcome& outcome);  // an Arrow schema, and what was found out

}  // namespace penstock
