// A field's text as SUPER takes it: JSON, whole and valid, kept without the spacing between its parts.
//
// Errors: an answer, in Redshift's words where they are known.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::endpoint {

inline constexpr std::size_t kLargestSuper = 16 << 20;

// Appends to `out`. nullopt: done; otherwise why not, and `out` is of no use.
std::optional<std::string> append_super(std::string& out, std::string_view text, std::size_t longest_string);

}  // namespace penstock::endpoint
