// COMMIT whose answer may be lost: then the server is asked by another session what became of the transaction.
//
// Threads: one. Errors: those of a session; unavailable: nothing was committed, and it may be done again; in_doubt: the
// server was not to be asked, and the message holds the statement that asks it.
#pragma once

#include <chrono>
#include <string_view>

#include "postgres/session.h"

namespace penstock::postgres {

// session: of the server, which is not used afterwards. patience: with a server that is away.
void commit(Session& session, const ServerUri& server, const SessionOptions& options, Log& log, std::string_view doing,
            std::chrono::seconds patience = std::chrono::seconds(60));

}  // namespace penstock::postgres
