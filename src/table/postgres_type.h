// PostgreSQL's types, as format_type prints them, as Redshift's and back: docs/types.md has the table.
//
// Threads: any. Errors: none.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "table/type.h"

namespace penstock::table {

// "timestamp without time zone" of timestamp(3) without time zone; "numeric" of numeric(10,2).
std::string kind_of_postgres(std::string_view type);
// What stands in the parentheses of numeric(10,2), varchar(5); empty: nothing does.
std::vector<int> modifiers_of_postgres(std::string_view type);

// What is sure to hold all of its values as they are. Its characters have up to four bytes here. nullopt: nothing is
// (numeric without digits).
std::optional<Type> type_of_postgres(std::string_view type);

// For a column that is made in PostgreSQL.
std::string postgres_type_of(const Type& type);

}  // namespace penstock::table
