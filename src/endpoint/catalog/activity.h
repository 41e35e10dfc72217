// What the sessions do now: which transaction each is in, what runs, and how far its last COPY is. For stv_inflight,
// stv_recents, stv_load_state, and for locks under Redshift's numbers of transactions.
//
// In memory: nothing of it outlives the endpoint. The recorder writes it where the views find it, when one is asked
// for. Threads: any. Errors: none.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "endpoint/catalog/statement_record.h"
#include "endpoint/copy/copy_run.h"

namespace penstock::endpoint {

struct LoadState {
  std::int64_t query = 0;
  CopyProgress progress;
  std::chrono::system_clock::time_point at;
};

struct SessionNow {
  StatementRecord statement;  // the latest; its text cut
  bool runs = false;          // …still
  bool in_transaction = false;
  std::optional<LoadState> load{};  // of the latest COPY
};

class Activity {
 public:
  void began(const StatementRecord& statement);
  void idle(int session);  // nothing runs; its transaction may be open
  void transaction_ended(int session);
  void loading(const StatementRecord& copy, const CopyProgress& progress);
  void left(int session);
  std::vector<SessionNow> now();

 private:
  Guarded<std::map<int, SessionNow>> sessions_;
};

}  // namespace penstock::endpoint
