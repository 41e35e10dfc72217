// What Redshift's grammar of SELECT allows beyond PostgreSQL's: a subquery in FROM without an alias, WHERE 1, TOP n,
// MINUS, and an alias of the select list used in its later items and in WHERE.
//
// A column of the tables goes before an alias, and what columns tables have is not known here. So aliases are resolved
// only where no table of a user's is read: from the catalog, as drivers do, or from nothing.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "endpoint/sql/lexer.h"

namespace penstock::endpoint {

// The text as PostgreSQL takes it; nullopt: nothing of that kind is in it.
std::optional<std::string> plain_select(std::string_view text, std::span<const Token> tokens);

}  // namespace penstock::endpoint
