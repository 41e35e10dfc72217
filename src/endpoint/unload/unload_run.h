// Executes an UNLOAD: reads the query's rows as they come, formats and compresses them, and writes objects under
// Redshift's names. What it wrote is an UnloadReport; it writes to no system table itself.
//
// Threads: the caller's alone. Memory is bounded whatever the number of rows.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/sql/sql_error.h"
#include "endpoint/sql/unload_statement.h"
#include "endpoint/unload/result_column.h"
#include "penstock/store.h"

namespace penstock::endpoint {

using ResultField = std::optional<std::string_view>;  // nullopt: NULL

// Where the rows come from: PostgreSQL, on the session's own backend. Errors: SqlError.
class UnloadSource {
 public:
  virtual ~UnloadSource() = default;
  // What the query would give; it isn't run.
  virtual std::vector<ResultColumn> describe(const std::string& query) = 0;
  // Runs it. binary: by column, whether its values come in PostgreSQL's binary form rather than as text.
  virtual void begin(const std::string& query, const std::vector<bool>& binary) = 0;
  // The next row; nullopt at the end. Holds until the next call.
  virtual std::optional<std::span<const ResultField>> next() = 0;
};

struct UnloadedFile {  // a row of stl_unload_log
  std::string object;  // s3://bucket/key
  int slice = 0;
  std::uint64_t rows = 0;
  std::uint64_t size = 0;
  std::chrono::system_clock::time_point started;
  std::chrono::system_clock::time_point finished;
};

struct UnloadReport {
  std::uint64_t rows = 0;           // of the query
  std::vector<UnloadedFile> files;  // committed; they stay when the statement fails later
};

struct UnloadEnvironment {
  // The buckets that the statement's credentials reach; refuses wrong keys as S3 refuses them.
  std::function<std::unique_ptr<Buckets>(const UnloadStatement&)> connect;
  std::int64_t query_id = 0;  // for error blocks
  std::stop_token stop;
};

// Throws SqlError in Redshift's words; the report then says what had been written. An object that was not finished is
// not there.
void run_unload(const UnloadStatement& statement, UnloadSource& source, const UnloadEnvironment& environment,
                UnloadReport& report);

}  // namespace penstock::endpoint
