// One statement of a client, recognised: what the endpoint does with it.
//
// Pure: text in, decision out; the cases are in statement_test.cc and sql/*.cases. The table of rules behind it is in
// rules.h: a new statement is a new rule, and the connection code is not touched.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "endpoint/sql/copy_statement.h"
#include "endpoint/sql/select_grammar.h"
#include "endpoint/sql/token_reader.h"
#include "endpoint/sql/unload_statement.h"

namespace penstock::endpoint {

// Sent to PostgreSQL as it is written here; may have parameters ($1); any protocol, any result.
struct PassThrough {
  std::string sql;
};

// Statements that are run on the backend one after the other, in the client's transaction (in one of their own when
// the client has none open); the client sees one CommandComplete with `tag`, and notices. Takes no parameters.
// Example: CREATE TABLE … DISTKEY(a): the CREATE, then the rows that remember the attributes.
struct Script {
  std::vector<std::string> statements;
  std::string tag;
  bool outside_block = false;  // refused inside BEGIN … COMMIT, and run without a transaction of our own (VACUUM)
  bool commits = false;        // commits the client's transaction, earlier work included (TRUNCATE)
  std::vector<std::string> instead{};  // outside of BEGIN … COMMIT these are run in the statements' place
  std::string refused_as{};  // outside_block: what "… cannot run inside a transaction block" names; empty: the tag
};

struct RunCopy {
  CopyStatement copy;
};

struct RunUnload {
  UnloadStatement unload;
};

// What the endpoint answers by itself, without PostgreSQL: SET query_group TO 'x', no-ops.
struct SetSession {
  std::string name;  // "query_group"
  std::string value;
  std::string tag;  // "SET"
};

enum class TransactionEffect { none, begin, commit, rollback };

struct Recognised {
  std::variant<PassThrough, Script, RunCopy, RunUnload, SetSession> action;
  TransactionEffect effect = TransactionEffect::none;
  enum class Kind { query, ddl, utility } kind = Kind::query;  // which of stl_query, stl_ddltext, stl_utilitytext
  bool reads_history = false;   // names a system table: what is recorded so far must be visible first
  bool reads_activity = false;  // …of what runs now
  std::string logged_text;      // as the system tables show it: credentials blanked
  // Names that may be aliases of a select list, used further on in it or in WHERE, or columns of its tables, which win:
  // only PostgreSQL can tell.
  struct OpenAliases {
    Aliases names;
    std::string query;  // asks PostgreSQL: where a name is no column, this is refused with 42703
  };
  OpenAliases open_aliases{};
};

// Statements of one Query message, without their semicolons; empty ones left out.
// The table that an INSERT, UPDATE, DELETE, MERGE, COPY, TRUNCATE or LOCK names first.
std::optional<QualifiedName> written_table(std::string_view statement);

std::vector<std::string_view> split_statements(std::string_view sql);
// One statement. Throws SqlError.
// resolved: of its open_aliases, those that are no columns.
Recognised recognise(std::string_view statement, const Aliases& resolved = {});

}  // namespace penstock::endpoint
