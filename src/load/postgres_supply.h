// A supply that PostgreSQL gives: what a query returns, or a table, as of one moment. Read here, over as many sessions
// as that can be, and staged.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "load/supply.h"

namespace penstock {

// What is wrong with options that have to do with a server as the source, known without asking it.
std::vector<std::string> problems_of_server(const UpsertOptions& options);

// Errors: those of postgres/session.h.
std::unique_ptr<Supply> postgres_supply(const UpsertOptions& options, const LoadContext& context,
                                        const StagingBase& base, const std::string& load_id);

}  // namespace penstock
