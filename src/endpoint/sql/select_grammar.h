// What Redshift's grammar of SELECT allows beyond PostgreSQL's: a subquery in FROM without an alias, WHERE 1, TOP n,
// MINUS, and an alias of the select list used in its later items and in WHERE.
//
// A column of the tables goes before an alias, and what columns tables have is not known here. So aliases are resolved
// where no table of a user's is read (from the catalog, as drivers do, or from nothing); elsewhere those are resolved
// that the caller knows to be no columns, and told of that may have to be.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "endpoint/sql/lexer.h"

namespace penstock::endpoint {

using Aliases = std::set<std::string, std::less<>>;

struct PlainSelect {
  std::optional<std::string> text;  // as PostgreSQL takes it; nullopt: nothing of that kind is in it
  Aliases open{};                   // used further on, and neither resolved nor known to be columns
};
PlainSelect plain_select(std::string_view text, std::span<const Token> tokens, const Aliases& resolved);

}  // namespace penstock::endpoint
