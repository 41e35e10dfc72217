// Keys as numbers: which key lies so far beyond another. A guess, by which keys are spaced as names usually are.
//
// Threads: any. Errors: none.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::reconcile {

// About as far beyond `key` as `steps` times the way between two others, `from` and `to`. It differs from `key` in
// letters, digits and the characters that these keys have, beyond the first `fixed` bytes; it is UTF-8, and greater
// than `key`. nullopt: there is none.
std::optional<std::string> key_beyond(std::string_view key, std::string_view from, std::string_view to, double steps,
                                      std::size_t fixed);

}  // namespace penstock::reconcile
