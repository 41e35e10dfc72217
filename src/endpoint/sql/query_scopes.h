// What a statement's text alone tells of the names in it: which queries it has, what each of them reads FROM, and where
// in them columns are named.
//
// Nothing is known of what stands in the catalog. So what is told apart here are places: a name in FROM, a name in an
// expression. One pass; as long as the statement is. Never fails: what is no SQL gives fewer names.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "endpoint/sql/lexer.h"

namespace penstock::endpoint {

// a.b.c[0].d: tokens first to last, last excluded.
struct DottedName {
  struct Step {
    std::size_t token = 0;  // the name's, or the number's
    bool index = false;
  };
  std::size_t first = 0;
  std::size_t last = 0;
  std::vector<Step> steps;

  [[nodiscard]] std::size_t names() const;  // before the first index
};

// What stands between FROM, commas and JOINs.
struct FromItem {
  std::optional<DottedName> name;    // none of a subquery, a function or a join in parentheses
  std::string alias;                 // folded; empty: there is none
  std::optional<std::string> place;  // … AS alias AT place
  std::size_t behind = 0;            // the token behind its name, alias and place
  bool unpivot = false;
  bool outer_right = false;  // what a RIGHT or FULL JOIN joins
};

// A SELECT, or an UPDATE, DELETE or MERGE itself.
struct QueryScope {
  enum class Kind { select, update, erase, merge };
  Kind kind = Kind::select;
  std::optional<std::size_t> parent;  // whose names are visible in it, too: comes before it
  std::vector<FromItem> items;        // in their order
};

// A name, of several parts or with an index, where an expression has it.
struct NameInExpression {
  DottedName name;
  std::size_t scope = 0;
  bool begins_item = false;  // of the select list
};

struct QueryScopes {
  std::vector<QueryScope> queries;
  std::vector<NameInExpression> names;  // in their order
};

QueryScopes read_query_scopes(std::span<const Token> tokens);

}  // namespace penstock::endpoint
