// A stream of Arrow's, which whoever calls move() has: it is batches already.
#include <utility>

#include "move/edges.h"
#include "penstock/error.h"

namespace penstock::network {

void add_stream_edges(Network& network) {
  network.add_read(
      "taken as they are", {}, [](const Resource& from) { return from.place == Place::stream; },
      [](const Resource& /*from*/, Job& job) {
        if (!job.stream) throw Error(ErrorKind::internal, "the stream was taken before");
        return std::exchange(job.stream, nullptr);
      });
}

}  // namespace penstock::network
