#include "reconcile/own_loads.h"

namespace penstock::reconcile {

OwnCopies OwnLoads::copies_since(Microseconds since) const {
  OwnCopies copies;
  for (const auto& [load_id, load] : loads_) {
    if (load.query == 0 || load.at < since) continue;
    copies[load.query] = {.attempt_id = load.attempt_id,
                          .load_id = load_id,
                          .table = load.table,
                          .is_gone = load.is_gone,
                          .is_in_ledger = load.is_in_ledger};
  }
  return copies;
}

}  // namespace penstock::reconcile
