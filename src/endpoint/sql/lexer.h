// SQL text into tokens, by Redshift's rules: nested comments, dollar quotes, '…' with backslash escapes, "…" with
// doubled quotes, $1, numbers that may touch the word behind them (1WHEN).
//
// Never fails: what is cut off or malformed is a token of kind `broken`. Spans point into the text lexed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace penstock::endpoint {

enum class TokenKind { word, quoted_name, string, number, parameter, symbol, semicolon, broken, end };

struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;   // as written, quotes and all
  std::size_t offset = 0;  // in the text lexed
};

// All tokens, without white space and comments; the last one is `end`.
std::vector<Token> lex(std::string_view sql);

// A word equal to `keyword` (given in upper case), in any case; never a quoted name.
bool is_keyword(const Token& token, std::string_view keyword) noexcept;
// The value of a string token (escapes resolved), or of a word or quoted name (folded to lower case, as Redshift folds
// quoted names, too).
std::string string_value(const Token& token);
std::string name_value(const Token& token);
std::string quote_name(std::string_view name);      // "…", for PostgreSQL
std::string quote_literal(std::string_view value);  // E'…' where needed, for PostgreSQL

}  // namespace penstock::endpoint
