// An array of JSON objects made into JSON lines, in place: as many bytes, and each object on the line on which it
// begins, as long as no two begin on one, and there are blanks enough between them for the newlines that were inside.
//
// The brackets around it become blanks, the commas between its elements newlines, newlines inside an element blanks,
// for which others follow behind it: blank lines are no records. Text that begins with anything but [ stays as it is.
//
// Threads: one at a time. Memory: none. Errors: none; fault() says what is no array.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace penstock::staging {

class JsonArray {
 public:
  // The input's bytes, piece by piece.
  void to_lines(std::span<char> text) noexcept;

  struct Fault {
    std::uint64_t line = 1;
    std::string_view what;
  };
  // What is wrong with what there was so far; at_end: there is no more.
  [[nodiscard]] std::optional<Fault> fault(bool at_end) const noexcept;

 private:
  enum class State : std::uint8_t {
    start,    // nothing but blanks
    lines,    // no array
    open,     // behind the [
    element,  // in one
    string,   // in a string of it
    escape,   // behind a backslash there
    behind,   // an element
    comma,    // behind one
    closed,   // behind the ]
    broken,
  };

  [[nodiscard]] State step(char& byte) noexcept;
  [[nodiscard]] State begin(char& byte) noexcept;
  [[nodiscard]] State inside(char& byte) noexcept;
  [[nodiscard]] State between(char& byte) noexcept;
  void blank(char& byte) noexcept;
  State broken(std::string_view what) noexcept;

  State state_ = State::start;
  std::uint64_t line_ = 1;
  std::uint64_t depth_ = 0;  // of the element
  std::int64_t owed_ = 0;    // newlines that were taken out, less those that were put in
  Fault fault_{};
};

}  // namespace penstock::staging
