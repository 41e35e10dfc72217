// YAML as a tree with positions, and with nothing that a config has no use for: no anchors, aliases, tags of one's own,
// merge keys or second documents, no key twice.
//
// Threads: any. Errors: none; what is wrong is added to Problems, and what could be read is the tree.
// Bounded: depth, nodes and size are checked while parsing, before the parser's own recursion goes deeper.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace penstock::table {

struct Position {
  int line = 1;
  int column = 1;
  auto operator<=>(const Position&) const = default;
};

// Everything that is wrong with one file, to be told at once.
class Problems {
 public:
  explicit Problems(std::string_view origin) : origin_(origin) {}
  void add(Position at, std::string text);
  [[nodiscard]] bool empty() const noexcept { return all_.empty(); }
  void throw_if_any() const;  // Error invalid, a line each in the file's order, "origin:line:column: text"

 private:
  std::string origin_;
  struct Problem {
    Position at;
    std::size_t number;  // of those at one place the first comes first
    std::string text;
  };
  std::vector<Problem> all_;
};

struct YamlNode {
  enum class Kind { null, scalar, sequence, map };
  Kind kind = Kind::null;
  Position at{};
  std::string value{};                                   // of a scalar
  std::vector<YamlNode> items{};                         // of a sequence
  std::vector<std::pair<YamlNode, YamlNode>> entries{};  // of a map; keys are scalars, and none twice
};

YamlNode parse_yaml(std::string_view text, Problems& problems);

}  // namespace penstock::table
