#include "load/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "load/fingerprint.h"
#include "penstock/error.h"
#include "table/diff.h"

namespace penstock {
namespace {

using redshift::Identifier;
using redshift::Literal;
using redshift::Sql;
using redshift::Statement;

constexpr std::size_t kNamed = 10;  // objects named in one message

// A few of many, for a message: "a, b and 7 more".
std::string some_of(const std::vector<std::string>& names) {
  const auto shown = std::min(names.size(), kNamed);
  std::string text =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (names.size() > shown) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

// What the ledger knows of the objects at hand.
struct Knowledge {
  std::vector<std::string> same;     // these bytes
  std::vector<std::string> changed;  // the key, with other bytes
  std::vector<std::string> fresh;    // never loaded
  std::string load_id;               // of one that is the same
  std::vector<KnownFile> rows;       // of the ledger
};

Knowledge knowledge_of(const DataSet& data, std::vector<KnownFile> known) {
  std::map<std::string_view, const KnownFile*> by_file;
  std::set<std::string_view> keys;
  for (const KnownFile& row : known) {
    by_file[row.file_id] = &row;
    keys.insert(row.key_id);
  }
  Knowledge result;
  for (const SourceObject* object : data.all()) {
    if (const auto same = by_file.find(object->file_id()); same != by_file.end()) {
      result.same.push_back(printable(object->uri()));
      result.load_id = same->second->load_id;
    } else if (keys.contains(object->key_id())) {
      result.changed.push_back(printable(object->uri()));
    } else {
      result.fresh.push_back(printable(object->uri()));
    }
  }
  result.rows = std::move(known);
  return result;
}

void refuse_changed(const Knowledge& knowledge) {
  if (!knowledge.changed.empty()) {
    throw Error(ErrorKind::conflict,
                fmt::format("changed since {} loaded: {}; --force loads what is there now",
                            knowledge.changed.size() == 1 ? "it was" : "they were", some_of(knowledge.changed)));
  }
  if (!knowledge.same.empty() && !knowledge.fresh.empty()) {
    throw Error(ErrorKind::conflict,
                fmt::format("of its objects {} was already loaded (load {}) and {} was not: they are not the set that "
                            "they were; --force loads it as it is now",
                            some_of(knowledge.same), knowledge.load_id, some_of(knowledge.fresh)));
  }
}

// --force replaces rows by their data dates: what was loaded under another date stays, and would be there twice.
void refuse_doubling(const Decision& decision, const Knowledge& knowledge) {
  const auto* period = std::get_if<ReplacePeriod>(&decision);
  if (std::holds_alternative<ReplaceAll>(decision)) return;
  for (const KnownFile& row : knowledge.rows) {
    if (period != nullptr && period->data_dates.contains(row.data_date)) continue;
    throw Error(ErrorKind::conflict,
                fmt::format("one of its objects was loaded as the data of {} (load {}), whose rows this load does not "
                            "replace: it would be there twice",
                            to_rfc3339(row.data_date), row.load_id));
  }
}

std::string skip_as_known(const Knowledge& knowledge, const TableState& found) {
  std::string reason = fmt::format("already loaded as {}", knowledge.load_id);
  if (!found.watermark) reason += "; the table holds no data date now: --force loads it again";
  return reason;
}

std::string all_of(const std::vector<std::string>& drift) { return fmt::format("{}", fmt::join(drift, "\n  ")); }

// CREATE SCHEMA, CREATE TABLE, ALTER TABLE: what makes the table fit its config.
std::vector<Statement> make_fit(const LoadJob& job, const TableState& found, const LoadOptions& how) {
  std::vector<Statement> statements;
  if (!found.schema_exists) {
    if (!how.create_schema) {
      throw Error(ErrorKind::not_found,
                  fmt::format("there is no schema {}; --create-schema makes it", printable(job.target.schema)));
    }
    statements.push_back(Sql("CREATE SCHEMA ") << Identifier(job.target.schema));
  }
  table::TableConfig wanted = job.config;
  wanted.schema = job.target.schema;
  wanted.name = job.target.table;
  auto evolution = table::evolve(wanted, found.table);
  if (!evolution.drift.empty()) {
    throw Error(ErrorKind::refused,
                fmt::format("the table is not what its config says, and that can't be altered:\n  {}",
                            all_of(evolution.drift)));
  }
  std::ranges::move(evolution.statements, std::back_inserter(statements));
  return statements;
}

void plan_replacement(const LoadJob& job, const TableState& found, const Decision& decision, LoadPlan& plan) {
  if (const auto* period = std::get_if<ReplacePeriod>(&decision)) {
    // DELETE, not TRUNCATE: on Redshift TRUNCATE commits the transaction it runs in.
    plan.remove = Sql("DELETE FROM ") << job.target.name() << Sql(" WHERE ")
                                      << rows_within(job.config.data_date_column, period->column);
    plan.forget = forget_statement(job.target, period->data_dates);
    plan.replaced = *period;
  }
  if (std::holds_alternative<ReplaceAll>(decision)) {
    plan.remove = Sql("DELETE FROM ") << job.target.name();
    plan.forget = forget_statement(job.target, std::nullopt);
  }
  if (!found.table) {  // whatever the ledger says of it, its rows went with the table that was here before
    plan.remove.reset();
    plan.replaced.reset();
    plan.forget = forget_statement(job.target, std::nullopt);
  }
}

std::string digest_of(const LoadPlan& plan) {
  std::string text;
  for (const Statement& statement : plan.make) text += statement.shown() + ";\n";
  for (const auto& statement : {plan.remove, plan.forget}) {
    if (statement) text += statement->shown() + ";\n";
  }
  return sha256_hex(text + plan.copy.shown() + ";\n" + plan.manifest);
}

}  // namespace

DateColumn date_column_of(const table::TableConfig& config) {
  const auto column = std::ranges::find(config.columns, config.data_date_column, &table::ColumnConfig::name);
  return column != config.columns.end() && column->type == "date" ? DateColumn::date : DateColumn::timestamp;
}

Statement rows_within(const std::string& column, const InstantRange& range) {
  const Identifier name(column);
  return Statement(name) << " >= " << Literal(to_sql(range.from)) << " AND " << name << " < "
                         << Literal(to_sql(range.to));
}

LoadPlan plan_load(const LoadJob& job, const TableState& found, const LoadOptions& how,
                   const std::string& manifest_uri) {
  LoadPlan plan;
  // A table that is not there has no rows, whatever the ledger remembers.
  const Knowledge knowledge = knowledge_of(job.data, found.table ? found.known : std::vector<KnownFile>());
  if (!how.force) {
    if (!knowledge.same.empty() && knowledge.changed.empty() && knowledge.fresh.empty()) {
      plan.skip = skip_as_known(knowledge, found);
      return plan;
    }
    refuse_changed(knowledge);
  }
  const GuardQuestion question{.data_date = job.data.file.date,
                               .watermark = found.watermark,
                               .column = date_column_of(job.config),
                               .granularity = how.granularity,
                               .time_zone = how.timezone,
                               .force = how.force,
                               .truncate = how.truncate};
  const Decision decision = decide(question);
  if (const auto* skip = std::get_if<Skip>(&decision)) {
    plan.skip = skip->reason;
    return plan;
  }
  if (how.force) refuse_doubling(decision, knowledge);
  plan.make = make_fit(job, found, how);
  plan_replacement(job, found, decision, plan);
  plan.end_of_period = end_of_period(question, decision);
  plan.manifest_uri = manifest_uri;
  plan.manifest = manifest_of(job.data);
  plan.copy = redshift::copy_statement({.table = job.target.name(),
                                        .columns = job.shape.columns,
                                        .manifest_uri = manifest_uri,
                                        .access = job.access,
                                        .region = job.region,
                                        .format = job.shape.format,
                                        .compression = job.data.compression,
                                        .null_as = job.shape.null_as});
  plan.sha256 = digest_of(plan);
  return plan;
}

std::vector<std::string> describe(const LoadPlan& plan, const LoadJob& job) {
  if (plan.skip) return {};
  std::vector<std::string> lines{"BEGIN", lock_statement(job.target).shown()};
  lines.push_back(fmt::format("PUT {}: {}", printable(plan.manifest_uri),
                              std::string_view(plan.manifest).substr(0, plan.manifest.find_last_not_of('\n') + 1)));
  for (const Statement& statement : plan.make) lines.push_back(statement.shown());
  for (const auto& statement : {plan.remove, plan.forget}) {
    if (statement) lines.push_back(statement->shown());
  }
  lines.push_back(plan.copy.shown());
  lines.push_back(fmt::format("INSERT INTO {} ({} of s3://…), with the count of rows that COPY reports",
                              Statement(job.target.ledger()).shown(), job.data.all().size()));
  lines.emplace_back("INSERT INTO \"penstock\".\"loads\", the row that is the commit");
  lines.emplace_back("COMMIT");
  lines.push_back(fmt::format("DELETE {}", printable(plan.manifest_uri)));
  return lines;
}

}  // namespace penstock
