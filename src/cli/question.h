// A question to whoever sits before the terminal, about what can't be undone.
//
// Threads: one. Errors: Error cancelled: a stop ends the wait.
#pragma once

#include <stop_token>
#include <string>

namespace penstock::cli {

bool can_ask();  // stdin and stderr are a terminal
// The line that is typed, in lower case; on stderr, as stdout may be somebody's file.
std::string ask(const std::string& question, const std::stop_token& stop);

}  // namespace penstock::cli
