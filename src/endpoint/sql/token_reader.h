// Reads a statement's tokens from left to right.
//
// Lifetime: the tokens outlive it. Errors: SqlError 42601, in PostgreSQL's words.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/sql/lexer.h"
#include "endpoint/sql/sql_error.h"

namespace penstock::endpoint {

struct QualifiedName {
  std::string schema;  // empty: not given
  std::string name;
};

class TokenReader {
 public:
  explicit TokenReader(std::span<const Token> tokens, std::size_t at = 0) : tokens_(tokens), at_(at) {}

  [[nodiscard]] const Token& peek(std::size_t ahead = 0) const noexcept;
  [[nodiscard]] std::size_t position() const noexcept { return at_; }
  [[nodiscard]] TokenReader from(std::size_t position) const { return TokenReader(tokens_, position); }
  [[nodiscard]] bool at_end() const noexcept { return peek().kind == TokenKind::end; }
  [[nodiscard]] bool at_symbol(char symbol) const noexcept;
  const Token& next() noexcept;

  bool accept(std::string_view keyword) noexcept;                              // one word
  bool accept_all(std::initializer_list<std::string_view> keywords) noexcept;  // these words in a row, or nothing
  bool accept_symbol(char symbol) noexcept;
  void expect(std::string_view keyword);
  void expect_symbol(char symbol);
  void expect_end() const;

  std::string name();               // a word or a quoted name, folded
  QualifiedName qualified_name();   // table, schema.table, database.schema.table
  std::string string();             // a literal's value
  std::string unescaped_string();   // … and where that still is an escape ('\\t'), what it stands for
  std::int64_t integer();           // not negative
  std::vector<std::string> list();  // ( name [, …] )
  // Skips from an opening parenthesis to behind its closing one.
  void skip_parentheses();

  // syntax error at or near "…"
  [[nodiscard]] SqlError syntax_error() const;

 private:
  std::span<const Token> tokens_;
  std::size_t at_;
};

}  // namespace penstock::endpoint
