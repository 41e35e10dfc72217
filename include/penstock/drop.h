// penstock drop: files, objects or a table, gone.
//
//     users.csv, data/*.csv, data/, s3://bucket/key, s3://bucket/2024*.csv, s3://bucket/folder/,
//     redshift://…/db::schema.table, postgresql://…/db::schema.table
//
// What goes is fixed by plan_drop(), name by name; drop() removes exactly that. Below a folder or prefix, names that
// begin with _ or . stay (somebody's unfinished work, what penstock stages); a link goes, and never what it points to.
// With a table of Redshift its ledger forgets the files that were loaded into it, in the same transaction; penstock's
// own tables stay.
//
// Threads: one calls; `stop` may be requested from any. Memory: the names of what goes.
// Errors:  plan_drop(): Error: invalid (a URI, options), not_found, denied, refused (a view, a table of penstock's own,
//          what is no file); the stores' and servers'. drop(): of one target: in its Dropped, so that one failing does
//          not stop the others; cancelled and in_doubt (a table's COMMIT) are thrown.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "penstock/error.h"
#include "penstock/move.h"
#include "penstock/secret.h"

namespace penstock {

struct DropOptions {
  std::vector<std::string> targets{};
  std::chrono::seconds lock_timeout{600};  // of a table: another load's lock
};

enum class DropKind { files, objects, table };

struct DropTarget {
  std::string name{};  // for people, without a password
  DropKind kind = DropKind::files;
  std::vector<std::string> names{};  // paths; s3://bucket/key; the statements that drop a table
  std::uint64_t bytes = 0;           // of files and objects
  Secret uri{};                      // as it was given
  std::string schema{};              // of a table, as it was found
  std::string table{};
};

struct DropPlan {
  std::vector<DropTarget> targets{};
  std::chrono::seconds lock_timeout{600};
};

struct Dropped {
  std::string name{};
  DropKind kind = DropKind::files;
  std::uint64_t removed = 0;  // files, objects, tables; what was gone already counts
  std::uint64_t bytes = 0;    // of them
  std::optional<ErrorKind> error{};
  std::string reason{};  // of the error
};

std::vector<std::string> problems_of(const DropOptions& options);

DropPlan plan_drop(const DropOptions& options, const MoveContext& context);
std::vector<Dropped> drop(const DropPlan& plan, const MoveContext& context);

}  // namespace penstock
