// Writes the system tables (stl_query, stl_load_errors, …), autonomously: what is recorded stays, whatever becomes of
// the client's transaction.
//
// It has a PostgreSQL session of its own and a thread that writes in batches, so that a small statement doesn't wait.
// Threads: any. Errors: a failed write is logged and counted, and never hurts the session that recorded.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "endpoint/catalog/activity.h"
#include "endpoint/catalog/statement_record.h"
#include "endpoint/copy/copy_run.h"
#include "endpoint/sql/statement.h"
#include "endpoint/unload/unload_run.h"
#include "penstock/log.h"

namespace penstock::endpoint {

class Recorder {
 public:
  // conninfo: libpq's, of a superuser on the bootstrapped database: recorder_conninfo(). Drops what is older than
  // seven days, now and again: when it records, and has not done so for sweep_every.
  Recorder(std::string conninfo, Log& log, std::chrono::seconds sweep_every = std::chrono::hours(1));
  ~Recorder();
  std::int64_t next_query();        // ids never repeat, also over restarts; throws Error unavailable
  std::int64_t next_transaction();  // likewise
  // A table's number by its name; 0: there is none. schema: empty for any, public first.
  std::int64_t table_number(const std::string& schema, const std::string& table);
  void record(StatementRecord statement);
  // What the COPY read and refused; beside record(), which the COPY needs as every statement does.
  void record_copy(const StatementRecord& statement, const CopyStatement& copy, const TargetTable& target,
                   const CopyReport& report);
  // What the UNLOAD wrote, likewise. Its statement says whether and why it failed.
  void record_unload(const StatementRecord& statement, const UnloadStatement& unload, const UnloadReport& report);
  void flush();  // returns when all that was recorded before is visible to new snapshots
  Activity& activity();
  void publish_activity();  // returns when the views show what the sessions do now

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::endpoint
