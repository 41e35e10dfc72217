// What a server said, as a message of ours: on one line, without control characters, and its kind.
#pragma once

#include <string>
#include <string_view>

#include "penstock/error.h"

namespace penstock::pq {

// "primary; detail". Redshift's detail is a block of "error:", "code:", "context:" … lines between rules: of it, the
// context and the code.
std::string in_one_line(std::string_view primary, std::string_view detail);

// What the server means by an SQLSTATE and its text.
ErrorKind kind_of(std::string_view sqlstate, std::string_view message) noexcept;

// The transaction lost against another and may be run again from BEGIN. Redshift says it as XX000 with the text "1023"
// or "could not complete because of conflict with concurrent transaction"; deadlocks are 40P01.
bool lost_against_another(std::string_view sqlstate, std::string_view primary, std::string_view detail) noexcept;

// A login or connection that failed, from libpq's words at PQERRORS_VERBOSE, which hold the SQLSTATE if there is one.
Error connect_error(std::string_view doing, std::string_view libpq_words);

}  // namespace penstock::pq
