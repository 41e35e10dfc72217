// The table of rules behind recognise(): how a statement starts, and what becomes of it.
//
// A new statement is a line in rules.cc and a function in the rules_*.cc of its family, with its cases in
// cases/<family>.cases. The first rule whose words match, and that doesn't decline, decides. What no rule takes goes to
// PostgreSQL, with names and literals rewritten as for every statement.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/sql/edits.h"
#include "endpoint/sql/lexer.h"
#include "endpoint/sql/sql_error.h"
#include "endpoint/sql/statement.h"
#include "endpoint/sql/token_reader.h"

namespace penstock::endpoint {

// What a rule sees of a statement.
struct StatementText {
  std::string_view text;
  std::span<const Token> tokens;  // the last one is `end`
  std::size_t behind_words = 0;   // the token behind the words that the rule names
  const Aliases* resolved = nullptr;

  [[nodiscard]] TokenReader reader() const { return TokenReader(tokens, behind_words); }
  [[nodiscard]] Edits edits() const;  // what every statement needs is among them
};

struct Decision {
  decltype(Recognised::action) action{};
  TransactionEffect effect = TransactionEffect::none;
  std::optional<Recognised::Kind> kind{};  // other than the rule's
  bool reads_history = false;              // besides what the statement's own tokens name
  Recognised::OpenAliases open_aliases{};  // likewise
};

enum class Standing { carried_out, not_here, not_in_redshift };

struct Rule {
  // "CREATE [LOCAL] [TEMP|TEMPORARY] TABLE": words in their order, some optional, some with alternatives.
  std::string_view words;
  Recognised::Kind kind;
  Standing standing;  // unless carried_out, the statement is refused by the words that it began with
  // Decides; nullopt: not this rule's statement after all. nullptr: PostgreSQL's own statement does it.
  std::optional<Decision> (*apply)(const StatementText&);
};

std::span<const Rule> rules();
// The number of tokens that the words take at the statement's start; nullopt: it starts otherwise.
std::optional<std::size_t> match_words(std::string_view words, std::span<const Token> tokens) noexcept;

// rules_transaction.cc
std::optional<Decision> begin_transaction(const StatementText& statement);
std::optional<Decision> commit_transaction(const StatementText& statement);
std::optional<Decision> rollback_transaction(const StatementText& statement);

// rules_copy.cc
std::optional<Decision> copy(const StatementText& statement);

// rules_unload.cc
std::optional<Decision> unload(const StatementText& statement);

// rules_create_table.cc, rules_alter_table.cc
std::optional<Decision> create_table(const StatementText& statement);
std::optional<Decision> alter_table(const StatementText& statement);

// rules_data.cc, rules_merge.cc
std::optional<Decision> change_data(const StatementText& statement);
std::optional<Decision> merge(const StatementText& statement);

// rules_cursors.cc
std::optional<Decision> declare_cursor(const StatementText& statement);
std::optional<Decision> fetch(const StatementText& statement);

// rules_procedures.cc
std::optional<Decision> create_procedure(const StatementText& statement);

// rules_objects.cc
std::optional<Decision> alter_database(const StatementText& statement);
std::optional<Decision> create_schema(const StatementText& statement);
std::optional<Decision> alter_schema(const StatementText& statement);
std::optional<Decision> create_view(const StatementText& statement);
std::optional<Decision> create_materialized_view(const StatementText& statement);

// rules_late_views.cc: what stands before token `end` of CREATE VIEW … WITH NO SCHEMA BINDING
Decision create_late_view(const StatementText& statement, std::size_t end);

// rules_users.cc
std::optional<Decision> create_user(const StatementText& statement);
std::optional<Decision> alter_user(const StatementText& statement);
std::optional<Decision> drop_user(const StatementText& statement);
std::optional<Decision> create_group(const StatementText& statement);
std::optional<Decision> alter_group(const StatementText& statement);
std::optional<Decision> drop_group(const StatementText& statement);
std::optional<Decision> create_role(const StatementText& statement);
std::optional<Decision> alter_role(const StatementText& statement);
std::optional<Decision> drop_role(const StatementText& statement);

// rules_grants.cc
std::optional<Decision> grant(const StatementText& statement);
std::optional<Decision> revoke(const StatementText& statement);
std::optional<Decision> alter_default_privileges(const StatementText& statement);

// rules_maintenance.cc
std::optional<Decision> truncate(const StatementText& statement);
std::optional<Decision> vacuum(const StatementText& statement);
std::optional<Decision> analyze(const StatementText& statement);
std::optional<Decision> lock(const StatementText& statement);
std::optional<Decision> cancel(const StatementText& statement);

// rules_session.cc
std::optional<Decision> set(const StatementText& statement);
std::optional<Decision> show(const StatementText& statement);
std::optional<Decision> reset(const StatementText& statement);

// rules_driver_queries.cc
std::optional<Decision> driver_query(const StatementText& statement);

// rules_show.cc
std::optional<Decision> show_databases(const StatementText& statement);
std::optional<Decision> show_schemas(const StatementText& statement);
std::optional<Decision> show_tables(const StatementText& statement);
std::optional<Decision> show_columns(const StatementText& statement);
std::optional<Decision> show_table(const StatementText& statement);

}  // namespace penstock::endpoint
