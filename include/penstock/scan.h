// The rows of anything that move() reads, as a stream of Arrow's C data interface: for a data frame, or any engine that
// takes one.
//
//     users.csv, data/*.parquet, s3://bucket/folder/, redshift://…/db::schema.table, postgresql://…/db?query=…, -
//
// Types are what move() makes of them (docs/types.md): of CSV and JSON, all values are looked at before the first row
// is given. Rows are read while they are asked for, and a little ahead.
//
// Threads:  scan() is called from one thread; the stream, from one at a time. Those that read ahead end when it is
//           released, which may be at any time.
// Lifetime: buckets and log outlive the stream; its arrays and its end may outlive it.
// Memory:   ScanOptions::memory, about, beside the arrays that were taken.
// Errors:   of scan(): Error, of move(): of the source. Later ones come by the stream's own way, which knows a text
//           and no kind: the end has the Error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "penstock/error.h"
#include "penstock/move.h"

struct ArrowArrayStream;  // of Arrow's C data interface

namespace penstock {

struct ScanOptions {
  std::string source{};
  std::string query{};                 // what to read of a server; also ?query= in its URI
  std::string format{};                // where the name does not say: csv, tsv.gz, jsonl, parquet
  std::uint64_t sample = 0;            // records whose values say the types of a text's columns; 0: all
  std::vector<std::string> columns{};  // of CSV without a header, in its order
  std::optional<char> delimiter{};
  std::string null_as{};         // an unquoted field of just this text is NULL
  std::string staging_bucket{};  // of a Redshift: where PENSTOCK_S3_BASE_PATH is not set
  std::size_t memory = std::size_t{256} << 20;
};

// What became of a stream.
class ScanEnd {
 public:
  virtual ~ScanEnd() = default;
  [[nodiscard]] virtual std::optional<Error> failure() const = 0;  // any thread's
};

std::vector<std::string> problems_of(const ScanOptions& options);

// out: written only where nothing is thrown; whoever has it releases it.
std::shared_ptr<const ScanEnd> scan(const ScanOptions& options, const MoveContext& context, ArrowArrayStream& out,
                                    const std::function<void(const MoveProgress&)>& on_progress = {});

}  // namespace penstock
