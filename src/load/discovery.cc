#include "load/discovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "penstock/error.h"

namespace penstock {
namespace {

constexpr std::uint64_t kMalformedShown = 20;

class Gathering {
 public:
  Gathering(ObjectStore& store, const DataLocation& location, Wanted wanted, std::optional<Instant> date, Log& log)
      : store_(store), location_(location), wanted_(wanted), date_(date), log_(log) {}

  void add(std::string_view key) {
    ReadKey read = read_key(location_, key);
    if (read.verdict == KeyVerdict::malformed) name_malformed(key, read.reason);
    if (read.verdict != KeyVerdict::data || (date_ && read.file.date != *date_)) return;
    if (wanted_ == Wanted::newest && !found_.dates.empty()) {
      const Instant newest = found_.dates.rbegin()->first;
      if (read.file.date < newest) return;
      if (read.file.date > newest) found_.dates.clear();
    }
    keep(std::move(read.file));
  }

  Discovery finish() && {
    if (found_.malformed > kMalformedShown) {
      log_.warning(fmt::format("load {}.{}: left alone {} more keys with malformed names", location_.schema,
                               location_.table, found_.malformed - kMalformedShown));
    }
    return std::move(found_);
  }

 private:
  void keep(DataFile file) {
    auto& same_date = found_.dates[file.date];
    const auto set = std::ranges::find_if(same_date, [&](const DataFile& other) {
      return file.suffix == Suffix::none && other.suffix == Suffix::none && other.name == file.name;
    });
    if (set == same_date.end()) {
      same_date.push_back(std::move(file));
    } else {
      set->keys.push_back(std::move(file.keys.front()));
    }
  }

  void name_malformed(std::string_view key, const std::string& reason) {
    if (++found_.malformed > kMalformedShown) return;
    log_.warning(fmt::format("load {}.{}: left alone {}: {}", location_.schema, location_.table,
                             printable(store_.uri_of(key)), printable(reason)));
  }

  ObjectStore& store_;
  const DataLocation& location_;
  const Wanted wanted_;
  const std::optional<Instant> date_;
  Log& log_;
  Discovery found_;
};

}  // namespace

Discovery discover(ObjectStore& store, const DataLocation& location, Wanted wanted, std::optional<Instant> date,
                   Log& log, const std::stop_token& stop) {
  Gathering gathering(store, location, wanted, date, log);
  for (const std::string& prefix : {location.flat_prefix(), location.dated_prefix()}) {
    const auto listing = store.list(prefix);
    while (const auto object = listing->next()) {
      if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped while listing " + store.uri_of(prefix));
      gathering.add(object->key);
    }
  }
  return std::move(gathering).finish();
}

DataFile choose(const std::vector<DataFile>& of_one_instant, const ObjectStore& store) {
  const auto best = std::ranges::min_element(of_one_instant, {}, &DataFile::suffix);
  const auto rival = std::find_if(std::next(best), of_one_instant.end(),
                                  [&](const DataFile& other) { return other.suffix == best->suffix; });
  if (rival != of_one_instant.end()) {
    throw Error(ErrorKind::refused,
                fmt::format("{} and {} are both the data of {}, and nothing says which is right: remove one",
                            printable(store.uri_of(best->keys.front())), printable(store.uri_of(rival->keys.front())),
                            to_rfc3339(best->date)));
  }
  return *best;
}

}  // namespace penstock
