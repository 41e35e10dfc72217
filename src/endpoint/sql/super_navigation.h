// Navigation into a SUPER that begins with an index: orders[0].lines[1].price.
//
// Only so are names told apart from tables, schemas and columns by the text alone: what stands before the first index
// is a column, what stands behind it a path. Indexes are plain numbers; others, and a path of names only, are left as
// they are.
#pragma once

#include <span>

#include "endpoint/sql/edits.h"
#include "endpoint/sql/lexer.h"

namespace penstock::endpoint {

void rewrite_navigation(std::span<const Token> tokens, Edits& edits);

}  // namespace penstock::endpoint
