// Which part of a document each column gets: by name ('auto', 'auto ignorecase') or by the paths of a JSONPaths file.
//
// Errors: SqlError for a JSONPaths file that is none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace penstock::endpoint {

using JsonStep = std::variant<std::string, std::size_t>;  // a member's name, or an element's index from 0
using JsonPath = std::vector<JsonStep>;                   // none: the whole document

// The paths of the file, one a column. Empty: the file has no "jsonpaths", and 'auto' holds.
std::vector<JsonPath> parse_json_paths(std::string_view file, std::size_t columns, std::int64_t query);

}  // namespace penstock::endpoint
