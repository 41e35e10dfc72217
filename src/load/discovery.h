// Which data there are for a table: a listing's keys, ordered by the instants that their names say.
//
// Threads: one. Errors: what the store throws; cancelled; and choose()'s own.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "load/data_file.h"
#include "penstock/log.h"
#include "penstock/store.h"

namespace penstock {

struct Discovery {
  std::map<Instant, std::vector<DataFile>> dates;  // what there is of each data date, UNLOAD's parts together
  std::uint64_t malformed = 0;                     // names that were logged and left alone
};

enum class Wanted { newest, all };

// Lists both layouts to their ends. newest: only the latest date is kept, so that memory doesn't grow with the bucket.
// With `date`, only that instant. Never looks at modification times.
Discovery discover(ObjectStore& store, const DataLocation& location, Wanted wanted, std::optional<Instant> date,
                   Log& log, const std::stop_token& stop);

// The one to load of those that one instant has: by the order of Suffix. refused, naming both, when two of them have
// one suffix (two spellings of the instant, or two folders): which is right nobody can know.
DataFile choose(const std::vector<DataFile>& of_one_instant, const ObjectStore& store);

}  // namespace penstock
