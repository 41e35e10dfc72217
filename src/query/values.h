// A statement's text with values in it.
//
// Threads: any. Errors: invalid, all of it: placeholders without a value, values that no placeholder takes, what else
// follows a %; what `quoted` throws.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "penstock/query.h"

namespace penstock {

// Makes a literal of a text, as the server reads it.
using QuoteText = std::function<std::string(std::string_view text)>;

std::string with_values(std::string_view text, const QueryValues& values, const QuoteText& quoted);

}  // namespace penstock
