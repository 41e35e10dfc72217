// Rows into a table of PostgreSQL, in one transaction: who reads it sees it before or after.
//
// The table is made of the rows' types where there is none. Columns go by their names, to the letter, or else whatever
// their case; those that the rows lack get their default. All rows of the table give way where that is asked for: by
// DELETE under a lock that lets readers read, and not TRUNCATE, which they would wait for, or see too early.
//
// Threads: one. Errors: refused: columns that don't go together, all of them, and what the server refuses, with its
// row; denied, busy (a lock), unavailable, cancelled: nothing was written; in_doubt: see postgres/commit.h.
#pragma once

#include <string>
#include <vector>

#include "columnar/batches.h"
#include "columnar/postgres_text.h"
#include "move/network.h"
#include "postgres/destination.h"

namespace penstock::network {

void write_postgres(columnar::BatchReader& rows, const Resource& to, Job& job);
// What of it is known without the rows.
std::vector<std::string> plan_postgres(const Resource& to, Job& job);

// The table's column for each of the rows'. refused, all of it: columns that the table has not or that are not to be
// written; where all rows give way, those that would be empty in the new ones, and else those that may not be.
std::vector<std::string> match_columns(const std::vector<std::string>& names, const postgres::Destination& table,
                                       bool replace);

}  // namespace penstock::network
