// Rows into a table of a Redshift: an upsert that appends, or that all rows give way to. Exactly once, as upserts are.
//
// Threads: one. Errors: those of penstock/upsert.h.
#pragma once

#include <string>
#include <vector>

#include "columnar/batches.h"
#include "load/looked_at.h"
#include "move/network.h"

namespace penstock::network {

// Whether upsert() reads it by itself.
bool upsert_reads(const Resource& from);

void copy_into_redshift(const Resource& from, const Resource& to, Job& job);
// Of what lies in S3 and was looked at.
void copy_looked_at(const LookedAt& from, const Resource& to, Job& job);
void write_redshift(columnar::BatchReader& rows, const Resource& to, Job& job);
std::vector<std::string> plan_redshift(const Resource* from, const Resource& to, Job& job);

}  // namespace penstock::network
