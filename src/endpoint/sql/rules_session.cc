// SET, SHOW and RESET of what Redshift knows and PostgreSQL does not: kept as settings of the class penstock.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "endpoint/sql/rules.h"
#include "endpoint/sql/user_names.h"

namespace penstock::endpoint {
namespace {

struct Parameter {
  std::string_view name;
  std::string_view standard;  // its value before any SET
  bool fixed = false;         // no other value is supported here
};

// Those without effect here concern what a local Redshift has none of: queues, caches, clusters, compression.
constexpr auto kParameters = std::to_array<Parameter>({
    {"analyze_threshold_percent", "10"},
    {"auto_analyze", "on"},
    {"cast_super_null_on_error", "on"},
    {"describe_field_name_in_uppercase", "off", true},
    {"enable_case_sensitive_identifier", "off", true},
    {"enable_case_sensitive_super_attribute", "off"},
    {"enable_numeric_rounding", "on"},
    {"enable_result_cache_for_session", "on"},
    {"enable_vacuum_boost", "off"},
    {"error_on_nondeterministic_update", "off"},
    {"json_serialization_enable", "off"},
    {"json_serialization_parse_nested_strings", "off"},
    {"max_concurrency_scaling_clusters", "1"},
    {"navigate_super_null_on_error", "on"},
    {"parse_super_null_on_error", "off"},
    {"query_group", "default"},
    {"read_srid_on_shapefile_ingestion", "on"},
    {"spectrum_query_maxerror", "-1"},
    {"stored_proc_log_min_messages", "log"},
    {"wlm_query_slot_count", "1"},
});

// What the reading of statements depends on.
constexpr auto kNotForClients =
    std::to_array<std::string_view>({"standard_conforming_strings", "backslash_quote", "escape_string_warning",
                                     "default_transaction_isolation", "transaction_isolation"});

const Parameter* find_parameter(std::string_view name) {
  const auto found = std::ranges::find(kParameters, name, &Parameter::name);
  return found == kParameters.end() ? nullptr : &*found;
}

struct Setting {
  std::string value;
  bool standard = false;  // TO DEFAULT
};

Setting read_value(TokenReader& reader) {
  if (!reader.accept("TO")) reader.expect_symbol('=');
  Setting setting;
  if (reader.accept("DEFAULT")) {
    setting.standard = true;
  } else if (reader.peek().kind == TokenKind::string) {
    setting.value = reader.string();
  } else {
    if (reader.accept_symbol('-')) setting.value = "-";
    if (reader.at_end() || reader.peek().kind == TokenKind::symbol) throw reader.syntax_error();
    setting.value += reader.peek().kind == TokenKind::quoted_name ? name_value(reader.peek()) : reader.peek().text;
    reader.next();
  }
  reader.expect_end();
  return setting;
}

bool is_on(const std::string& value) { return value == "1" || value == "on" || value == "true" || value == "ON"; }

Decision set_parameter(const Parameter& parameter, const Setting& setting, bool local) {
  const bool unchanged = setting.standard || !is_on(setting.value);
  if (parameter.fixed && !unchanged) throw not_supported(fmt::format("{} = {}", parameter.name, setting.value));
  if (parameter.name == "query_group") {
    if (local) throw not_supported("SET LOCAL query_group");
    return {.action = SetSession{"query_group", setting.standard ? "" : setting.value, "SET"}};
  }
  const std::string value = setting.standard ? std::string(parameter.standard) : setting.value;
  return {.action = PassThrough{
              fmt::format("SET {}penstock.{} TO {}", local ? "LOCAL " : "", parameter.name, quote_literal(value))}};
}

// Session::run() knows the names.
Decision set_authorization(TokenReader& reader) {
  std::string user;
  if (!reader.accept("DEFAULT")) {
    user = reader.peek().kind == TokenKind::string ? reader.string() : user_name(reader);
    if (user.empty()) throw reader.syntax_error();
  }
  reader.expect_end();
  return {.action = SetSession{"session_authorization", user, "SET"}};
}

}  // namespace

std::optional<Decision> set(const StatementText& statement) {
  TokenReader reader = statement.reader();
  const bool local = reader.accept("LOCAL");
  if (!local && reader.accept_all({"SESSION", "AUTHORIZATION"})) return set_authorization(reader);
  if (!local) reader.accept("SESSION");
  if (is_keyword(reader.peek(), "ROLE")) throw SqlError("0A000", "SET ROLE is not supported by Redshift");
  // The level of isolation is the database's: taken, and without effect.
  const auto names_isolation = [](const Token& token) { return is_keyword(token, "ISOLATION"); };
  if ((is_keyword(reader.peek(), "TRANSACTION") || is_keyword(reader.peek(), "CHARACTERISTICS")) &&
      std::ranges::any_of(statement.tokens, names_isolation)) {
    return Decision{.action = Script{.statements = {}, .tag = "SET"}};
  }
  if (reader.peek().kind != TokenKind::word && reader.peek().kind != TokenKind::quoted_name) return std::nullopt;
  const std::string name = reader.name();
  if (std::ranges::find(kNotForClients, name) != kNotForClients.end() || name == "penstock") {
    throw SqlError("55P02", fmt::format("parameter \"{}\" cannot be changed", name));
  }
  if (name == "readonly") {
    const Setting setting = read_value(reader);
    return Decision{.action = PassThrough{fmt::format("SET {}default_transaction_read_only TO {}",
                                                      local ? "LOCAL " : "", is_on(setting.value) ? "on" : "off")}};
  }
  if (const Parameter* parameter = find_parameter(name)) return set_parameter(*parameter, read_value(reader), local);
  return std::nullopt;
}

std::optional<Decision> show(const StatementText& statement) {
  TokenReader reader = statement.reader();
  if (reader.peek().kind != TokenKind::word && reader.peek().kind != TokenKind::quoted_name) return std::nullopt;
  const std::string name = reader.name();
  const Parameter* parameter = find_parameter(name);
  if (parameter == nullptr || !reader.at_end()) return std::nullopt;
  return Decision{
      .action = PassThrough{fmt::format(
          "SELECT coalesce(nullif(pg_catalog.current_setting('penstock.{0}', true), ''), '{1}')::varchar AS {0}", name,
          parameter->standard)}};
}

std::optional<Decision> reset(const StatementText& statement) {
  TokenReader reader = statement.reader();
  if (reader.peek().kind != TokenKind::word && reader.peek().kind != TokenKind::quoted_name) return std::nullopt;
  if (reader.accept_all({"SESSION", "AUTHORIZATION"})) {
    reader.expect_end();
    return Decision{.action = SetSession{"session_authorization", "", "RESET"}};
  }
  const std::string name = reader.name();
  if (name == "query_group") return Decision{.action = SetSession{"query_group", "", "RESET"}};
  if (find_parameter(name) == nullptr || !reader.at_end()) return std::nullopt;
  return Decision{.action = PassThrough{"RESET penstock." + name}};
}

}  // namespace penstock::endpoint
