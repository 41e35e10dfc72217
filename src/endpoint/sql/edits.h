// A statement rewritten: replacements of whole tokens, and what every statement needs besides: names folded to lower
// case even when quoted, a blank between a number and the word glued to it, #temporary names, Redshift's functions.
//
// Lifetime: the text and its tokens outlive it.
// Errors: text() throws SqlError: 0A000 for a name that PostgreSQL would cut; those of rewrite_functions().
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
  Edits(std::string_view text, std::span<const Token> tokens);
  // Tokens first to last, last excluded.
  void replace(std::size_t first, std::size_t last, std::string_view by);
  void remove(std::size_t first, std::size_t last) { replace(first, last, ""); }
  void insert_before(std::size_t token, std::string_view text);
  [[nodiscard]] std::string text() const;

  // For what every statement needs: replaces unless its first token, or what it is part of, has been replaced by
  // replace(). What was replaced inside of it is for `by` to render. By "" removes.
  void imply(std::size_t first, std::size_t last, std::string_view by);
  [[nodiscard]] bool untouched(std::size_t token) const { return !edits_.contains(token); }
  // Tokens first to last as text() would have them, without the white space around them.
  [[nodiscard]] std::string rendered(std::size_t first, std::size_t last) const;

 private:
  struct Edit {
    std::string before;             // inserted before the token
    std::optional<std::string> by;  // what replaces it
    std::size_t last = 0;           // … and those behind it, up to this one, excluded
    bool implied = false;
  };
  void append_usual_form(std::string& out, std::size_t token) const;

  std::string_view text_;
  std::span<const Token> tokens_;
  std::map<std::size_t, Edit> edits_;  // by token; few, however long the statement
};

// The statement as logs and system tables show it: the values of credentials, roles and passwords are ''.
std::string without_secrets(std::string_view text, std::span<const Token> tokens);

}  // namespace penstock::endpoint
