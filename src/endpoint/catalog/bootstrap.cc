#include "endpoint/catalog/bootstrap.h"

#include <fmt/format.h>

#include <array>
#include <functional>
#include <string_view>

#include "endpoint/catalog/postgres.h"
#include "endpoint_catalog/sql_files.h"
#include "penstock/error.h"

namespace penstock::endpoint {
namespace {

constexpr std::int64_t kLock = 0x70656E73746F636B;  // of this work, among PostgreSQL's advisory locks

constexpr auto kScripts = std::to_array<std::string_view>(
    {sql::kFoundation,     sql::kUsers,           sql::kCharacterTypes,  sql::kSuperType,      sql::kSuperOperators,
     sql::kHistoryTables,  sql::kHistoryViews,    sql::kTableAttributes, sql::kLateViews,      sql::kSetAside,
     sql::kDateFunctions,  sql::kStringFunctions, sql::kNumberFunctions, sql::kHashFunctions,  sql::kJsonFunctions,
     sql::kSuperFunctions, sql::kFunctions,       sql::kCatalogViews,    sql::kDriverCatalogs, sql::kActivityViews});

constexpr std::string_view kIsolation = "default_transaction_isolation";

constexpr auto* kFirstUser = "100";  // its number, as in Redshift

// How a client's session reads and writes; the superuser's own sessions keep PostgreSQL's ways.
constexpr auto kSettings = std::to_array<std::pair<std::string_view, std::string_view>>({
    {kIsolation, "'repeatable read'"},       // Redshift's SNAPSHOT
    {"standard_conforming_strings", "off"},  // a backslash escapes
    {"escape_string_warning", "off"},
    {"backslash_quote", "on"},
    {"timezone", "'UTC'"},
    {"datestyle", "'ISO, MDY'"},
    {"search_path", "'$user', 'public'"},
});
constexpr auto kSuperuserSettings = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"default_transaction_isolation", "'read committed'"},
    {"standard_conforming_strings", "on"},
});

// Changes whenever one of the files does.
std::string scripts_version() {
  std::size_t hash = 0;
  for (const std::string_view script : kScripts) {
    hash ^= std::hash<std::string_view>()(script) + 0x9E3779B97F4A7C15 + (hash << 6) + (hash >> 2);
  }
  return fmt::format("{:016x}", hash);
}

void make_role(Postgres& postgres, const BootstrapConfig& config) {
  const std::string role = postgres.identifier(config.user);
  const auto superuser = postgres.value("SELECT rolsuper FROM pg_roles WHERE rolname = $1", {config.user});
  if (superuser == "t") {
    throw Error(ErrorKind::invalid,
                fmt::format("the user {} is a superuser of the private PostgreSQL: clients must not "
                            "be one; choose another name",
                            config.user));
  }
  postgres.run("BEGIN");
  postgres.run(fmt::format("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD {}",
                           superuser ? "ALTER" : "CREATE", role,
                           postgres.literal(postgres.password_verifier(config.user, config.password.reveal()))));
  if (!superuser) {
    postgres.query(
        "UPDATE pg_authid SET oid = $2::oid WHERE rolname = $1 AND NOT EXISTS (SELECT FROM pg_authid WHERE oid = "
        "$2::oid)",
        {config.user, kFirstUser});
  }
  postgres.run("COMMIT");
}

bool isolation_is_set(Postgres& postgres, const std::string& database) {
  return postgres
      .value(
          "SELECT 1 FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) setting "
          "WHERE s.setrole = 0 AND d.datname = $1 AND setting LIKE 'default\\_transaction\\_isolation=%'",
          {database})
      .has_value();
}

void make_database(Postgres& postgres, const BootstrapConfig& config) {
  const std::string database = postgres.identifier(config.database);
  if (!postgres.value("SELECT 1 FROM pg_database WHERE datname = $1", {config.database})) {
    postgres.run(fmt::format("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'",
                             database));
  }
  postgres.run(fmt::format("ALTER DATABASE {} OWNER TO {}", database, postgres.identifier(config.user)));
  for (const auto& [name, value] : kSettings) {
    // ALTER DATABASE … ISOLATION LEVEL may have chosen another
    if (name == kIsolation && isolation_is_set(postgres, config.database)) continue;
    postgres.run(fmt::format("ALTER DATABASE {} SET {} TO {}", database, name, value));
  }
  for (const auto& [name, value] : kSuperuserSettings) {
    postgres.run(fmt::format("ALTER ROLE {} IN DATABASE {} SET {} TO {}", postgres.identifier(postgres.user()),
                             database, name, value));
  }
  for (const std::string_view other : {"postgres", "template1"}) {
    postgres.run(fmt::format("REVOKE ALL ON DATABASE {} FROM PUBLIC", other));
  }
}

void make_system_objects(Postgres& postgres, const BootstrapConfig& config, Log& log) {
  const std::string version = scripts_version();
  const bool made = postgres.value("SELECT to_regclass('pg_internal.settings')").has_value();
  if (made && postgres.value("SELECT value FROM pg_internal.settings WHERE name = 'version'") == version) {
    log.debug("the system tables are up to date");
  } else {
    log.info(fmt::format("making the system tables of database {}", config.database));
    postgres.run("BEGIN");
    for (const std::string_view script : kScripts) postgres.run(std::string(script));
    // as Redshift has it, unless a superuser takes it back
    if (!made) postgres.run("GRANT CREATE ON SCHEMA public TO PUBLIC");
    postgres.query(
        "INSERT INTO pg_internal.settings VALUES ('version', $1) ON CONFLICT (name) DO UPDATE "
        "SET value = excluded.value",
        {version});
    postgres.run("COMMIT");
  }
  postgres.query(
      "INSERT INTO pg_internal.settings VALUES ('conninfo', $1), ('admin', $2) ON CONFLICT (name) DO UPDATE "
      "SET value = excluded.value",
      {conninfo_with(recorder_conninfo(config), {{"application_name", "penstock history"}}), config.user});
  postgres.query("SELECT pg_internal.adopt_first_user($1)", {config.user});
}

}  // namespace

std::string recorder_conninfo(const BootstrapConfig& config) {
  return conninfo_with(config.conninfo, {{"dbname", config.database}});
}

void bootstrap(const BootstrapConfig& config, Log& log) {
  Postgres server(conninfo_with(config.conninfo, {{"dbname", "postgres"}}));
  server.query(fmt::format("SELECT pg_advisory_lock({})", kLock));  // until the session ends
  make_role(server, config);
  make_database(server, config);
  Postgres database(recorder_conninfo(config));
  make_system_objects(database, config, log);
}

}  // namespace penstock::endpoint
