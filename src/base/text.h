// Small questions about text that several modules ask.
#pragma once

#include <string>
#include <string_view>

namespace penstock {

bool is_utf8(std::string_view bytes) noexcept;  // well-formed UTF-8: no surrogates, nothing overlong, up to U+10FFFF
// Text from outside, for a terminal or a log line: control characters and bytes that are no UTF-8 as \x1b, \n as \n.
std::string printable(std::string_view bytes);
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;  // ASCII case only
std::string lower(std::string_view text);                                   // ASCII letters only

}  // namespace penstock
