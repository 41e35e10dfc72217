// What all edges are: a function for each file of them, to which a new format or place adds its own.
#pragma once

#include "move/network.h"

namespace penstock::network {

void add_object_edges(Network& network);    // files and objects, byte for byte
void add_recoding_edges(Network& network);  // the same text, packed otherwise
void add_text_edges(Network& network);      // CSV and JSON lines as batches; CSV in another dialect
void add_file_edges(Network& network);      // Parquet and ORC as batches; batches as files of every format
void add_redshift_edges(Network& network);
void add_copy_edges(Network& network);    // what lies in S3 into a Redshift
void add_unload_edges(Network& network);  // a Redshift's rows as files, as UNLOAD writes them
void add_postgresql_edges(Network& network);
void add_stream_edges(Network& network);  // rows that the caller has

}  // namespace penstock::network
