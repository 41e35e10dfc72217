// The ledger: our own tables beside the targets, in the schema `penstock` of the same database.
//
//     lk_<target>       empty; exists to be LOCKed, so that readers of target and ledger are never blocked
//     ledger_<target>   the files whose rows are in the target. One a target: under serializable isolation two loads
//                       that read and write one shared table conflict even over different rows
//     parts_<target>    the staged parts that were committed into the target, one by one: what upserts of them know.
//                       Made by the first of them, and never forgotten: a part is written once, whatever became of it
//     loads             a row a load or upsert, written last: its presence is the commit
//     failures          upserts that failed, for people: nothing is decided by it
//     identity          one row: which database this is, for the names of its staging prefixes
//
// The statements are made here and executed by the protocol, which knows their order.
//
// Threads: one. Errors: Error, of the statements.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "load/data_set.h"
#include "load/instant.h"
#include "load/target.h"
#include "penstock/log.h"
#include "redshift/connection.h"

namespace penstock {

struct KnownFile {
  std::string file_id;
  std::string key_id;
  std::string load_id;
  Instant data_date;
};

// The tables that a load of this target needs, made where they are missing, each in its own transaction. Any number of
// workers may do so at once.
void make_ledger(redshift::Connection& connection, const Target& target, Log& log);
bool ledger_exists(redshift::Connection& connection, const Target& target);
// A random id, drawn once for a database. After make_ledger().
std::string database_identity(redshift::Connection& connection);

redshift::Statement lock_statement(const Target& target);

// Ledger rows of these keys, whatever their bytes were then.
std::vector<KnownFile> known_files(redshift::Transaction& transaction, const Target& target, const DataSet& data);
// How many rows the loads of these data dates brought, all together; nullopt: there were no such loads.
std::optional<std::uint64_t> rows_loaded(redshift::Transaction& transaction, const Target& target,
                                         const InstantRange& data_dates);

// Forgets the files whose rows a DELETE removes; all of them without a range.
redshift::Statement forget_statement(const Target& target, const std::optional<InstantRange>& data_dates);

struct LoadRecord {
  std::string load_id;
  std::string attempt_id;
  std::string plan_sha256;
  std::uint64_t rows = 0;
  std::uint64_t replaced = 0;
  std::optional<std::int64_t> copy_query;
  std::string by;
  Instant at;
};
// The ledger's rows, in as many statements as Redshift's limit on their length asks for.
std::vector<redshift::Statement> record_files(const Target& target, const DataSet& data, const LoadRecord& record);
redshift::Statement record_load(const Target& target, const DataSet& data, const LoadRecord& record);

struct UpsertRecord {
  std::string load_id;
  std::string attempt_id;
  std::string plan_sha256;
  std::string kind;                          // upsert, append, replace
  std::string source;                        // for people; cut if it is very long
  std::vector<const SourceObject*> objects;  // of a source in S3; for people, too
  std::uint64_t parts = 0;
  std::uint64_t bytes = 0;  // of the parts, as stored
  std::uint64_t read = 0;
  std::uint64_t inserted = 0;
  std::uint64_t updated = 0;
  std::uint64_t superseded = 0;
  std::uint64_t rejected = 0;
  std::uint64_t replaced = 0;
  std::optional<std::int64_t> copy_query;
  std::string by;
  Instant at;
};
redshift::Statement record_upsert(const Target& target, const UpsertRecord& record);

struct KnownPart {
  std::string part_id;
  std::string part_sha256;  // of all that was staged
  std::string load_id;
  std::uint64_t rows = 0;
};
// After make_ledger(), outside of the transaction.
void make_parts_ledger(redshift::Connection& connection, const Target& target);
// Those of these ids that were committed.
std::vector<KnownPart> known_parts(redshift::Transaction& transaction, const Target& target,
                                   const std::vector<std::string>& part_ids);
std::vector<redshift::Statement> record_parts(const Target& target, const std::vector<KnownPart>& parts, Instant at);

struct LoadCounts {
  std::uint64_t read = 0;
  std::uint64_t inserted = 0;
  std::uint64_t updated = 0;
  std::uint64_t superseded = 0;
  std::uint64_t replaced = 0;
};
// What these upserts did, all together.
LoadCounts counts_of(redshift::Connection& connection, const std::vector<std::string>& load_ids);

struct FailureRecord {
  std::string load_id;
  std::string attempt_id;  // the last one; empty: it came to none
  std::string kind;
  std::string source;
  std::string error;  // both cut if they are very long
  std::string by;
  Instant at;
};
// Outside of the transaction that failed, which took all of its own with it.
redshift::Statement record_failure(const Target& target, const FailureRecord& record);

// Whether the attempt's row is there. Only an answer once the target's lock is held.
bool has_attempt(redshift::Transaction& transaction, const std::string& attempt_id);

struct LockHolder {
  int pid = 0;
  std::string owner;
  std::string since;
};
// Who holds the target's lock, as far as the cluster says.
std::vector<LockHolder> lock_holders(redshift::Connection& connection, const Target& target);

// Files that the ledger has twice, which no order of events can bring about: a fault, or a hand in the tables.
std::uint64_t doubled_files(redshift::Connection& connection, const Target& target);

}  // namespace penstock
