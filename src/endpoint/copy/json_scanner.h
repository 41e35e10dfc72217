// JSON, taken apart without being changed: every value is a view of its text, so numbers keep their digits.
//
// docs/decisions/json-by-hand.md says why no library does this.
//
// Errors: malformed text is an answer (false), and ends the scan.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace penstock::endpoint {

enum class JsonKind { null, boolean, number, string, object, array };

struct JsonValue {
  JsonKind kind = JsonKind::null;
  std::string_view text;   // as written; a string without its quotes, escapes and all
  std::size_t offset = 0;  // of its first byte (a string's quote) in the scanned text
};

class JsonScanner {
 public:
  static constexpr int kMaxDepth = 1000;

  explicit JsonScanner(std::string_view text, std::size_t offset = 0) noexcept : text_(text), at_(offset) {}

  [[nodiscard]] std::size_t offset() const noexcept { return at_; }
  void skip_space() noexcept;
  [[nodiscard]] bool at_end() const noexcept { return at_ == text_.size(); }
  bool take(char c) noexcept;  // white space before it, too
  // One value, whole and valid to its last byte.
  bool value(JsonValue& value, int depth = 0) noexcept;

  // The members of the object that begins here: use(key, value) each, the key as written. False: malformed.
  template <typename Use>
  bool members(Use use, int depth = 0) {
    if (!take('{')) return false;
    if (take('}')) return true;
    do {
      JsonValue key, member;
      skip_space();
      if (!value(key, depth) || key.kind != JsonKind::string || !take(':')) return false;
      skip_space();
      if (!value(member, depth)) return false;
      use(key, member);
    } while (take(','));
    return take('}');
  }
  template <typename Use>
  bool elements(Use use, int depth = 0) {
    if (!take('[')) return false;
    if (take(']')) return true;
    do {
      JsonValue element;
      skip_space();
      if (!value(element, depth)) return false;
      use(element);
    } while (take(','));
    return take(']');
  }

 private:
  bool string(JsonValue& value) noexcept;
  bool number() noexcept;
  bool word(std::string_view word) noexcept;

  std::string_view text_;
  std::size_t at_;
};

// Behind the object or array that begins at `from`, by its brackets alone, whether its inside is valid or not; npos:
// it does not end in this text.
std::size_t behind_brackets(std::string_view text, std::size_t from) noexcept;
// A string's text without escapes, appended; \ud800 without its partner becomes what UTF-8 forbids, for others to find.
void append_unescaped(std::string& out, std::string_view text);

}  // namespace penstock::endpoint
