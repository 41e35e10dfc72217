#include "endpoint/sql/rules.h"

#include <algorithm>
#include <array>

#include "endpoint/sql/column_definition.h"
#include "endpoint/sql/query_forms.h"
#include "endpoint/sql/super_navigation.h"

namespace penstock::endpoint {
namespace {

using Kind = Recognised::Kind;

constexpr Rule rule(std::string_view words, Kind kind, decltype(Rule::apply) apply = nullptr) {
  return {.words = words, .kind = kind, .standing = Standing::carried_out, .apply = apply};
}
constexpr Rule not_here(std::string_view words) {
  return {.words = words, .kind = Kind::utility, .standing = Standing::not_here, .apply = nullptr};
}
constexpr Rule not_in_redshift(std::string_view words) {
  return {.words = words, .kind = Kind::utility, .standing = Standing::not_in_redshift, .apply = nullptr};
}

constexpr auto kRules = std::to_array<Rule>({
    // transactions
    rule("BEGIN", Kind::utility, begin_transaction),
    rule("START TRANSACTION", Kind::utility, begin_transaction),
    not_in_redshift("COMMIT PREPARED"),
    rule("COMMIT", Kind::utility, commit_transaction),
    rule("END", Kind::utility, commit_transaction),
    not_in_redshift("ROLLBACK PREPARED"),
    rule("ROLLBACK", Kind::utility, rollback_transaction),
    rule("ABORT", Kind::utility, rollback_transaction),
    not_in_redshift("PREPARE TRANSACTION"),
    not_in_redshift("SAVEPOINT"),
    not_in_redshift("RELEASE"),

    // loading and unloading
    not_here("COPY JOB ALTER|RUN|LIST|SHOW|DROP"),
    rule("COPY", Kind::query, copy),
    rule("UNLOAD", Kind::query, unload),

    // tables
    rule("CREATE [LOCAL] [TEMP|TEMPORARY] TABLE", Kind::ddl, create_table),
    not_in_redshift("CREATE [GLOBAL] [UNLOGGED] [TEMP|TEMPORARY] TABLE"),
    rule("ALTER TABLE", Kind::ddl, alter_table),
    rule("TRUNCATE", Kind::utility, truncate),
    rule("LOCK", Kind::utility, lock),
    rule("VACUUM", Kind::utility, vacuum),
    rule("ANALYZE|ANALYSE", Kind::utility, analyze),

    // sessions
    rule("SET", Kind::utility, set),
    rule("SHOW DATABASES", Kind::utility, show_databases),
    rule("SHOW SCHEMAS", Kind::utility, show_schemas),
    rule("SHOW TABLES", Kind::utility, show_tables),
    rule("SHOW COLUMNS", Kind::utility, show_columns),
    rule("SHOW TABLE", Kind::utility, show_table),
    not_here("SHOW VIEW|PROCEDURE|PROCEDURES|FUNCTIONS|PARAMETERS|GRANTS"),
    not_here("SHOW CONSTRAINTS|MODEL|DATASHARES|EXTERNAL"),
    rule("SHOW", Kind::utility, show),
    rule("RESET", Kind::utility, reset),
    rule("CANCEL", Kind::utility, cancel),

    // data
    rule("MERGE INTO", Kind::query, merge),
    rule("INSERT|UPDATE|DELETE|WITH", Kind::query, change_data),

    // databases, schemas, users, views
    rule("ALTER DATABASE", Kind::utility, alter_database),
    rule("CREATE SCHEMA", Kind::ddl, create_schema),
    rule("ALTER SCHEMA", Kind::ddl, alter_schema),
    rule("CREATE USER", Kind::utility, create_user),
    rule("ALTER USER", Kind::utility, alter_user),
    rule("DROP USER", Kind::utility, drop_user),
    rule("CREATE GROUP", Kind::utility, create_group),
    rule("ALTER GROUP", Kind::utility, alter_group),
    rule("DROP GROUP", Kind::utility, drop_group),
    rule("CREATE ROLE", Kind::utility, create_role),
    rule("ALTER ROLE", Kind::utility, alter_role),
    rule("DROP ROLE", Kind::utility, drop_role),
    rule("GRANT", Kind::utility, grant),
    rule("REVOKE", Kind::utility, revoke),
    rule("ALTER DEFAULT PRIVILEGES", Kind::utility, alter_default_privileges),
    rule("CREATE [OR] [REPLACE] VIEW", Kind::ddl, create_view),
    rule("CREATE [OR] [REPLACE] PROCEDURE", Kind::ddl, create_procedure),
    rule("CREATE MATERIALIZED VIEW", Kind::ddl, create_materialized_view),

    // what Redshift has and this local one has not
    not_here("CREATE|ALTER|DROP EXTERNAL"),
    not_here("CREATE|ALTER|DROP DATASHARE|LIBRARY|MODEL|RLS|MASKING|TEMPLATE|IDENTITY"),
    not_here("ATTACH|DETACH"),

    // what PostgreSQL has and Redshift has not
    not_in_redshift("CREATE [UNIQUE] INDEX"),
    not_in_redshift("CREATE|ALTER|DROP INDEX"),
    not_in_redshift("CREATE|ALTER|DROP SEQUENCE"),
    not_in_redshift("CREATE|ALTER|DROP [CONSTRAINT] TRIGGER"),
    not_in_redshift("CREATE|ALTER|DROP EVENT"),
    not_in_redshift("CREATE|ALTER|DROP [OR] [REPLACE] RULE"),
    not_in_redshift("CREATE|ALTER|DROP TYPE|DOMAIN"),
    not_in_redshift("CREATE|ALTER|DROP EXTENSION"),
    not_in_redshift("CREATE|ALTER|DROP AGGREGATE|OPERATOR|CAST|COLLATION|CONVERSION|TRANSFORM|ACCESS|TEXT"),
    not_in_redshift("CREATE|ALTER|DROP [OR] [REPLACE] [TRUSTED] [PROCEDURAL] LANGUAGE"),
    not_in_redshift("CREATE|ALTER|DROP FOREIGN|SERVER"),
    not_in_redshift("CREATE|ALTER|DROP TABLESPACE|PUBLICATION|SUBSCRIPTION|STATISTICS|POLICY"),
    not_in_redshift("ALTER SYSTEM|LARGE"),
    not_in_redshift("IMPORT FOREIGN SCHEMA"),
    not_in_redshift("LISTEN|NOTIFY|UNLISTEN"),
    not_in_redshift("DO"),
    not_in_redshift("LOAD"),
    not_in_redshift("CLUSTER"),
    not_in_redshift("REINDEX"),
    not_in_redshift("CHECKPOINT"),
    not_in_redshift("SECURITY LABEL"),
    not_in_redshift("REASSIGN OWNED"),
    not_in_redshift("MOVE"),
    not_in_redshift("DISCARD"),

    // what PostgreSQL does as Redshift does: named for its place in the system tables
    rule("SELECT", Kind::query, driver_query),
    rule("DECLARE", Kind::utility, declare_cursor),
    rule("FETCH", Kind::query, fetch),
    rule("SELECT|VALUES|TABLE", Kind::query),
    rule("CREATE|DROP DATABASE", Kind::utility),
    rule("CREATE|ALTER|DROP", Kind::ddl),
});

}  // namespace

Edits StatementText::edits() const {
  Edits out(text, tokens);
  rewrite_casts(tokens, out);
  rewrite_navigation(tokens, out);
  rewrite_queries(tokens, out);  // last: QUALIFY moves its condition, with what was rewritten in it
  return out;
}

std::span<const Rule> rules() { return kRules; }

std::optional<std::size_t> match_words(std::string_view words, std::span<const Token> tokens) noexcept {
  std::size_t at = 0;
  while (!words.empty()) {
    const auto end = std::min(words.find(' '), words.size());
    std::string_view word = words.substr(0, end);
    words.remove_prefix(std::min(end + 1, words.size()));
    const bool optional = word.starts_with('[');
    if (optional) word = word.substr(1, word.size() - 2);
    bool matched = false;
    while (!word.empty() && !matched) {
      const auto bar = std::min(word.find('|'), word.size());
      matched = at < tokens.size() && is_keyword(tokens[at], word.substr(0, bar));
      word.remove_prefix(std::min(bar + 1, word.size()));
    }
    if (matched) {
      ++at;
    } else if (!optional) {
      return std::nullopt;
    }
  }
  return at;
}

}  // namespace penstock::endpoint
