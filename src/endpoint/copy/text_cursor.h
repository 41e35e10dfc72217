// Takes a short text apart from the left, for dates and times; all of it noexcept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace penstock::endpoint {

inline bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
inline bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
inline bool is_blank(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

inline std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

class TextCursor {
 public:
  explicit TextCursor(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
  [[nodiscard]] char peek() const noexcept { return rest_.empty() ? '\0' : rest_.front(); }
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }
  bool take(char c) noexcept {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_blanks() noexcept {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }
  std::string_view take_letters() noexcept { return take_while(is_letter, rest_.size()); }
  std::string_view take_digits(std::size_t most) noexcept { return take_while(is_digit, most); }
  // A number of least to most digits.
  std::optional<std::int32_t> number(std::size_t least, std::size_t most) noexcept {
    const std::string_view digits = take_digits(most);
    if (digits.size() < least) return std::nullopt;
    std::int32_t value = 0;
    for (const char c : digits) value = value * 10 + (c - '0');
    return value;
  }

 private:
  template <typename Is>
  std::string_view take_while(Is is, std::size_t most) noexcept {
    std::size_t n = 0;
    while (n < rest_.size() && n < most && is(rest_[n])) ++n;
    const std::string_view taken = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return taken;
  }

  std::string_view rest_;
};

}  // namespace penstock::endpoint
