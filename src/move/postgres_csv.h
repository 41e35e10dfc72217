// The rows of PostgreSQL as a CSV file: the server writes the text, which is only packed on the way.
//
// Threads: one. Errors: those of postgres/rows.h and outlet.h; refused: a name that two columns have.
#pragma once

#include "move/network.h"

namespace penstock::network {

void copy_postgres_csv(const Resource& from, const Resource& to, Job& job);

}  // namespace penstock::network
