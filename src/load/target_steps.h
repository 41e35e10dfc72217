// Steps that the transaction of a load and of an upsert have in common.
//
// Threads: one. Errors: Error, as said below, and of the statements.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "load/target_session.h"
#include "penstock/load.h"
#include "redshift/connection.h"

namespace penstock {

// The first statement of the transaction: what it reads then is all that earlier ones wrote. busy: who holds the lock
// did not end in time, and is named.
void lock_target(redshift::Transaction& transaction, const Target& target, std::chrono::seconds patience, Log& log);

struct Copied {
  std::uint64_t rows = 0;
  std::int64_t query = 0;  // as stl_query knows it
};

// COPY, and what the cluster says of it. label: of the attempt, which query_group carries. refused: with the rows that
// made it fail, as far as the cluster says; the transaction is rolled back.
Copied run_copy(redshift::Transaction& transaction, TargetSession& session, const redshift::Statement& copy,
                const std::string& label, const LoadContext& context);

// A whole number, as the server wrote it; internal when it is none.
std::int64_t number_of(const std::optional<std::string>& text);

}  // namespace penstock
