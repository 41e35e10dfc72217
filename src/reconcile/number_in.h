// A number in a server's text.
//
// Threads: any. Errors: none: of what is no number, 0.
#pragma once

#include <charconv>
#include <string_view>

namespace penstock::reconcile {

template <typename Number>
Number number_in(std::string_view text) {
  Number number{};
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace penstock::reconcile
