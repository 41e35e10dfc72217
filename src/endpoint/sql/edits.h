// A statement rewritten: replacements of whole tokens, and what every statement needs besides: names folded to lower
// case even when quoted, a blank between a number and the word glued to it, #temporary names, Redshift's functions.
//
// Its time grows with the statement, times a logarithm: a statement of 16 MB may have a million edits.
//
// Lifetime: the text and its tokens outlive it.
// Errors: text() throws SqlError: 0A000 for a name that PostgreSQL would cut; those of rewrite_functions(). 54000 from
// whatever adds an edit, when they are more than kMostBytes together: DECODE in DECODE doubles at every step.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/sql/lexer.h"

namespace penstock::endpoint {

class Edits {
 public:
  static constexpr std::size_t kMostBytes = 128 << 20;

  Edits(std::string_view text, std::span<const Token> tokens);
  // Tokens first to last, last excluded.
  void replace(std::size_t first, std::size_t last, std::string_view by);
  void remove(std::size_t first, std::size_t last) { replace(first, last, ""); }
  void insert_before(std::size_t token, std::string_view text);
  [[nodiscard]] std::string text() const;

  // For what every statement needs: replaces unless its first token, or what it is part of, has been replaced by
  // replace(). What was replaced inside of it is for `by` to render. By "" removes.
  void imply(std::size_t first, std::size_t last, std::string_view by);
  // Tokens first to last as text() would have them, without the white space around them.
  [[nodiscard]] std::string rendered(std::size_t first, std::size_t last) const;

 private:
  struct Edit {
    std::string before;             // inserted before the token
    std::optional<std::string> by;  // what replaces it
    std::size_t last = 0;           // … and those behind it, up to this one, excluded
  };
  void set(std::size_t first, std::size_t last, std::string_view by);
  [[nodiscard]] bool replaced(std::size_t token) const;
  void append_usual_form(std::string& out, std::size_t token) const;

  std::string_view text_;
  std::span<const Token> tokens_;
  std::map<std::size_t, Edit> edits_;            // by token
  std::map<std::size_t, std::size_t> replaced_;  // by replace(): first to last, excluded; no two touch
  std::size_t bytes_ = 0;                        // of all that was ever put in
};

// The statement as logs and system tables show it: the values of credentials, roles and passwords are ''.
std::string without_secrets(std::string_view text, std::span<const Token> tokens);

}  // namespace penstock::endpoint
