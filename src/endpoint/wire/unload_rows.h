// The rows that an UNLOAD writes: of its query, on the session's own backend, so that temporary tables, search_path and
// the client's transaction count.
//
// Threads: the session's. Errors: SqlError in Redshift's words.
#pragma once

#include <string>
#include <vector>

#include "endpoint/unload/unload_run.h"
#include "endpoint/wire/backend.h"
#include "endpoint/wire/error_rules.h"

namespace penstock::endpoint {

class BackendRows : public UnloadSource {
 public:
  BackendRows(Backend& backend, ErrorContext context) : backend_(backend), context_(context) {}
  std::vector<ResultColumn> describe(const std::string& query) override;
  void begin(const std::string& query, const std::vector<bool>& binary) override;
  std::optional<std::span<const ResultField>> next() override;
  [[nodiscard]] bool begun() const noexcept { return begun_; }

 private:
  Backend& backend_;
  const ErrorContext context_;
  bool begun_ = false;
  std::vector<ResultField> row_;
};

}  // namespace penstock::endpoint
