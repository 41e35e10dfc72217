// CREATE PROCEDURE: its body is PL/pgSQL to both; the SQL in it is rewritten as a statement is, and what the endpoint
// runs by itself is refused: a body runs inside of PostgreSQL.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "endpoint/sql/column_definition.h"
#include "endpoint/sql/rules.h"

namespace penstock::endpoint {
namespace {

using Tokens = std::span<const Token>;

template <std::size_t count>
bool is_one_of(const Token& token, const std::array<std::string_view, count>& words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return is_keyword(token, word); });
}

// Types whose lengths PostgreSQL doesn't take as they are.
bool is_sized_type(const Token& token) {
  static constexpr auto kTypes = std::to_array<std::string_view>(
      {"VARCHAR", "NVARCHAR", "CHARACTER", "CHAR", "NCHAR", "BPCHAR", "DECIMAL", "NUMERIC"});
  return is_one_of(token, kTypes);
}

void rewrite_types(Tokens tokens, std::size_t first, std::size_t last, Edits& edits) {
  for (std::size_t i = first; i < last; ++i) {
    if (!is_sized_type(tokens[i]) || (i > 0 && (tokens[i - 1].text == "::" || tokens[i - 1].text == "."))) continue;
    TokenReader reader(tokens, i);
    rewrite_cast_type(reader, edits);
  }
}

// One piece of a body, up to a semicolon.
class Piece {
 public:
  Piece(std::string_view text, bool declares) : text_(text), tokens_(lex(text)), declares_(declares) {}

  std::string rewritten() {
    if (declares_ && !is_keyword(tokens_[0], "BEGIN")) return declaration();
    const std::size_t first = statement();
    static constexpr auto kStatements = std::to_array<std::string_view>(
        {"SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "ALTER", "DROP", "TRUNCATE", "COPY",
         "UNLOAD", "LOCK", "VACUUM", "ANALYZE", "GRANT", "REVOKE", "SET"});
    if (!is_one_of(tokens_[first], kStatements)) return edited(text_);
    const std::size_t at = tokens_[first].offset;
    const std::string_view before = text_.substr(0, at);
    return (first == 0 ? std::string(before) : edited(before) + " ") + of_sql(text_.substr(at));
  }

  // BEGIN ends the declarations of a block, and DECLARE begins others.
  [[nodiscard]] bool goes_on_declaring() const {
    if (is_keyword(tokens_[0], "DECLARE")) return true;
    return declares_ && !is_keyword(tokens_[0], "BEGIN");
  }

 private:
  static std::string edited(std::string_view text) {
    const auto tokens = lex(text);
    return StatementText{.text = text, .tokens = tokens}.edits().text();
  }

  std::string declaration() const {
    Edits edits = StatementText{.text = text_, .tokens = tokens_}.edits();
    rewrite_types(tokens_, 0, tokens_.size() - 1, edits);
    return edits.text();
  }

  // Where the statement begins, behind BEGIN, IF … THEN, LOOP and their like.
  [[nodiscard]] std::size_t statement() const {
    static constexpr auto kPlain = std::to_array<std::string_view>({"BEGIN", "LOOP", "ELSE", "EXCEPTION"});
    static constexpr auto kConditions = std::to_array<std::string_view>({"IF", "ELSIF", "ELSEIF", "WHEN"});
    static constexpr auto kLoops = std::to_array<std::string_view>({"WHILE", "FOR"});
    std::size_t at = 0;
    while (true) {
      if (is_one_of(tokens_[at], kPlain)) {
        ++at;
      } else if (is_one_of(tokens_[at], kConditions)) {
        at = behind(at, "THEN");
      } else if (is_one_of(tokens_[at], kLoops)) {
        at = behind(at, "LOOP");
      } else {
        return at;
      }
    }
  }

  [[nodiscard]] std::size_t behind(std::size_t at, std::string_view word) const {
    int cases = 0;
    for (; tokens_[at].kind != TokenKind::end; ++at) {
      if (is_keyword(tokens_[at], "CASE")) ++cases;
      if (is_keyword(tokens_[at], "END")) --cases;
      if (cases == 0 && is_keyword(tokens_[at], word)) return at + 1;
    }
    return at;
  }

  static std::string of_sql(std::string_view sql) {
    const Recognised statement = recognise(sql);
    if (const auto* passed = std::get_if<PassThrough>(&statement.action)) return passed->sql;
    const auto* script = std::get_if<Script>(&statement.action);
    const std::string what = statement.logged_text.substr(0, statement.logged_text.find_first_of(" \t\n"));
    if (script == nullptr || script->outside_block) throw not_supported(what + " inside of a stored procedure");
    std::string out;
    for (std::string each : script->statements) {
      constexpr std::string_view kSelect = "SELECT ";
      if (each.starts_with(kSelect)) each.replace(0, kSelect.size(), "PERFORM ");
      out += (out.empty() ? "" : "; ") + each;
    }
    return script->commits ? out + "; COMMIT" : out;
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  bool declares_;
};

std::string rewritten_body(const std::string& body) {
  std::string out;
  std::size_t start = 0;
  bool declares = false;
  for (const Token& token : lex(body)) {
    if (token.kind != TokenKind::semicolon && token.kind != TokenKind::end) continue;
    Piece piece(std::string_view(body).substr(start, token.offset - start), declares);
    declares = piece.goes_on_declaring();
    if (declares) piece = Piece(std::string_view(body).substr(start, token.offset - start), true);
    out += piece.rewritten();
    if (token.kind == TokenKind::semicolon) out += ';';
    start = token.offset + token.text.size();
  }
  return out;
}

}  // namespace

// CREATE [OR REPLACE] PROCEDURE name ( parameters ) [NONATOMIC] AS body LANGUAGE plpgsql …
std::optional<Decision> create_procedure(const StatementText& statement) {
  TokenReader reader = statement.reader();
  reader.qualified_name();
  const std::size_t parameters = reader.position();
  reader.skip_parentheses();
  Edits edits = statement.edits();
  rewrite_types(statement.tokens, parameters, reader.position(), edits);
  if (is_keyword(reader.peek(), "NONATOMIC")) throw not_supported("CREATE PROCEDURE … NONATOMIC");
  while (!reader.at_end() && reader.peek().kind != TokenKind::string) reader.next();
  if (reader.at_end()) throw reader.syntax_error();
  const std::size_t at = reader.position();
  edits.replace(at, at + 1, quote_literal(rewritten_body(string_value(reader.peek()))));
  return Decision{.action = PassThrough{edits.text()}};
}

}  // namespace penstock::endpoint
