// Writes from many machines into one table: each stages its rows, one commits all of them, exactly once.
//
//     stage()    any machine, any number of times; needs S3 and no cluster. A value comes of it, handed on as JSON.
//     commit()   once they are together: one manifest, one transaction, as upsert() has it.
//     discard()  what is not to be committed after all.
//
// Only parts that are handed to commit() count: what a task staged that was run twice, or was lost, is nobody's, and
// goes by sweep(). A part can be committed once: the ledger knows it, and to commit the same parts again changes
// nothing and says so. A program that may be run again after it was killed keeps its parts where it finds them before
// it commits.
//
// Rows of different parts have no order. `duplicates` last, without order_by, needs one: it is what
// StageOptions::partition says, and within a partition the order of the stream.
//
// Threads: each call from one thread, any number at once; `stop` may be requested from any.
// Errors:  Error: invalid (options, parts that are none), refused (rows; columns that differ between parts, or don't
//          fit the table), conflict (parts that were committed in part, or are gone or overwritten), and those of
//          upsert.h and of S3. Every kind but in_doubt: nothing was committed, and the parts stay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "penstock/environment.h"
#include "penstock/load.h"
#include "penstock/log.h"
#include "penstock/store.h"
#include "penstock/upsert.h"

struct ArrowArrayStream;  // of Arrow's C data interface

namespace penstock {

// What a task staged.
struct StagedPart {
  struct Object {
    std::string key;
    std::string etag;
    std::uint64_t size = 0;
    std::uint64_t rows = 0;

    bool operator==(const Object&) const = default;
  };
  struct Column {
    std::string name;
    std::string type;         // Redshift's, which the staged text is made for; of a table that commit() makes, its own
    std::string source_type;  // Arrow's, for people
    bool only_nulls = false;  // the stream says nothing of its type: it agrees with any

    bool operator==(const Column&) const = default;
  };

  std::string id;      // a random UUID, of the folder that it lies in
  std::string name;    // for people
  std::string bucket;  // where the objects are
  std::optional<std::uint32_t> partition{};
  std::vector<Column> columns;  // in the order of the staged fields
  std::vector<Object> objects;  // none: there was no row
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;  // of the objects, as stored

  bool operator==(const StagedPart&) const = default;
};

std::string to_json(const StagedPart& part);  // with a version; on one line
// Errors: invalid: it is none, or of a version that is not known here.
StagedPart staged_part_of_json(std::string_view json);

inline constexpr std::uint32_t kMostPartitions = 1U << 22;

struct StageOptions {
  std::string name = "a staged part";  // for people, and the ledger
  // The part's place among the others of its write: rows then carry their position, which `duplicates` last goes by.
  // Two parts of one partition are not committed together.
  std::optional<std::uint32_t> partition{};
  // Columns of the table whose type is not what the stream's type would be made by itself: a name, and Redshift's type.
  std::vector<std::pair<std::string, std::string>> types{};
  std::string staging_bucket{};                 // where PENSTOCK_S3_BASE_PATH is not set
  std::size_t memory = std::size_t{256} << 20;  // bytes of buffers
};

struct StageContext {
  Buckets& buckets;
  Environment environment;  // PENSTOCK_S3_BASE_PATH
  Log& log;
  std::stop_token stop{};
};

std::vector<std::string> problems_of(const StageOptions& options);

// Takes the stream, and releases it whatever comes of it. What fails leaves nothing behind.
StagedPart stage(const StageOptions& options, ArrowArrayStream& stream, const StageContext& context,
                 const std::function<void(const UpsertProgress&)>& on_progress = {});

// options: of upsert(), without sources, and what says how they are read. Of parts that were committed before, the
// outcome is that of then, and says so. The parts' objects go after the commit.
UpsertOutcome commit(std::span<const StagedPart> parts, const UpsertOptions& options, const LoadContext& context);

// Removes the parts' objects at once. Parts that a commit may still be reading are not to be discarded.
void discard(std::span<const StagedPart> parts, const StageContext& context);

}  // namespace penstock
