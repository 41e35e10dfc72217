// What is asked and said of a chunk's text, whoever reads it.
//
// Threads: any. Errors: Error refused, as named.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "staging/chunk.h"

namespace penstock::staging {

// The line of the input on which the chunk's text stands at an offset.
std::uint64_t line_at(const Chunk& chunk, std::size_t at) noexcept;
// refused: <input> line <n>: <what>
[[noreturn]] void refuse_at(const Chunk& chunk, std::string_view input, std::size_t at, std::string_view what);
// refused, at the first line that has them: bytes that are no UTF-8, a NUL.
void refuse_unless_text(const Chunk& chunk, std::string_view input);

// Enough of a value to know it again, cut between characters.
std::string start_of(std::string_view value);

}  // namespace penstock::staging
