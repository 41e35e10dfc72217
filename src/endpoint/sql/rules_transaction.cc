// BEGIN … COMMIT. Redshift takes the words for isolation and ignores them: the level is the database's.
#include "endpoint/sql/rules.h"

namespace penstock::endpoint {
namespace {

void skip_noise(TokenReader& reader) {
  if (!reader.accept("WORK")) reader.accept("TRANSACTION");
}

bool skip_isolation(TokenReader& reader) {
  if (!reader.accept_all({"ISOLATION", "LEVEL"})) return false;
  if (reader.accept("SERIALIZABLE") || reader.accept("SNAPSHOT") || reader.accept_all({"REPEATABLE", "READ"}) ||
      reader.accept_all({"READ", "COMMITTED"}) || reader.accept_all({"READ", "UNCOMMITTED"})) {
    return true;
  }
  throw reader.syntax_error();
}

}  // namespace

std::optional<Decision> begin_transaction(const StatementText& statement) {
  TokenReader reader = statement.reader();
  skip_noise(reader);
  std::string sql = "BEGIN";
  while (!reader.at_end()) {
    reader.accept_symbol(',');
    if (skip_isolation(reader)) continue;
    if (reader.accept_all({"READ", "WRITE"})) {
      sql += " READ WRITE";
    } else if (reader.accept_all({"READ", "ONLY"})) {
      sql += " READ ONLY";
    } else {
      throw reader.syntax_error();
    }
  }
  return Decision{.action = PassThrough{sql}, .effect = TransactionEffect::begin};
}

std::optional<Decision> commit_transaction(const StatementText& statement) {
  TokenReader reader = statement.reader();
  skip_noise(reader);
  reader.expect_end();
  return Decision{.action = PassThrough{"COMMIT"}, .effect = TransactionEffect::commit};
}

std::optional<Decision> rollback_transaction(const StatementText& statement) {
  TokenReader reader = statement.reader();
  skip_noise(reader);
  if (is_keyword(reader.peek(), "TO")) throw SqlError("0A000", "ROLLBACK TO SAVEPOINT is not supported by Redshift");
  reader.expect_end();
  return Decision{.action = PassThrough{"ROLLBACK"}, .effect = TransactionEffect::rollback};
}

}  // namespace penstock::endpoint
