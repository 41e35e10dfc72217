#include "load/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "base/utf8.h"
#include "load/attempt.h"
#include "load/sql_files.h"

namespace penstock {
namespace {

using redshift::comma_separated;
using redshift::Connection;
using redshift::fill;
using redshift::Literal;
using redshift::Qualified;
using redshift::Result;
using redshift::ServerError;
using redshift::Sql;
using redshift::Statement;
using redshift::Transaction;

// A statement may have 16 MB; a row with the longest key and names has some six thousand bytes.
constexpr std::size_t kFilesPerStatement = 1000;
constexpr std::size_t kKeysPerQuestion = 10'000;
constexpr std::size_t kSourceBytes = 4096;
constexpr std::size_t kErrorBytes = 16'384;
constexpr std::size_t kObjectsBytes = 60'000;  // of loads.objects, a varchar(65535)

const Qualified kLoads{kLedgerSchema, "loads"};
const Qualified kFailures{kLedgerSchema, "failures"};
const Qualified kIdentity{kLedgerSchema, "identity"};

// Of loads; what own_tables.sql asks for.
struct LaterColumn {
  std::string_view name;
  Sql definition;
};
constexpr std::array kLaterColumns{LaterColumn{"kind", "kind varchar(16)"},
                                   LaterColumn{"source", "source varchar(4096)"},
                                   LaterColumn{"records_read", "records_read bigint"},
                                   LaterColumn{"inserted", "inserted bigint"},
                                   LaterColumn{"updated", "updated bigint"},
                                   LaterColumn{"superseded", "superseded bigint"},
                                   LaterColumn{"rejected", "rejected bigint"}};
constexpr std::size_t kOwnTables = 5 + kLaterColumns.size();

std::string at(const Result& result, std::size_t row, std::size_t column) {
  const auto& value = result.rows.at(row).at(column);
  if (!value) throw Error(ErrorKind::internal, "a column of the ledger that can't be NULL is");
  return *value;
}

std::int64_t to_number(const std::string& text) {
  std::int64_t number = 0;
  const auto end = text.data() + text.size();
  if (std::from_chars(text.data(), end, number).ptr != end) {
    throw Error(ErrorKind::internal, fmt::format("the server gave '{}' for a number", text));
  }
  return number;
}

Instant to_instant(const std::string& text) {
  const auto instant = read_sql_instant(text);
  if (!instant) throw Error(ErrorKind::internal, fmt::format("the server gave '{}' for a timestamp", text));
  return *instant;
}

// Another worker made the same thing at the same moment: what CREATE … IF NOT EXISTS doesn't cover.
bool made_by_another(const ServerError& e) noexcept {
  constexpr std::array<std::string_view, 4> kThereAlready{"42P07", "42P06", "42701", "23505"};
  return std::ranges::find(kThereAlready, e.sqlstate()) != kThereAlready.end() || e.serialization_failure();
}

void make(Connection& connection, const Statement& statement, std::string_view doing) {
  constexpr int kTries = 5;
  for (int tries = 1;; ++tries) {
    try {
      connection.execute(statement, doing);
      return;
    } catch (const ServerError& e) {
      if (!made_by_another(e) || tries == kTries) throw;
    }
  }
}

void make_loads(Connection& connection, const std::set<std::string>& there) {
  constexpr char kDoing[] = "making the ledger";
  if (!there.contains("loads")) {
    make(connection, fill(sql::kCreateLoads, {{"loads", kLoads}}), kDoing);
    return;
  }
  for (const LaterColumn& column : kLaterColumns) {
    if (there.contains("loads." + std::string(column.name))) continue;
    try {
      connection.execute(Sql("ALTER TABLE ") << kLoads << Sql(" ADD COLUMN ") << column.definition, kDoing);
    } catch (const ServerError& e) {
      if (!made_by_another(e)) throw;
    }
  }
}

void draw_identity(Connection& connection) {
  try {
    Transaction transaction(connection);
    transaction.execute(Sql("CREATE TABLE ") << kIdentity << Sql(" (id varchar(36) NOT NULL)"), "making the ledger");
    transaction.execute(Sql("INSERT INTO ") << kIdentity << Sql(" VALUES (") << Literal(new_id()) << Sql(")"),
                        "making the ledger");
    transaction.commit();
  } catch (const ServerError& e) {
    if (!made_by_another(e)) throw;  // another's is as good, and whole: table and row came in one transaction
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::in_doubt) throw;
    throw Error(ErrorKind::unavailable, e.what());  // whatever became of it, the next try looks first
  }
}

std::set<std::string> own_tables(Connection& connection, const Target& target) {
  const auto found = connection.execute(fill(sql::kOwnTables, {{"schema", Literal(kLedgerSchema)},
                                                               {"lock_table", Literal(target.lock_table().name)},
                                                               {"ledger", Literal(target.ledger().name)}}),
                                        "looking for the ledger");
  std::set<std::string> names;
  for (std::size_t row = 0; row < found.rows.size(); ++row) names.insert(at(found, row, 0));
  return names;
}

Statement timestamp(Instant instant) { return Literal(to_sql(instant)); }

Statement file_row(const SourceObject& object, const DataSet& data, const LoadRecord& record) {
  const bool is_data = !data.manifest || &object != &*data.manifest;
  Statement rows(Sql("NULL"));
  if (!is_data) rows = Statement(std::int64_t{0});
  if (is_data && data.objects.size() == 1) rows = Statement(static_cast<std::int64_t>(record.rows));
  return Sql("(") << Literal(record.load_id) << Sql(", ") << Literal(object.file_id()) << Sql(", ")
                  << Literal(object.key_id()) << Sql(", ") << Literal(object.bucket) << Sql(", ")
                  << Literal(object.info.key) << Sql(", ") << Literal(object.info.etag) << Sql(", ")
                  << static_cast<std::int64_t>(object.info.size) << Sql(", ") << timestamp(object.info.last_modified)
                  << Sql(", ") << timestamp(data.file.date) << Sql(", ") << rows << Sql(", ")
                  << static_cast<std::int64_t>(record.rows) << Sql(")");
}

// [["s3://…", "etag", size], …], as many as fit: for people, who want to know after the ledger's rows are gone, too.
std::string objects_json(const std::vector<const SourceObject*>& objects) {
  std::string out = "[";
  for (const SourceObject* object : objects) {
    const auto item = nlohmann::json::array({object->uri(), object->info.etag, object->info.size}).dump();
    if (out.size() + item.size() + 2 > kObjectsBytes) break;
    out += (out.size() > 1 ? "," : "") + item;
  }
  return out + "]";
}

// Asked, as who may not create schemas may not say CREATE SCHEMA IF NOT EXISTS either.
bool has_ledger_schema(Connection& connection) {
  const auto found =
      connection.execute(Sql("SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = ") << Literal(kLedgerSchema),
                         "looking for the ledger");
  return to_number(found.scalar().value_or("")) > 0;
}

}  // namespace

void make_ledger(Connection& connection, const Target& target, Log& log) {
  const auto there = own_tables(connection, target);
  if (there.size() == kOwnTables) return;
  log.debug(fmt::format("making the tables of the ledger of {} where they are missing", target.text()));
  constexpr char kDoing[] = "making the ledger";
  if (there.empty() && !has_ledger_schema(connection)) {
    make(connection, Sql("CREATE SCHEMA IF NOT EXISTS ") << redshift::Identifier(kLedgerSchema), kDoing);
  }
  make_loads(connection, there);
  if (!there.contains("failures")) {
    make(connection, fill(sql::kCreateFailures, {{"failures", kFailures}}), kDoing);
  }
  if (!there.contains("identity")) draw_identity(connection);
  if (!there.contains(target.ledger().name)) {
    make(connection, fill(sql::kCreateLedger, {{"ledger", target.ledger()}}), kDoing);
  }
  if (!there.contains(target.lock_table().name)) {
    make(connection, Sql("CREATE TABLE IF NOT EXISTS ") << target.lock_table() << Sql(" (nothing varchar(1))"), kDoing);
  }
}

bool ledger_exists(Connection& connection, const Target& target) {
  return own_tables(connection, target).size() == kOwnTables;
}

std::string database_identity(Connection& connection) {
  const auto found = connection.execute(Sql("SELECT min(id) FROM ") << kIdentity, "reading the ledger's identity");
  return found.scalar().value_or("");
}

Statement lock_statement(const Target& target) { return Sql("LOCK ") << target.lock_table(); }

std::vector<KnownFile> known_files(Transaction& transaction, const Target& target, const DataSet& data) {
  const auto objects = data.all();
  std::vector<KnownFile> known;
  for (std::size_t from = 0; from < objects.size(); from += kKeysPerQuestion) {
    const std::vector<const SourceObject*> some(
        objects.begin() + static_cast<std::ptrdiff_t>(from),
        objects.begin() + static_cast<std::ptrdiff_t>(std::min(from + kKeysPerQuestion, objects.size())));
    const auto keys = comma_separated(some, [](const SourceObject* object) { return Literal(object->key_id()); });
    const auto found = transaction.execute(fill(sql::kKnownFiles, {{"ledger", target.ledger()}, {"key_ids", keys}}),
                                           "reading the ledger");
    for (std::size_t row = 0; row < found.rows.size(); ++row) {
      known.push_back({at(found, row, 0), at(found, row, 1), at(found, row, 2), to_instant(at(found, row, 3))});
    }
  }
  return known;
}

std::optional<std::uint64_t> rows_loaded(Transaction& transaction, const Target& target,
                                         const InstantRange& data_dates) {
  const auto found = transaction.execute(
      fill(sql::kRowsByLoad,
           {{"ledger", target.ledger()}, {"from", timestamp(data_dates.from)}, {"to", timestamp(data_dates.to)}}),
      "reading the ledger");
  if (found.rows.empty()) return std::nullopt;
  std::uint64_t rows = 0;
  for (std::size_t row = 0; row < found.rows.size(); ++row) {
    rows += static_cast<std::uint64_t>(to_number(at(found, row, 1)));
  }
  return rows;
}

Statement forget_statement(const Target& target, const std::optional<InstantRange>& data_dates) {
  Statement statement = Sql("DELETE FROM ") << target.ledger();
  if (data_dates) {
    statement << Sql(" WHERE data_date >= ") << timestamp(data_dates->from) << Sql(" AND data_date < ")
              << timestamp(data_dates->to);
  }
  return statement;
}

std::vector<Statement> record_files(const Target& target, const DataSet& data, const LoadRecord& record) {
  const auto objects = data.all();
  std::vector<Statement> statements;
  for (std::size_t from = 0; from < objects.size(); from += kFilesPerStatement) {
    Statement values;
    for (std::size_t i = from; i < std::min(from + kFilesPerStatement, objects.size()); ++i) {
      if (!values.empty()) values << Sql(", ");
      values << file_row(*objects[i], data, record);
    }
    statements.push_back(Sql("INSERT INTO ")
                         << target.ledger()
                         << Sql(" (load_id, file_id, key_id, bucket, key, etag, size, last_modified, data_date, rows,"
                                " load_rows) VALUES ")
                         << values);
  }
  return statements;
}

Statement record_load(const Target& target, const DataSet& data, const LoadRecord& record) {
  Statement query(Sql("NULL"));
  if (record.copy_query) query = Statement(*record.copy_query);
  return Sql("INSERT INTO ") << kLoads
                             << Sql(" (load_id, attempt_id, target, schema_name, table_name, data_date, plan_sha256,"
                                    " files, rows, replaced, bytes, copy_query, objects, committed_by, committed_at)"
                                    " VALUES (")
                             << Literal(record.load_id) << Sql(", ") << Literal(record.attempt_id) << Sql(", ")
                             << Literal(target.text()) << Sql(", ") << Literal(target.schema) << Sql(", ")
                             << Literal(target.table) << Sql(", ") << timestamp(data.file.date) << Sql(", ")
                             << Literal(record.plan_sha256) << Sql(", ")
                             << static_cast<std::int64_t>(data.objects.size()) << Sql(", ")
                             << static_cast<std::int64_t>(record.rows) << Sql(", ")
                             << static_cast<std::int64_t>(record.replaced) << Sql(", ")
                             << static_cast<std::int64_t>(data.bytes()) << Sql(", ") << query << Sql(", ")
                             << Literal(objects_json(data.all())) << Sql(", ") << Literal(record.by) << Sql(", ")
                             << timestamp(record.at) << Sql(")");
}

Statement record_upsert(const Target& target, const UpsertRecord& record) {
  Statement query(Sql("NULL"));
  if (record.copy_query) query = Statement(*record.copy_query);
  const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
  return Sql("INSERT INTO ") << kLoads
                             << Sql(" (load_id, attempt_id, target, schema_name, table_name, data_date, plan_sha256,"
                                    " files, rows, replaced, bytes, copy_query, objects, committed_by, committed_at,"
                                    " kind, source, records_read, inserted, updated, superseded, rejected) VALUES (")
                             << Literal(record.load_id) << Sql(", ") << Literal(record.attempt_id) << Sql(", ")
                             << Literal(target.text()) << Sql(", ") << Literal(target.schema) << Sql(", ")
                             << Literal(target.table) << Sql(", ") << timestamp(record.at) << Sql(", ")
                             << Literal(record.plan_sha256) << Sql(", ") << number(record.parts) << Sql(", ")
                             << number(record.inserted + record.updated) << Sql(", ") << number(record.replaced)
                             << Sql(", ") << number(record.bytes) << Sql(", ") << query << Sql(", ")
                             << Literal(objects_json(record.objects)) << Sql(", ") << Literal(record.by) << Sql(", ")
                             << timestamp(record.at) << Sql(", ") << Literal(record.kind) << Sql(", ")
                             << Literal(whole_characters(record.source, kSourceBytes)) << Sql(", ")
                             << number(record.read) << Sql(", ") << number(record.inserted) << Sql(", ")
                             << number(record.updated) << Sql(", ") << number(record.superseded) << Sql(", ")
                             << number(record.rejected) << Sql(")");
}

Statement record_failure(const Target& target, const FailureRecord& record) {
  return Sql("INSERT INTO ") << kFailures
                             << Sql(" (load_id, attempt_id, schema_name, table_name, kind, source, error, failed_by,"
                                    " failed_at) VALUES (")
                             << Literal(record.load_id) << Sql(", ") << Literal(record.attempt_id) << Sql(", ")
                             << Literal(target.schema) << Sql(", ") << Literal(target.table) << Sql(", ")
                             << Literal(record.kind) << Sql(", ")
                             << Literal(whole_characters(record.source, kSourceBytes)) << Sql(", ")
                             << Literal(whole_characters(record.error, kErrorBytes)) << Sql(", ") << Literal(record.by)
                             << Sql(", ") << timestamp(record.at) << Sql(")");
}

// Asked first: who may not make tables there may still write into this one.
void make_parts_ledger(Connection& connection, const Target& target) {
  const auto found =
      connection.execute(Sql("SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
                             "ON n.oid = c.relnamespace WHERE n.nspname = ")
                             << Literal(kLedgerSchema) << Sql(" AND c.relname = ") << Literal(target.parts().name),
                         "looking for the ledger");
  if (to_number(found.scalar().value_or("")) > 0) return;
  make(connection, fill(sql::kCreateParts, {{"parts", target.parts()}}), "making the ledger");
}

std::vector<KnownPart> known_parts(Transaction& transaction, const Target& target,
                                   const std::vector<std::string>& part_ids) {
  std::vector<KnownPart> known;
  for (std::size_t from = 0; from < part_ids.size(); from += kKeysPerQuestion) {
    const std::vector<std::string> some(
        part_ids.begin() + static_cast<std::ptrdiff_t>(from),
        part_ids.begin() + static_cast<std::ptrdiff_t>(std::min(from + kKeysPerQuestion, part_ids.size())));
    const auto ids = comma_separated(some, [](const std::string& id) { return Literal(id); });
    const auto found = transaction.execute(Sql("SELECT part_id, part_sha256, load_id, rows FROM ")
                                               << target.parts() << Sql(" WHERE part_id IN (") << ids << Sql(")"),
                                           "reading the ledger");
    for (std::size_t row = 0; row < found.rows.size(); ++row) {
      known.push_back({.part_id = at(found, row, 0),
                       .part_sha256 = at(found, row, 1),
                       .load_id = at(found, row, 2),
                       .rows = static_cast<std::uint64_t>(to_number(at(found, row, 3)))});
    }
  }
  return known;
}

std::vector<Statement> record_parts(const Target& target, const std::vector<KnownPart>& parts, Instant at) {
  std::vector<Statement> statements;
  for (std::size_t from = 0; from < parts.size(); from += kKeysPerQuestion) {
    Statement values;
    for (std::size_t i = from; i < std::min(from + kKeysPerQuestion, parts.size()); ++i) {
      if (!values.empty()) values << Sql(", ");
      values << Sql("(") << Literal(parts[i].load_id) << Sql(", ") << Literal(parts[i].part_id) << Sql(", ")
             << Literal(parts[i].part_sha256) << Sql(", ") << static_cast<std::int64_t>(parts[i].rows) << Sql(", ")
             << timestamp(at) << Sql(")");
    }
    statements.push_back(Sql("INSERT INTO ")
                         << target.parts() << Sql(" (load_id, part_id, part_sha256, rows, committed_at) VALUES ")
                         << values);
  }
  return statements;
}

LoadCounts counts_of(Connection& connection, const std::vector<std::string>& load_ids) {
  const auto ids = comma_separated(load_ids, [](const std::string& id) { return Literal(id); });
  const auto found = connection.execute(Sql("SELECT sum(records_read), sum(inserted), sum(updated), sum(superseded), "
                                            "sum(replaced) FROM ")
                                            << kLoads << Sql(" WHERE load_id IN (") << ids << Sql(")"),
                                        "reading the ledger");
  const auto number = [&](std::size_t column) {
    const auto& value = found.rows.at(0).at(column);
    return value ? static_cast<std::uint64_t>(to_number(*value)) : 0;
  };
  return {
      .read = number(0), .inserted = number(1), .updated = number(2), .superseded = number(3), .replaced = number(4)};
}

bool has_attempt(Transaction& transaction, const std::string& attempt_id) {
  const auto found =
      transaction.execute(Sql("SELECT count(*) FROM ") << kLoads << Sql(" WHERE attempt_id = ") << Literal(attempt_id),
                          "asking whether the commit took place");
  return to_number(found.scalar().value_or("")) > 0;
}

std::vector<LockHolder> lock_holders(Connection& connection, const Target& target) {
  const auto found = connection.execute(
      fill(sql::kLockHolders, {{"schema", Literal(kLedgerSchema)}, {"lock_table", Literal(target.lock_table().name)}}),
      "asking who holds the target");
  std::vector<LockHolder> holders;
  for (std::size_t row = 0; row < found.rows.size(); ++row) {
    const auto& values = found.rows[row];
    holders.push_back(
        {static_cast<int>(to_number(at(found, row, 0))), values.at(1).value_or("?"), values.at(2).value_or("?")});
  }
  return holders;
}

std::uint64_t doubled_files(Connection& connection, const Target& target) {
  const auto found = connection.execute(Sql("SELECT count(*) - count(DISTINCT file_id) FROM ") << target.ledger(),
                                        "checking the ledger");
  return static_cast<std::uint64_t>(to_number(found.scalar().value_or("")));
}

}  // namespace penstock
