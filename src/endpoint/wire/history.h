// Where a session's statements are remembered: the endpoint's Recorder, or a test's.
//
// Threads: any. Errors: none; what can't be remembered hurts no session.
#pragma once

#include <cstdint>
#include <string>

#include "endpoint/catalog/recorder.h"

namespace penstock::endpoint {

class History {
 public:
  virtual ~History() = default;
  virtual std::int64_t next_query() = 0;
  virtual std::int64_t next_transaction() = 0;
  // A table's number by its name; 0: there is none, or it can't be found out.
  virtual std::int64_t table_number(const std::string& schema, const std::string& table) = 0;
  virtual void record(StatementRecord statement) = 0;
  virtual void record_copy(const StatementRecord& statement, const CopyStatement& copy, const TargetTable& target,
                           const CopyReport& report) = 0;
  virtual void record_unload(const StatementRecord& statement, const UnloadStatement& unload,
                             const UnloadReport& report) = 0;
  virtual Activity& activity() = 0;
  virtual void publish_activity() = 0;  // returns when the views show what the sessions do now
  virtual void flush() = 0;             // returns when all that was recorded before is visible
};

}  // namespace penstock::endpoint
