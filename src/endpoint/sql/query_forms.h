// What Redshift says in a query in other words than PostgreSQL, wherever in a statement the query stands: TOP n, MINUS,
// QUALIFY, SELECT … INTO #t. Forms that neither these nor PostgreSQL's own words can say are refused.
//
// One pass; as long as the statement is. Errors: SqlError 0A000 for a form that is refused.
#pragma once

#include <span>

#include "endpoint/sql/edits.h"
#include "endpoint/sql/lexer.h"

namespace penstock::endpoint {

void rewrite_queries(std::span<const Token> tokens, Edits& edits);

}  // namespace penstock::endpoint
