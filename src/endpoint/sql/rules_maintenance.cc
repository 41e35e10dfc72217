// TRUNCATE, VACUUM, ANALYZE, LOCK, CANCEL: the same words as PostgreSQL's, other rules.
#include <fmt/format.h>

#include "endpoint/sql/rules.h"
#include "endpoint/sql/table_attributes.h"

namespace penstock::endpoint {

std::optional<Decision> truncate(const StatementText& statement) {
  TokenReader reader = statement.reader();
  reader.accept("TABLE");
  const QualifiedName table = reader.qualified_name();
  reader.expect_end();
  return Decision{
      .action = Script{.statements = {"TRUNCATE TABLE " + quoted(table)}, .tag = "TRUNCATE TABLE", .commits = true}};
}

// PostgreSQL's own VACUUM for every form: rows have no order there, so there is nothing to sort.
std::optional<Decision> vacuum(const StatementText& statement) {
  TokenReader reader = statement.reader();
  const bool form = reader.accept("FULL") || reader.accept_all({"SORT", "ONLY"}) ||
                    reader.accept_all({"DELETE", "ONLY"}) || reader.accept("REINDEX") || reader.accept("RECLUSTER");
  std::string sql = "VACUUM";
  if (!reader.at_end()) {
    if (!form && (is_keyword(reader.peek(), "ANALYZE") || is_keyword(reader.peek(), "VERBOSE")))
      throw reader.syntax_error();
    sql += " " + quoted(reader.qualified_name());
    if (reader.accept("TO")) {
      const std::int64_t percent = reader.integer();
      reader.expect("PERCENT");
      if (percent > 100) throw SqlError("22023", "the percentage of VACUUM must be from 0 to 100");
    }
    reader.accept("BOOST");
    reader.expect_end();
  }
  return Decision{.action = Script{.statements = {sql}, .tag = "VACUUM", .outside_block = true}};
}

std::optional<Decision> analyze(const StatementText& statement) {
  TokenReader reader = statement.reader();
  if (is_keyword(reader.peek(), "COMPRESSION") && reader.peek(1).kind != TokenKind::end) {
    throw not_supported("ANALYZE COMPRESSION");
  }
  std::string sql = reader.accept("VERBOSE") ? "ANALYZE VERBOSE" : "ANALYZE";
  const auto accept_which = [&] {
    return reader.accept_all({"PREDICATE", "COLUMNS"}) || reader.accept_all({"ALL", "COLUMNS"});
  };
  if (!accept_which() && !reader.at_end()) {
    sql += " " + quoted(reader.qualified_name());
    if (reader.at_symbol('(')) {
      std::string columns;
      for (const std::string& column : reader.list()) columns += (columns.empty() ? "" : ", ") + quote_name(column);
      sql += " (" + columns + ")";
    }
    accept_which();
  }
  reader.expect_end();
  return Decision{.action = PassThrough{sql}};
}

std::optional<Decision> lock(const StatementText& statement) {
  TokenReader reader = statement.reader();
  reader.accept("TABLE");
  std::string tables;
  do {
    tables += (tables.empty() ? "" : ", ") + quoted(reader.qualified_name());
  } while (reader.accept_symbol(','));
  reader.expect_end();
  const std::string sql = fmt::format("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", tables);
  // Outside of a block the lock is gone with its statement; PostgreSQL refuses that, but in a DO.
  return Decision{.action = Script{.statements = {sql},
                                   .tag = "LOCK TABLE",
                                   .instead = {"DO " + quote_literal(fmt::format("BEGIN {}; END", sql))}}};
}

std::optional<Decision> cancel(const StatementText& statement) {
  TokenReader reader = statement.reader();
  const std::int64_t process = reader.integer();
  if (!reader.at_end()) reader.string();
  reader.expect_end();
  return Decision{.action = Script{.statements = {fmt::format("SELECT pg_catalog.pg_cancel_backend({})", process)},
                                   .tag = "CANCEL"}};
}

}  // namespace penstock::endpoint
