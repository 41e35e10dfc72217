// Tables of a Redshift: read by UNLOAD, written by COPY.
#include "move/edges.h"
#include "move/redshift_table.h"
#include "move/server_rows.h"

namespace penstock::network {

void add_redshift_edges(Network& network) {
  network.add({.how = "staged, which COPY reads",
               .cost = {2.0, 1.2e-8},
               .leads = [](const Resource* from,
                           const Resource* to) { return to->place == Place::redshift && upsert_reads(*from); },
               .run = Copy(copy_into_redshift),
               .plan = plan_redshift});
  network.add_read(
      "UNLOAD writes CSV, which is read and removed", {3.0, 2e-8},
      [](const Resource& from) { return from.place == Place::redshift; }, read_redshift);
  network.add({.how = "staged as CSV, which COPY reads",
               .cost = {2.0, 2e-8},
               .leads = [](const Resource* /*batches*/, const Resource* to) { return to->place == Place::redshift; },
               .run = Write(write_redshift),
               .plan = plan_redshift});
}

}  // namespace penstock::network
