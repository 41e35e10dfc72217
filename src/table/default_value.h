// A column's default, as the config writes it (a value) and as the catalog prints it (an expression), by meaning.
//
// Threads: any. Errors: none but those told as values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "table/type.h"

namespace penstock::table {

// Why the text is no value of the type; nullopt when it is one. (Of types that have no checkable form, every text is.)
std::optional<std::string> value_problem(std::string_view value, const Type& type);

// The constant that an expression of the catalog stands for: 'it''s'::character varying is it's, (5)::bigint is 5.
// nullopt: it is no constant (a function call), or NULL.
std::optional<std::string> constant_of(std::string_view expression);

// Whether two texts are the same value of the type: 1.50 and 1.5, yes and true, 2000-01-01 and 2000-01-01 00:00:00.
bool same_value(std::string_view a, std::string_view b, const Type& type);

}  // namespace penstock::table
