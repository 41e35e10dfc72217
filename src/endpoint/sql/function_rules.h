// What becomes of the functions that Redshift writes in a way of its own: bare date parts, LISTAGG … WITHIN GROUP,
// DECODE, CONVERT, names without parentheses. What is a matter of meaning alone is a function of that name in the
// catalog (catalog/sql/*_functions.sql).
//
// Errors: SqlError for what Redshift refuses before it runs.
#pragma once

#include <span>
#include <string_view>

#include "endpoint/sql/edits.h"
#include "endpoint/sql/lexer.h"

namespace penstock::endpoint {

// Adds to the edits; those that are there already stand.
void rewrite_functions(std::span<const Token> tokens, Edits& edits);

}  // namespace penstock::endpoint
