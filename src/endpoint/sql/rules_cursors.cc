// DECLARE … CURSOR and FETCH: what Redshift has of them. One cursor can be open in a session.
#include <algorithm>

#include "endpoint/sql/rules.h"

namespace penstock::endpoint {

// DECLARE name CURSOR [WITHOUT HOLD] FOR query
std::optional<Decision> declare_cursor(const StatementText& statement) {
  TokenReader reader = statement.reader();
  reader.name();
  reader.expect("CURSOR");
  reader.accept_all({"WITHOUT", "HOLD"});  // psycopg2 writes it; it is what all cursors are
  reader.expect("FOR");
  std::string sql = statement.edits().text();
  // A statement with parameters must stay one.
  if (std::ranges::find(statement.tokens, TokenKind::parameter, &Token::kind) != statement.tokens.end()) {
    return Decision{.action = PassThrough{std::move(sql)}};
  }
  return Decision{.action = Script{.statements = {"SELECT pg_catalog.penstock_open_cursor()", std::move(sql)},
                                   .tag = "DECLARE CURSOR"}};
}

// FETCH [NEXT | ALL | FORWARD [n | ALL]] FROM cursor
std::optional<Decision> fetch(const StatementText& statement) {
  TokenReader reader = statement.reader();
  if (reader.accept("FORWARD")) {
    if (!reader.accept("ALL") && !is_keyword(reader.peek(), "FROM")) reader.integer();
  } else if (!reader.accept("NEXT")) {
    reader.accept("ALL");
  }
  reader.expect("FROM");
  reader.name();
  reader.expect_end();
  return Decision{.action = PassThrough{statement.edits().text()}};
}

}  // namespace penstock::endpoint
