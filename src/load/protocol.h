// The one transaction of a load, and what is done when it breaks.
//
//     BEGIN; LOCK; ledger, watermark, decision; manifest; CREATE, ALTER; DELETE; COPY; witnesses; ledger, loads; COMMIT
//
// The lock comes before anything is read: the snapshot then sees every earlier load of the target, and no two overlap.
// Whatever fails before COMMIT is sent is rolled back by the server, and the whole transaction may be run again. What
// fails after it is in doubt: recovery takes the lock, which is granted only once the old transaction is over, and then
// asks whether its row of `loads` is there. docs/semantics.md goes through every point at which a run may be killed.
//
// Threads: one. Errors: Error. in_doubt: the outcome is not known, and staging was left; every other kind: nothing was
// committed.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "load/plan.h"
#include "load/target_session.h"
#include "penstock/load.h"

namespace penstock {

struct Loaded {
  std::uint64_t rows = 0;
  std::uint64_t replaced = 0;
};
struct Skipped {
  std::string reason;
};
using LoadResult = std::variant<Loaded, Skipped>;

// Another object was there than the one that was planned for, when the transaction was about to end. The load may be
// planned again.
class ChangedMeanwhile : public Error {
 public:
  explicit ChangedMeanwhile(const std::string& message) : Error(ErrorKind::conflict, message) {}
};

LoadResult run_load(const LoadJob& job, TargetSession& session, const LoadOptions& how, const LoadContext& context);

// What run_load() would do now, without a lock and with nothing changed.
LoadPlan dry_run(const LoadJob& job, TargetSession& session, const LoadOptions& how);

// The newest value of the target's data date column; nullopt: no table, no such column, or no values.
std::optional<Instant> read_watermark(redshift::Transaction& transaction, const Target& target,
                                      const std::string& data_date_column,
                                      const std::optional<redshift::CatalogTable>& table);

}  // namespace penstock
