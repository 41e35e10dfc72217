// The rows of a server's table or query as batches, with the types that the server says.
//
// PostgreSQL's come by COPY as they are read; a Redshift's by UNLOAD, as CSV below the staging prefix, which is gone
// with the batches.
//
// Threads: see columnar/batches.h. Lifetime: the job outlives them.
// Errors:  refused, naming the column: a type that nothing holds; a value that is none of its type (infinite dates,
//          NaN in a numeric), with its line; those of the servers and of S3.
#pragma once

#include "move/network.h"

namespace penstock::network {

Batches read_postgres(const Resource& from, Job& job);
Batches read_redshift(const Resource& from, Job& job);
// None, with the columns that the Redshift's resource has.
Batches no_rows(const Resource& redshift, const Job& job);

}  // namespace penstock::network
