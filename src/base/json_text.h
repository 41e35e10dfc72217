// JSON looked at where it stands, without being built: where a value ends, whether it is one, what a string says.
//
// The grammar is RFC 8259's, to the byte; the text is taken for UTF-8.
//
// Threads: any. Memory: none, but for unescaped_json's. Errors: none; what is no JSON is a place or a nullopt.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace penstock {

inline constexpr std::size_t kJsonDepth = 1000;  // arrays and objects in each other

// Behind the value that begins at `at`, where no blank is; npos: none begins there.
std::size_t json_end(std::string_view text, std::size_t at) noexcept;
// The first place from `at` on that is no blank of JSON's; text.size(): there is none.
std::size_t json_skip_blanks(std::string_view text, std::size_t at) noexcept;
bool is_json(std::string_view text) noexcept;  // one value, blanks around it

// What a string stands for, given what is between its quotes. nullopt: half a surrogate pair.
std::optional<std::string> unescaped_json(std::string_view inside);

}  // namespace penstock
