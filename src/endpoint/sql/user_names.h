// How users, groups and roles are called: each kind has names of its own, and all of them are roles of PostgreSQL,
// which has one kind. Quoted names of users keep their case, as no others do.
//
// Errors: SqlError 42601.
#pragma once

#include <string>
#include <string_view>

#include "endpoint/sql/token_reader.h"

namespace penstock::endpoint {

inline constexpr std::string_view kGroupPrefix = "group ";  // before a group's name, PostgreSQL's role of it
inline constexpr std::string_view kRolePrefix = "role ";    // likewise

std::string user_name(TokenReader& reader);  // of a group or role, too

// user, GROUP group, ROLE role or PUBLIC at the reader, as GRANT of PostgreSQL takes it.
std::string grantee(TokenReader& reader);

}  // namespace penstock::endpoint
