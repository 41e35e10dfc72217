// What a server said, as a message of ours: on one line, without control characters, and its kind.
#pragma once

#include <string>
#include <string_view>

#include "redshift/connection.h"

namespace penstock::redshift {

// "primary; detail". Redshift's detail is a block of "error:", "code:", "context:" … lines between rules: of it, the
// context and the code.
std::string in_one_line(std::string_view primary, std::string_view detail);

// A login or connection that failed, from libpq's words at PQERRORS_VERBOSE, which hold the SQLSTATE if there is one.
Error connect_error(std::string_view doing, std::string_view libpq_words);

}  // namespace penstock::redshift
