// Parquet and ORC as batches; and batches as files of every format.
#include <string>
#include <utility>

#include "move/batch_files.h"
#include "move/columnar_source.h"
#include "move/edges.h"

namespace penstock::network {
namespace {

void add_read_of(Network& network, Format format, std::string how, Cost cost) {
  network.add_read(
      std::move(how), cost,
      [format](const Resource& from) { return from.format == format && from.place != Place::standard; }, read_columnar);
}

void add_write_of(Network& network, Format format, std::string how, Cost cost) {
  network.add({.how = std::move(how),
               .cost = cost,
               .leads = [format](const Resource* /*batches*/,
                                 const Resource* to) { return to->format == format && to->codec != Codec::lzop; },
               .run = Write(write_files),
               .plan = [](const Resource* /*batches*/, const Resource& to, Job& job) { return plan_files(to, job); }});
}

}  // namespace

void add_file_edges(Network& network) {
  add_read_of(network, Format::parquet, "Parquet read in row groups", {0.02, 8e-9});
  add_read_of(network, Format::orc, "ORC read in stripes", {0.02, 12e-9});
  add_write_of(network, Format::csv, "written as CSV", {0.02, 8e-9});
  add_write_of(network, Format::json, "written as JSON lines", {0.02, 10e-9});
  add_write_of(network, Format::parquet, "written as Parquet", {0.02, 10e-9});
  add_write_of(network, Format::orc, "written as ORC", {0.02, 12e-9});
}

}  // namespace penstock::network
