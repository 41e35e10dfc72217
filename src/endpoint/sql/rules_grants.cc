// GRANT, REVOKE and ALTER DEFAULT PRIVILEGES: PostgreSQL's own, where they name what it has; roles are granted by the
// catalog.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "endpoint/sql/rules.h"
#include "endpoint/sql/user_names.h"

namespace penstock::endpoint {
namespace {

using Json = nlohmann::json;

constexpr auto kPrivileges =
    std::to_array<std::string_view>({"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "USAGE",
                                     "CREATE", "TEMP", "TEMPORARY", "EXECUTE"});
// What Redshift has besides, and PostgreSQL has no privilege for.
constexpr auto kOthers =
    std::to_array<std::string_view>({"ALTER", "DROP", "ASSUMEROLE", "SHARE", "EXPLAIN", "IGNORE", "ACCESS", "ANALYZE",
                                     "VACUUM", "CANCEL", "ATTACH", "DETACH", "READ", "WRITE", "MANAGE"});
constexpr auto kOtherObjects = std::to_array<std::string_view>(
    {"EXTERNAL", "DATASHARE", "MODEL", "COPY", "RLS", "MASKING", "TEMPLATE", "INTEGRATION", "IDENTITY"});

template <std::size_t count>
bool is_one_of(const Token& token, const std::array<std::string_view, count>& words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return is_keyword(token, word); });
}

// { privilege [(columns)] [, …] | ALL [PRIVILEGES] [(columns)] } ON; of roles without a table: system permissions.
void read_privileges(TokenReader& reader, std::string_view verb) {
  const auto columns = [&] {
    if (reader.at_symbol('(')) reader.skip_parentheses();
  };
  if (reader.accept("ALL")) {
    reader.accept("PRIVILEGES");
    columns();
  } else {
    do {
      if (is_one_of(reader.peek(), kOthers)) throw not_supported(fmt::format("{} {}", verb, reader.peek().text));
      if (!is_one_of(reader.peek(), kPrivileges)) throw reader.syntax_error();
      reader.next();
      columns();
      const bool two_words = reader.peek().kind == TokenKind::word && !is_keyword(reader.peek(), "ON");
      if (two_words) throw not_supported(fmt::format("{} of system permissions", verb));
    } while (reader.accept_symbol(','));
  }
  reader.expect("ON");
}

// Up to TO or FROM outside of parentheses.
void skip_objects(TokenReader& reader, std::string_view until) {
  while (!reader.at_end() && !is_keyword(reader.peek(), until)) {
    if (reader.at_symbol('(')) {
      reader.skip_parentheses();
    } else {
      reader.next();
    }
  }
  reader.expect(until);
}

void rewrite_grantees(TokenReader& reader, Edits& edits) {
  do {
    const std::size_t first = reader.position();
    const std::string name = grantee(reader);
    edits.replace(first, reader.position(), name);
  } while (reader.accept_symbol(','));
}

Decision pass(const Edits& edits) { return {.action = PassThrough{edits.text()}}; }

// GRANT ROLE r [, …] TO { user | ROLE r } [WITH ADMIN OPTION] [, …]; REVOKE [ADMIN OPTION FOR] ROLE … FROM …
Decision change_roles(TokenReader& reader, std::string_view verb, bool admin_option) {
  const bool granting = verb == "GRANT";
  Json change{{"grant", granting}, {"admin", admin_option}, {"roles", Json::array()}, {"to", Json::array()}};
  do {
    change["roles"].push_back(user_name(reader));
  } while (reader.accept_symbol(','));
  reader.expect(granting ? "TO" : "FROM");
  do {
    const bool to_role = reader.accept("ROLE");
    const std::string name = user_name(reader);
    const bool admin = granting && reader.accept_all({"WITH", "ADMIN", "OPTION"});
    change["to"].push_back({{"name", name}, {"is_role", to_role}, {"admin", admin}});
  } while (reader.accept_symbol(','));
  reader.expect_end();
  const std::string text = change.dump(-1, ' ', false, Json::error_handler_t::replace);
  return {.action = Script{
              .statements = {fmt::format("SELECT pg_catalog.penstock_change_roles({}::jsonb)", quote_literal(text))},
              .tag = std::string(verb)}};
}

}  // namespace

std::optional<Decision> grant(const StatementText& statement) {
  TokenReader reader = statement.reader();
  if (reader.accept("ROLE")) return change_roles(reader, "GRANT", false);
  read_privileges(reader, "GRANT");
  if (is_one_of(reader.peek(), kOtherObjects)) throw not_supported(fmt::format("GRANT ON {}", reader.peek().text));
  skip_objects(reader, "TO");
  Edits edits = statement.edits();
  rewrite_grantees(reader, edits);
  reader.accept_all({"WITH", "GRANT", "OPTION"});
  reader.expect_end();
  return pass(edits);
}

std::optional<Decision> revoke(const StatementText& statement) {
  TokenReader reader = statement.reader();
  const bool admin_option = reader.accept_all({"ADMIN", "OPTION", "FOR"});
  if (reader.accept("ROLE")) return change_roles(reader, "REVOKE", admin_option);
  if (admin_option) throw reader.syntax_error();
  reader.accept_all({"GRANT", "OPTION", "FOR"});
  read_privileges(reader, "REVOKE");
  if (is_one_of(reader.peek(), kOtherObjects)) throw not_supported(fmt::format("REVOKE ON {}", reader.peek().text));
  skip_objects(reader, "FROM");
  Edits edits = statement.edits();
  rewrite_grantees(reader, edits);
  if (!reader.accept("CASCADE")) reader.accept("RESTRICT");
  reader.expect_end();
  return pass(edits);
}

// ALTER DEFAULT PRIVILEGES [FOR USER u, …] [IN SCHEMA s, …] { GRANT … | REVOKE … }
std::optional<Decision> alter_default_privileges(const StatementText& statement) {
  TokenReader reader = statement.reader();
  Edits edits = statement.edits();
  if (reader.accept("FOR")) {
    reader.expect("USER");
    rewrite_grantees(reader, edits);
  }
  if (reader.accept_all({"IN", "SCHEMA"})) {
    do {
      reader.name();
    } while (reader.accept_symbol(','));
  }
  const bool granting = reader.accept("GRANT");
  if (!granting) {
    reader.expect("REVOKE");
    reader.accept_all({"GRANT", "OPTION", "FOR"});
  }
  read_privileges(reader, "ALTER DEFAULT PRIVILEGES … GRANT");
  const std::size_t objects = reader.position();
  if (reader.accept("PROCEDURES")) edits.replace(objects, reader.position(), "ROUTINES");
  skip_objects(reader, granting ? "TO" : "FROM");
  rewrite_grantees(reader, edits);
  if (granting) {
    reader.accept_all({"WITH", "GRANT", "OPTION"});
  } else if (!reader.accept("CASCADE")) {
    reader.accept("RESTRICT");
  }
  reader.expect_end();
  return pass(edits);
}

}  // namespace penstock::endpoint
