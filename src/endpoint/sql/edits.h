// A statement rewritten: replacements of whole tokens, and what every statement needs besides: names folded to lower
// case even when quoted, a blank between a number and the word glued to it, #temporary names, SYSDATE.
//
// Lifetime: the text and its tokens outlive it.
// Errors: text() throws SqlError 0A000 for a name that PostgreSQL would cut.
#pragma once

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
  // The whole statement, or its tokens from first to last only, last excluded.
  [[nodiscard]] std::string text() const { return text(0, tokens_.size()); }
  [[nodiscard]] std::string text(std::size_t first, std::size_t last) const;

 private:
  [[nodiscard]] std::string usual_form(std::size_t token) const;

  std::string_view text_;
  std::span<const Token> tokens_;
  std::vector<std::optional<std::string>> replaced_;  // by token
  std::vector<bool> swallowed_;                       // by the replacement of a token before it
  std::vector<std::string> inserted_;                 // before the token
};

// The statement as logs and system tables show it: the values of credentials, roles and passwords are ''.
std::string without_secrets(std::string_view text, std::span<const Token> tokens);

}  // namespace penstock::endpoint
