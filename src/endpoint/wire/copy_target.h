// The table that a COPY names, and the way of its rows into it: on the session's own backend, so that temporary tables,
// search_path and the client's transaction count.
//
// Threads: the session's. Errors: SqlError in Redshift's words; BackendError.
#pragma once

#include <string>
#include <vector>

#include "endpoint/copy/copy_run.h"
#include "endpoint/wire/backend.h"
#include "endpoint/wire/error_rules.h"

namespace penstock::endpoint {

// Finds it, checks that rows may be inserted, and holds off other writers until the transaction ends.
TargetTable open_target(Backend& backend, const CopyStatement& copy);

// STATUPDATE: ON, or of a table that was empty without it. Only a table's owner can have its statistics made.
class Statistics {
 public:
  Statistics(Backend& backend, const CopyStatement& copy, const TargetTable& target);  // before the rows
  void update();                                                                       // behind them

 private:
  Backend& backend_;
  const TargetTable& target_;
  bool wanted_;
};

class BackendCopySink : public CopySink {
 public:
  BackendCopySink(Backend& backend, const TargetTable& target, ErrorContext context);
  void begin(const std::vector<std::string>& columns) override;
  void write(std::span<const std::byte> binary_copy) override;
  void finish() override;
  void abort();  // nothing is kept, and the transaction has failed
  [[nodiscard]] bool begun() const noexcept { return begun_; }

 private:
  Backend& backend_;
  const TargetTable& target_;
  const ErrorContext context_;
  bool begun_ = false;
};

}  // namespace penstock::endpoint
