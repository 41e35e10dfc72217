// The text of a query that a user wrote, as far as it must be known to put it into another statement.
//
// Threads: any. Errors: none.
#pragma once

#include <string_view>

namespace penstock::pq {

// What a backslash in '…' is: PostgreSQL's is a character as others are, Redshift's escapes the next.
enum class Backslash { plain, escapes };

// The query without what stands behind its last word: semicolons, blanks and comments, in any order. Quoted text is
// seen as such, a $tag$ too; what has no end reaches to the end, for the server to complain of.
std::string_view bare_query(std::string_view query, Backslash backslash) noexcept;

}  // namespace penstock::pq
