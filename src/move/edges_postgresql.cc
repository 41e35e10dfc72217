// Tables of PostgreSQL: read and written by its COPY.
#include "move/edges.h"
#include "move/postgres_csv.h"
#include "move/postgres_table.h"
#include "move/server_rows.h"

namespace penstock::network {

void add_postgresql_edges(Network& network) {
  network.add_read(
      "read by COPY TO STDOUT", {0.1, 1.5e-8}, [](const Resource& from) { return from.place == Place::postgresql; },
      read_postgres);
  network.add_copy(
      "COPY TO STDOUT writes the CSV", {0.1, 1e-8},
      [](const Resource& from, const Resource& to) {
        return from.place == Place::postgresql && to.format == Format::csv && !to.is_folder;
      },
      copy_postgres_csv);
  network.add(
      {.how = "written by COPY FROM STDIN",
       .cost = {0.1, 3e-8},
       .leads = [](const Resource* /*batches*/, const Resource* to) { return to->place == Place::postgresql; },
       .run = Write(write_postgres),
       .plan = [](const Resource* /*batches*/, const Resource& to, Job& job) { return plan_postgres(to, job); }});
}

}  // namespace penstock::network
