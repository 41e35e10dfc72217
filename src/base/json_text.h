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

// The members of an object, one after the other, as they are written.
class JsonMembers {
 public:
  explicit JsonMembers(std::string_view object) noexcept : object_(object) {}

  // False: there is no further one, or the text is no object from { to }, of which is_object() tells.
  bool next() noexcept;
  [[nodiscard]] std::string_view name() const noexcept { return name_; }  // what is between its quotes
  [[nodiscard]] std::string_view value() const noexcept { return value_; }
  [[nodiscard]] bool is_object() const noexcept { return at_ == object_.size() && is_closed_; }  // after the last

 private:
  std::string_view object_;
  std::string_view name_;
  std::string_view value_;
  std::size_t at_ = 0;  // behind the last member and the blanks that follow
  bool is_closed_ = false;
};

// What a string stands for, given what is between its quotes. nullopt: half a surrogate pair.
std::optional<std::string> unescaped_json(std::string_view inside);

}  // namespace penstock
