#include "penstock/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "load/attempt.h"
#include "load/instant.h"
#include "load/ledger.h"
#include "load/load_errors.h"
#include "load/sql_files.h"
#include "load/write_kind.h"
#include "penstock/error.h"
#include "redshift/connection.h"

namespace penstock {
namespace {

using redshift::Connection;
using redshift::fill;
using redshift::Literal;
using redshift::Result;
using redshift::ServerError;
using redshift::Sql;
using redshift::Statement;

constexpr int kMostErrors = 10'000;  // rows of stl_load_errors that one history reads
constexpr char kDoing[] = "reading the history";

std::string text_of(const std::optional<std::string>& value) {
  std::string text = value.value_or("");
  text.erase(text.find_last_not_of(' ') + 1);  // char(n) comes padded
  return text;
}

template <typename Number>
Number number_of(const std::optional<std::string>& value) {
  const std::string text = text_of(value);
  Number number{};
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// As RFC 3339; as the server wrote it where it is no instant of ours.
std::string date_of(const std::optional<std::string>& value) {
  const std::string text = text_of(value);
  const auto instant = read_sql_instant(text);
  return instant ? to_rfc3339(*instant) : text;
}

// [["s3://…", "etag", size], …]
std::vector<LoadedObject> objects_of(const std::optional<std::string>& json) {
  std::vector<LoadedObject> objects;
  const auto parsed = nlohmann::json::parse(text_of(json), nullptr, false);
  if (!parsed.is_array()) return objects;
  for (const auto& item : parsed) {
    if (!item.is_array() || item.size() != 3 || !item[0].is_string() || !item[1].is_string() ||
        !item[2].is_number_unsigned()) {
      continue;
    }
    objects.push_back({item[0], item[1], item[2]});
  }
  return objects;
}

bool relation_exists(Connection& connection, const std::string& name) {
  const auto found = connection.execute(
      Sql("SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
          "WHERE n.nspname = ")
          << Literal(kLedgerSchema) << Sql(" AND c.relname = ") << Literal(name),
      kDoing);
  return number_of<int>(found.scalar()) > 0;
}

Statement condition_of(const HistoryOptions& options) {
  Statement condition(Sql("true"));
  if (!options.schema.empty()) condition << Sql(" AND schema_name = ") << Literal(lower(options.schema));
  if (!options.table.empty()) condition << Sql(" AND table_name = ") << Literal(lower(options.table));
  return condition;
}

// Loads of more objects than their row in `loads` has room for: the ledger has them all, while their rows are there.
void complete_objects(Connection& connection, HistoryEntry& entry, std::uint64_t files) {
  const Target target = target_of(entry.schema, entry.table);
  if (entry.objects.size() >= files || !relation_exists(connection, target.ledger().name)) return;
  const auto found = connection.execute(Sql("SELECT bucket, key, etag, size FROM ")
                                            << target.ledger() << Sql(" WHERE load_id = ") << Literal(entry.load_id)
                                            << Sql(" ORDER BY bucket, key"),
                                        kDoing);
  if (found.rows.size() <= entry.objects.size()) return;
  entry.objects.clear();
  for (const auto& row : found.rows) {
    entry.objects.push_back({"s3://" + row.at(0).value_or("") + "/" + row.at(1).value_or(""), row.at(2).value_or(""),
                             number_of<std::uint64_t>(row.at(3))});
  }
}

struct Committed {
  std::vector<HistoryEntry> entries;
  std::set<std::string> attempts;
};

Committed committed_loads(Connection& connection, const HistoryOptions& options) {
  Committed committed;
  if (!relation_exists(connection, "loads")) return committed;
  Statement query = fill(sql::kCommittedLoads, {{"loads", redshift::Qualified{kLedgerSchema, "loads"}},
                                                {"condition", condition_of(options)}});
  if (options.limit > 0) query << Sql("LIMIT ") << std::int64_t{options.limit};
  const Result found = connection.execute(query, kDoing);
  const auto value = [&](const auto& row, std::string_view column) -> std::optional<std::string> {
    const auto at = std::ranges::find(found.columns, column);
    return at == found.columns.end() ? std::nullopt : row.at(static_cast<std::size_t>(at - found.columns.begin()));
  };
  for (const auto& row : found.rows) {
    const auto text = [&](std::string_view column) { return value(row, column).value_or(""); };
    const auto number = [&](std::string_view column) { return number_of<std::uint64_t>(value(row, column)); };
    HistoryEntry entry;
    entry.load_id = text_of(text("load_id"));
    committed.attempts.insert(text_of(text("attempt_id")));
    entry.schema = text("schema_name");
    entry.table = text("table_name");
    entry.committed = true;
    entry.kind = value(row, "kind").value_or(std::string(kLoadKind));
    entry.source = text("source");
    entry.data_date = entry.kind == kLoadKind ? date_of(text("data_date")) : "";
    entry.rows = number("rows");
    entry.replaced = number("replaced");
    entry.read = entry.kind == kLoadKind ? entry.rows : number("records_read");
    entry.inserted = entry.kind == kLoadKind ? entry.rows : number("inserted");
    entry.updated = number("updated");
    entry.superseded = number("superseded");
    entry.rejected = number("rejected");
    entry.query = number_of<std::int64_t>(value(row, "copy_query"));
    entry.objects = objects_of(value(row, "objects"));
    if (entry.kind == kLoadKind) complete_objects(connection, entry, number("files"));
    entry.by = text("committed_by");
    entry.at = date_of(text("committed_at"));
    committed.entries.push_back(std::move(entry));
  }
  return committed;
}

Result aborted_copies(Connection& connection) {
  try {
    return connection.execute(Sql(sql::kFailedCopies), kDoing);
  } catch (const ServerError& e) {
    if (e.kind() != ErrorKind::denied) throw;
  }
  return connection.execute(Sql(sql::kFailedCopiesHistory), kDoing);
}

// Apart from the query of the system table: Redshift does not join the leader's catalog to it.
std::map<std::string, std::string> user_names(Connection& connection) {
  std::map<std::string, std::string> names;
  for (const auto& row : connection.execute(Sql("SELECT usesysid, usename FROM pg_catalog.pg_user"), kDoing).rows) {
    names[text_of(row.at(0))] = text_of(row.at(1));
  }
  return names;
}

void add_errors(Connection& connection, std::vector<HistoryEntry>& failed) {
  std::vector<std::int64_t> queries;
  for (const HistoryEntry& entry : failed) queries.push_back(entry.query);
  std::erase(queries, 0);
  if (queries.empty()) return;
  auto errors = load_errors(connection, queries, kMostErrors);
  for (HistoryEntry& entry : failed) {
    entry.errors = std::move(errors[entry.query]);
    std::set<std::string> objects;
    for (const LoadErrorRow& row : entry.errors) objects.insert(row.object);
    for (const std::string& uri : objects) entry.objects.push_back({uri, "", 0});
  }
}

struct Failed {
  std::vector<HistoryEntry> entries;
  std::map<std::string, std::size_t> by_attempt;
};

// Those that penstock itself could write down.
Failed recorded_failures(Connection& connection, const HistoryOptions& options) {
  Failed failed;
  if (!relation_exists(connection, "failures")) return failed;
  Statement query = fill(sql::kFailures, {{"failures", redshift::Qualified{kLedgerSchema, "failures"}},
                                          {"condition", condition_of(options)}});
  if (options.limit > 0) query << Sql("LIMIT ") << std::int64_t{options.limit};
  for (const auto& row : connection.execute(query, kDoing).rows) {
    const auto text = [&](std::size_t column) { return row.at(column).value_or(""); };
    failed.by_attempt[text(1)] = failed.entries.size();
    HistoryEntry& entry = failed.entries.emplace_back();
    entry.load_id = text(0);
    entry.schema = text(2);
    entry.table = text(3);
    entry.kind = text(4);
    entry.source = text(5);
    entry.reason = text(6);
    entry.by = text(7);
    entry.at = date_of(text(8));
  }
  return failed;
}

std::vector<HistoryEntry> failed_loads(Connection& connection, const HistoryOptions& options,
                                       const std::set<std::string>& committed_attempts) {
  const auto names = user_names(connection);
  auto [failed, by_attempt] = recorded_failures(connection, options);
  const std::size_t recorded = failed.size();
  for (const auto& row : aborted_copies(connection).rows) {
    const auto label = read_label(row.at(1).value_or(""));
    if (!label || committed_attempts.contains(label->attempt_id)) continue;
    if (const auto known = by_attempt.find(label->attempt_id); known != by_attempt.end()) {
      failed.at(known->second).query = number_of<std::int64_t>(row.at(0));
      continue;
    }
    if (!options.schema.empty() && label->schema != lower(options.schema)) continue;
    if (!options.table.empty() && label->table != lower(options.table)) continue;
    if (options.limit > 0 && failed.size() - recorded == static_cast<std::size_t>(options.limit)) continue;
    HistoryEntry entry;
    entry.load_id = label->attempt_id;
    entry.schema = label->schema;
    entry.table = label->table;
    if (is_upsert_kind(label->data_date)) {  // where a load's label has the date of its data
      entry.kind = label->data_date;
    } else {
      entry.data_date = label->data_date;
    }
    entry.query = number_of<std::int64_t>(row.at(0));
    const auto user = names.find(text_of(row.at(2)));
    entry.by = user == names.end() ? text_of(row.at(2)) : user->second;
    entry.at = date_of(row.at(3));
    failed.push_back(std::move(entry));
  }
  add_errors(connection, failed);
  return failed;
}

}  // namespace

std::vector<HistoryEntry> history(const HistoryOptions& options, const ConnectionConfig& connection_config, Log& log) {
  Connection connection(connection_config, {.application_name = "penstock history", .stop = {}}, log);
  Committed committed = committed_loads(connection, options);
  std::vector<HistoryEntry> entries = std::move(committed.entries);
  if (options.errors) {
    std::ranges::move(failed_loads(connection, options, committed.attempts), std::back_inserter(entries));
  }
  std::ranges::sort(entries, [](const HistoryEntry& one, const HistoryEntry& other) {
    return std::tie(other.at, one.load_id) < std::tie(one.at, other.load_id);  // the newest first
  });
  if (options.limit > 0 && entries.size() > static_cast<std::size_t>(options.limit)) {
    entries.resize(static_cast<std::size_t>(options.limit));
  }
  return entries;
}

}  // namespace penstock
