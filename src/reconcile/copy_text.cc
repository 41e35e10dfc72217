#include "reconcile/copy_text.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/text.h"

namespace penstock::reconcile {
namespace {

struct Token {
  enum class Kind { word, quoted_name, literal, symbol } kind = Kind::symbol;
  std::string text;  // of a quoted name without the quotes; of a literal none

  [[nodiscard]] bool is(std::string_view keyword) const {
    return kind == Kind::word && equal_ignoring_case(text, keyword);
  }
  [[nodiscard]] bool is_name() const { return kind == Kind::word || kind == Kind::quoted_name; }
};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }

bool is_of_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         c == '#' || byte >= 0x80;
}

class Tokens {
 public:
  explicit Tokens(std::string_view text) : rest_(text) {}

  std::optional<Token> next() {
    skip();
    if (rest_.empty()) return std::nullopt;
    const char c = rest_.front();
    if (c == '\'') {
      literal();
      return Token{Token::Kind::literal, {}};
    }
    if (c == '"') return Token{Token::Kind::quoted_name, quoted_name()};
    if (!is_of_word(c)) return Token{Token::Kind::symbol, std::string(1, taken())};
    std::string word;
    while (!rest_.empty() && is_of_word(rest_.front())) word += taken();
    return Token{Token::Kind::word, std::move(word)};
  }

 private:
  char taken() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  [[nodiscard]] bool at_written_newline() const { return rest_.starts_with("\\n") || rest_.starts_with("\\r"); }

  void skip() {
    while (!rest_.empty()) {
      if (is_blank(rest_.front())) {
        rest_.remove_prefix(1);
      } else if (at_written_newline()) {
        rest_.remove_prefix(2);
      } else if (rest_.starts_with("--")) {
        while (!rest_.empty() && rest_.front() != '\n' && !at_written_newline()) rest_.remove_prefix(1);
      } else if (rest_.starts_with("/*")) {
        comment();
      } else {
        return;
      }
    }
  }

  void comment() {  // they nest
    for (int depth = 0; !rest_.empty();) {
      if (rest_.starts_with("/*")) {
        ++depth;
        rest_.remove_prefix(2);
      } else if (rest_.starts_with("*/")) {
        --depth;
        rest_.remove_prefix(2);
        if (depth == 0) return;
      } else {
        rest_.remove_prefix(1);
      }
    }
  }

  void literal() {
    rest_.remove_prefix(1);
    while (!rest_.empty()) {
      const char c = taken();
      if (c == '\\' && !rest_.empty()) rest_.remove_prefix(1);
      if (c != '\'') continue;
      if (!rest_.starts_with('\'')) return;
      rest_.remove_prefix(1);
    }
  }

  std::string quoted_name() {
    std::string name;
    rest_.remove_prefix(1);
    while (!rest_.empty()) {
      const char c = taken();
      if (c == '"') {
        if (!rest_.starts_with('"')) break;
        rest_.remove_prefix(1);
      }
      name += c;
    }
    return name;
  }

  std::string_view rest_;
};

}  // namespace

CopyText read_copy(std::string_view statement) {
  CopyText copy;
  Tokens tokens(statement);
  auto token = tokens.next();
  if (!token || !token->is("COPY")) return copy;
  copy.is_copy = true;
  std::vector<std::string> names;
  for (token = tokens.next(); token && token->is_name(); token = tokens.next()) {
    names.push_back(lower(token->text));
    token = tokens.next();
    if (!token || token->text != "." || token->kind != Token::Kind::symbol) break;
  }
  if (names.size() > 2) names.erase(names.begin(), names.end() - 2);  // database.schema.table
  for (const std::string& name : names) copy.table += (copy.table.empty() ? "" : ".") + name;
  while (token && !token->is("FROM")) token = tokens.next();  // a column may be called anything
  while (token && !token->is("NOLOAD")) token = tokens.next();
  copy.is_noload = token.has_value();
  return copy;
}

TransactionEnd read_end(std::string_view statement) {
  Tokens tokens(statement);
  const auto token = tokens.next();
  if (!token) return TransactionEnd::none;
  if (token->is("COMMIT") || token->is("END")) return TransactionEnd::commit;
  if (token->is("ROLLBACK") || token->is("ABORT")) return TransactionEnd::rollback;
  return TransactionEnd::none;
}

}  // namespace penstock::reconcile
