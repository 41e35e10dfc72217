// Users, groups and roles: carried out by functions of the catalog, which know who may do what. A password goes there
// as what is kept of it, and never in clear.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "endpoint/sql/rules.h"
#include "endpoint/sql/user_names.h"
#include "endpoint/sql/user_password.h"

namespace penstock::endpoint {
namespace {

using Json = nlohmann::json;

Decision call(std::string_view function, const Json& argument, std::string tag) {
  const std::string text = argument.dump(-1, ' ', false, Json::error_handler_t::replace);
  return {.action =
              Script{.statements = {fmt::format("SELECT pg_catalog.{}({}::jsonb)", function, quote_literal(text))},
                     .tag = std::move(tag)}};
}

std::vector<std::string> user_names(TokenReader& reader) {
  std::vector<std::string> out;
  do {
    out.push_back(user_name(reader));
  } while (reader.accept_symbol(','));
  return out;
}

// The options of CREATE USER and ALTER USER, in any order, each once.
class UserOptions {
 public:
  UserOptions(TokenReader& reader, Json& out) : reader_(reader), out_(out), user_(out.at("name").get<std::string>()) {}

  void read(bool creating) {
    reader_.accept("WITH");
    while (!reader_.at_end()) {
      if (creating && reader_.accept_all({"IN", "GROUP"})) {
        put("groups", user_names(reader_));
      } else if (!creating && reader_.accept_all({"RESET", "SESSION", "TIMEOUT"})) {
        put("session_timeout", nullptr);
      } else {
        read_one();
      }
    }
  }

 private:
  void put(const char* name, Json value) {
    if (out_.contains(name)) throw SqlError("42601", "conflicting or redundant options");
    out_[name] = std::move(value);
  }

  void read_one() {
    if (reader_.accept("PASSWORD")) {
      read_password();
    } else if (reader_.accept("CREATEDB")) {
      put("creates_databases", true);
    } else if (reader_.accept("NOCREATEDB")) {
      put("creates_databases", false);
    } else if (reader_.accept("CREATEUSER")) {
      put("superuser", true);
    } else if (reader_.accept("NOCREATEUSER")) {
      put("superuser", false);
    } else if (reader_.accept_all({"SYSLOG", "ACCESS"})) {
      const bool unrestricted = reader_.accept("UNRESTRICTED");
      if (!unrestricted) reader_.expect("RESTRICTED");
      put("sees_all", unrestricted);
    } else if (reader_.accept_all({"VALID", "UNTIL"})) {
      put("valid_until", reader_.string());
    } else if (reader_.accept_all({"CONNECTION", "LIMIT"})) {
      put("connection_limit", reader_.accept("UNLIMITED") ? Json(-1) : Json(reader_.integer()));
    } else if (reader_.accept_all({"SESSION", "TIMEOUT"})) {
      read_session_timeout();
    } else if (is_keyword(reader_.peek(), "EXTERNALID")) {
      throw not_supported("EXTERNALID");
    } else {
      throw reader_.syntax_error();
    }
  }

  void read_password() {
    if (reader_.accept("DISABLE")) return put("verifier", nullptr);
    put("verifier", verifier_for(reader_.string(), user_));
  }

  void read_session_timeout() {
    constexpr std::int64_t kShortest = 60;
    constexpr std::int64_t kLongest = 1'728'000;
    const std::int64_t seconds = reader_.integer();
    if (seconds < kShortest || seconds > kLongest) {
      throw SqlError("22023", fmt::format("SESSION TIMEOUT must be from {} to {} seconds", kShortest, kLongest));
    }
    put("session_timeout", seconds);
  }

  TokenReader& reader_;
  Json& out_;
  const std::string user_;
};

std::optional<Decision> rename(TokenReader& reader, std::string_view kind, const std::string& name) {
  if (!reader.accept_all({"RENAME", "TO"})) return std::nullopt;
  const Json change{{"name", name}, {"to", user_name(reader)}};
  reader.expect_end();
  return call(fmt::format("penstock_rename_{}", kind == "USER"    ? "user"
                                                : kind == "GROUP" ? "group"
                                                                  : "role"),
              change, fmt::format("ALTER {}", kind));
}

std::string rest_of(const StatementText& statement, const TokenReader& reader) {
  return statement.edits().rendered(reader.position(), statement.tokens.size());
}

}  // namespace

std::optional<Decision> create_user(const StatementText& statement) {
  TokenReader reader = statement.reader();
  Json user{{"name", user_name(reader)}};
  UserOptions(reader, user).read(true);
  if (!user.contains("verifier")) throw reader.syntax_error();
  return call("penstock_create_user", user, "CREATE USER");
}

std::optional<Decision> alter_user(const StatementText& statement) {
  TokenReader reader = statement.reader();
  const std::string name = user_name(reader);
  if (auto renamed = rename(reader, "USER", name)) return renamed;
  const bool resets_timeout = is_keyword(reader.peek(1), "SESSION") && is_keyword(reader.peek(2), "TIMEOUT");
  if (is_keyword(reader.peek(), "SET") || (is_keyword(reader.peek(), "RESET") && !resets_timeout)) {
    return call("penstock_set_for_user", {{"name", name}, {"change", rest_of(statement, reader)}}, "ALTER USER");
  }
  Json user{{"name", name}};
  UserOptions(reader, user).read(false);
  if (user.size() == 1) throw reader.syntax_error();
  return call("penstock_alter_user", user, "ALTER USER");
}

std::optional<Decision> drop_user(const StatementText& statement) {
  TokenReader reader = statement.reader();
  const bool if_exists = reader.accept_all({"IF", "EXISTS"});
  const Json users{{"names", user_names(reader)}, {"if_exists", if_exists}};
  reader.expect_end();
  return call("penstock_drop_users", users, "DROP USER");
}

std::optional<Decision> create_group(const StatementText& statement) {
  TokenReader reader = statement.reader();
  Json group{{"name", user_name(reader)}};
  if (!reader.at_end()) {
    reader.accept("WITH");
    reader.expect("USER");
    group["users"] = user_names(reader);
    reader.expect_end();
  }
  return call("penstock_create_group", group, "CREATE GROUP");
}

std::optional<Decision> alter_group(const StatementText& statement) {
  TokenReader reader = statement.reader();
  const std::string name = user_name(reader);
  if (auto renamed = rename(reader, "GROUP", name)) return renamed;
  const bool adding = reader.accept("ADD");
  if (!adding) reader.expect("DROP");
  reader.expect("USER");
  const Json group{{"name", name}, {"users", user_names(reader)}, {"add", adding}};
  reader.expect_end();
  return call("penstock_alter_group", group, "ALTER GROUP");
}

std::optional<Decision> drop_group(const StatementText& statement) {
  TokenReader reader = statement.reader();
  const Json group{{"name", user_name(reader)}};
  reader.expect_end();
  return call("penstock_drop_group", group, "DROP GROUP");
}

std::optional<Decision> create_role(const StatementText& statement) {
  TokenReader reader = statement.reader();
  const Json role{{"name", user_name(reader)}};
  if (is_keyword(reader.peek(), "EXTERNALID")) throw not_supported("EXTERNALID");
  reader.expect_end();
  return call("penstock_create_role", role, "CREATE ROLE");
}

std::optional<Decision> alter_role(const StatementText& statement) {
  TokenReader reader = statement.reader();
  const std::string name = user_name(reader);
  reader.accept("WITH");
  if (auto renamed = rename(reader, "ROLE", name)) return renamed;
  if (is_keyword(reader.peek(), "OWNER") || is_keyword(reader.peek(), "EXTERNALID")) {
    throw not_supported(fmt::format("ALTER ROLE … {}", reader.peek().text));
  }
  throw reader.syntax_error();
}

std::optional<Decision> drop_role(const StatementText& statement) {
  TokenReader reader = statement.reader();
  Json role{{"name", user_name(reader)}};
  role["force"] = reader.accept("FORCE");
  if (role["force"] == false) reader.accept("RESTRICT");
  reader.expect_end();
  return call("penstock_drop_role", role, "DROP ROLE");
}

}  // namespace penstock::endpoint
