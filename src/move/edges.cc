#include "move/edges.h"

namespace penstock::network {

Network all_edges() {
  Network network;
  add_object_edges(network);
  add_recoding_edges(network);
  add_text_edges(network);
  add_file_edges(network);
  add_redshift_edges(network);
  add_copy_edges(network);
  add_unload_edges(network);
  add_postgresql_edges(network);
  add_stream_edges(network);
  return network;
}

}  // namespace penstock::network
