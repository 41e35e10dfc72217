#include "endpoint/wire/error_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "endpoint/sql/user_names.h"

namespace penstock::endpoint {

namespace {

struct ErrorRule {
  std::string_view sqlstate;  // PostgreSQL's
  void (*apply)(Report& report, const ErrorContext& context);
};

// Redshift's error block, as run-time failures show it in their detail.
void set_block(Report& report, const std::string& message, int code, const std::string& block_context,
               const ErrorContext& context) {
  const auto error = redshift_error(message, code, block_context, context.query, "");
  report.set('C', error.sqlstate);
  report.set('M', error.what());
  report.set('D', error.detail);
  report.set('H', {});
}

std::string capitalised(std::string_view text) {
  std::string result(text);
  if (!result.empty() && result[0] >= 'a' && result[0] <= 'z') result[0] = static_cast<char>(result[0] - 'a' + 'A');
  return result;
}

// Literally "1023": what clients that retry look for.
void serialization_failure(Report& report, const ErrorContext& context) {
  report.set('C', "XX000");
  report.set('M', std::string(kSerializationFailure));
  report.set('D', fmt::format("Serializable isolation violation on table - {}, transactions forming the cycle are: {} "
                              "(pid:{})",
                              context.table, context.transaction, context.process));
  report.set('H', {});
}

void null_in_not_null(Report& report, const ErrorContext& context) {
  set_block(report, fmt::format("Cannot insert a NULL value into column {}", report.field('c')), 8007, "", context);
}

void too_long_for_type(Report& report, const ErrorContext& context) {
  // "value too long for type character varying(5)"
  set_block(report, "Value too long for character type", 8001, capitalised(report.field('M')), context);
}

// Redshift's words for the same. Of "integer out of range" it has none of its own.
void out_of_range(Report& report, const ErrorContext& context) {
  if (report.field('M') == "numeric field overflow") {
    set_block(report, "Numeric data overflow (result precision)", 1058, std::string(report.field('D')), context);
  } else if (report.field('M') == "bigint out of range") {
    set_block(report, "Overflow (Long valid range -9223372036854775808 to 9223372036854775807)", 1058, "", context);
  }
}

void identity_given(Report& report, const ErrorContext&) {
  report.set('C', "42601");
  report.set('M', "cannot set an identity column to a value");
  report.set('D', {});
  report.set('H', {});
}

void matched_twice(Report& report, const ErrorContext& context) {
  if (report.field('M') != "MERGE command cannot affect row a second time") return;
  set_block(report, "Found multiple matches to update the same tuple.", 8001, "", context);
}

// Raised by our own functions in the catalog.
void of_redshifts_functions(Report& report, const ErrorContext& context) {
  set_block(report, std::string(report.field('M')), 8001, std::string(report.field('D')), context);
}

void exists_already(Report& report, const ErrorContext&) { report.set('M', capitalised(report.field('M'))); }

// "permission denied for table t", "must be owner of view v": to Redshift they are relations.
void permission_denied(Report& report, const ErrorContext&) {
  const auto message = report.field('M');
  if (message.starts_with("permission denied to set role")) {
    report.set('M', "permission denied to set session authorization");
    return;
  }
  for (const std::string_view act : {"permission denied for ", "must be owner of "}) {
    for (const std::string_view kind : {"table ", "view ", "materialized view "}) {
      const auto start = std::string(act).append(kind);
      if (!message.starts_with(start)) continue;
      report.set('M', std::string(act) + "relation " + std::string(message.substr(start.size())));
      return;
    }
  }
}

// What PostgreSQL has one word for are users, groups and roles. Of a role the words are the same in the end: who said
// them last tells whether they are translated.
void no_such_role(Report& report, const ErrorContext&) {
  constexpr std::string_view kSaidHere = "no_such_role";
  constexpr std::string_view kStart = "role \"";
  constexpr std::string_view kEnd = "\" does not exist";
  const std::string message(report.field('M'));
  if (!message.starts_with(kStart) || !message.ends_with(kEnd) || report.field('R') == kSaidHere) return;
  std::string_view name = message;
  name = name.substr(kStart.size(), name.size() - kStart.size() - kEnd.size());
  std::string_view kind = "user";
  if (name.starts_with(kGroupPrefix)) {
    kind = "group";
    name.remove_prefix(kGroupPrefix.size());
  } else if (name.starts_with(kRolePrefix)) {
    kind = "role";
    name.remove_prefix(kRolePrefix.size());
  }
  report.set('R', std::string(kSaidHere));
  report.set('C', "42704");
  report.set('M', fmt::format("{} \"{}\" does not exist", kind, name));
}

constexpr std::array kErrorRules{
    ErrorRule{"40001", serialization_failure}, ErrorRule{"23502", null_in_not_null},
    ErrorRule{"22001", too_long_for_type},     ErrorRule{"42P06", exists_already},
    ErrorRule{"42P07", exists_already},        ErrorRule{"42501", permission_denied},
    ErrorRule{"22003", out_of_range},          ErrorRule{"428C9", identity_given},
    ErrorRule{"21000", matched_twice},         ErrorRule{"PSR01", of_redshifts_functions},
    ErrorRule{"42704", no_such_role},          ErrorRule{"22023", no_such_role},
};

// Where in our own catalog it was raised is nobody's business.
void hide_our_functions(Report& report) {
  const auto where = report.field('W');
  const auto names = [&](std::string_view part) { return where.find(part) != std::string_view::npos; };
  if (names("pg_internal.") || names("penstock_") || names("SQL function \"")) report.set('W', {});
}

}  // namespace

Report translate_error(Report report, const ErrorContext& context) {
  if (context.rewritten) report.set('P', {});
  hide_our_functions(report);
  const auto rule = std::ranges::find_if(
      kErrorRules, [&](const ErrorRule& candidate) { return candidate.sqlstate == report.field('C'); });
  if (rule != kErrorRules.end()) rule->apply(report, context);
  return report;
}

// Redshift tells what PostgreSQL gives notice of at severity INFO.
Report translate_notice(Report report) {
  if (report.field('S') == "NOTICE") {
    report.set('S', "INFO");
    report.set('V', "INFO");
  }
  constexpr std::string_view kSkipping = ", skipping";
  if (const auto message = report.field('M'); message.ends_with(kSkipping)) {
    report.set('M', capitalised(message.substr(0, message.size() - kSkipping.size())) + " and will be skipped");
  }
  report.set('P', {});
  hide_our_functions(report);
  return report;
}

bool is_told(const Report& notice) {
  const auto message = notice.field('M');
  const bool is_passed_over = message.find(" can vacuum it") != std::string_view::npos ||
                              message.find(" can analyze it") != std::string_view::npos;
  return !(message.starts_with("skipping \"") && is_passed_over);
}

SqlError sql_error_of(const Report& report) {
  const auto field = [&](char letter) { return std::string(report.field(letter)); };
  return {field('C'), field('M'), field('D'), field('H')};
}

SqlError sql_error_of(const Report& report, const ErrorContext& context) {
  return sql_error_of(translate_error(report, context));
}

Report report_of(const SqlError& error) {
  return make_report("ERROR", error.sqlstate, error.what(), error.detail, error.hint);
}

}  // namespace penstock::endpoint
