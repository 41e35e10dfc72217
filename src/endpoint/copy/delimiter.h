// The delimiter of a text format: one character, or several.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace penstock::endpoint {

class Delimiter {
 public:
  explicit Delimiter(std::string text) : text_(std::move(text)), first_(text_.front()) {}

  [[nodiscard]] char first() const noexcept { return first_; }
  [[nodiscard]] std::size_t size() const noexcept { return text_.size(); }
  [[nodiscard]] bool at(const char* p, const char* end) const noexcept {
    if (p == end || *p != first_) return false;
    return text_.size() == 1 || std::string_view(p, static_cast<std::size_t>(end - p)).starts_with(text_);
  }
  [[nodiscard]] bool ends(std::string_view text) const noexcept { return text.ends_with(text_); }
  // White space before a quote is skipped, unless the delimiter is white space itself.
  [[nodiscard]] bool is_white_space() const noexcept { return first_ == ' ' || first_ == '\t'; }

 private:
  std::string text_;
  char first_;
};

}  // namespace penstock::endpoint
