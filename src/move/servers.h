// What edges of servers share: their sessions, and what the rows of a move are called.
//
// Threads: one. Errors: invalid: what the URI and the environment leave open.
#pragma once

#include <string>

#include "load/staging.h"
#include "move/network.h"
#include "penstock/load.h"
#include "postgres/address.h"

namespace penstock::network {

// Of a Redshift, with all that COPY and UNLOAD need.
LoadContext load_context(const Resource& redshift, const MoveContext& context);
// Where what COPY and UNLOAD exchange with us is put. invalid: there is no such place.
StagingBase staging_of(const Job& job);

// "schema.table", "table"; schema is empty where none is said.
postgres::TableName table_name(const Resource& server);
postgres::Address address_of(const Resource& postgresql);

}  // namespace penstock::network
