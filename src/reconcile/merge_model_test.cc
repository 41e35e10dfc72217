// Random histories of puts, overwrites, deletions and loads of every fate, told by witnesses of every kind. What join()
// answers is held against a model that looks at all of it at once, and against what really happened.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reconcile/findings.h"
#include "reconcile/replayed.h"

namespace penstock::reconcile {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr std::size_t kKept = 246;  // bytes of a key that fit into 256 with s3://lake/
const std::string kLong(kKept, 'x');

const std::vector<std::string>& keys() {
  static const std::vector<std::string> all{
      "a",    "a ",  "a  ",       "b",         "b+c%20",    "d/k1",       "d/ü x",
      "e/k1", kLong, kLong + "1", kLong + "2", kLong + "é", kLong + "1/", std::string(kKept - 2, 'x') + "€1"};
  return all;
}

// As the system tables show it: cut before a character that does not fit, without blanks at the end.
std::string shown(const std::string& key) {
  std::string text = key;
  if (text.size() > kKept) {
    std::size_t end = kKept;
    while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text.resize(end);
  }
  while (text.ends_with(' ')) text.pop_back();
  return text;
}
bool may_be_cut(const std::string& name) { return name.size() + 3 >= kKept; }

struct Version {
  std::string etag;
  std::chrono::sys_seconds last_modified;
};

enum class Fate { committed, rolled_back, failed, in_progress, unknown };

// What one COPY did with one key.
struct Reading {
  std::string key;
  std::string etag;  // that it really read
  std::chrono::sys_seconds last_modified;
  Fate fate = Fate::committed;
  std::string table;
  Microseconds at;
  Microseconds ended;
  std::int64_t query = 0;
  bool in_ledger = false;
  bool in_sys = false;  // its ETag is known
  bool in_stl = false;  // its name and times are
  bool replaced = false;

  [[nodiscard]] bool is_told() const { return in_ledger || in_sys || in_stl; }
  [[nodiscard]] bool has_etag() const { return in_ledger || in_sys; }
  [[nodiscard]] std::string name() const { return in_ledger ? key : shown(key); }
  [[nodiscard]] bool has_committed() const { return fate == Fate::committed; }
};

class World {
 public:
  explicit World(unsigned seed) : random_(seed) {
    const int steps = below(80);
    for (int i = 0; i < steps; ++i) step();
  }

  std::map<std::string, Version> bucket;
  std::vector<Reading> readings;

  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  bool chance(int of_ten) { return below(10) < of_ten; }
  [[nodiscard]] Microseconds now() const { return now_; }

 private:
  void tick() { now_ += microseconds(1 + below(2'500'000)); }
  const std::string& any_key() { return keys()[static_cast<std::size_t>(below(static_cast<int>(keys().size())))]; }

  void put(const std::string& key) {
    const bool is_known = chance(2) && contents_ > 0;
    std::string etag = "v" + std::to_string(is_known ? below(contents_) : contents_++);
    auto written = std::chrono::floor<seconds>(now_);
    if (chance(2)) {
      etag += "-2";
      written -= seconds(below(6));  // when the upload was begun
    }
    bucket[key] = {etag, written};
  }

  void step() {
    tick();
    const int what = below(10);
    if (what < 4) {
      put(any_key());
    } else if (what < 5) {
      bucket.erase(any_key());
    } else {
      load();
    }
  }

  // One key, or those with a prefix. An object may be overwritten while it runs, before it is read or after.
  void load() {
    Reading reading;
    reading.at = now_;
    reading.query = ++queries_;
    reading.table = chance(5) ? "web.views" : "web.clicks";
    reading.fate = chance(6) ? Fate::committed : static_cast<Fate>(below(5));
    const bool is_penstock = reading.fate == Fate::committed && chance(4);
    reading.in_ledger = is_penstock;
    reading.in_sys = chance(6);
    reading.in_stl = chance(6);
    if (reading.fate == Fate::failed) reading.in_sys = false;  // the errors have no ETags
    const std::string& of = any_key();
    const bool is_prefix = !is_penstock && chance(3);
    std::vector<std::string> read;
    for (const auto& [key, version] : bucket) {
      if (key == of || (is_prefix && key.starts_with(of.substr(0, 1)))) read.push_back(key);
    }
    std::vector<Reading> all;
    for (const std::string& key : read) {
      tick();
      if (chance(1)) put(key);
      reading.key = key;
      reading.etag = bucket[key].etag;
      reading.last_modified = bucket[key].last_modified;
      all.push_back(reading);
    }
    tick();
    if (is_penstock) replace(of, reading.table);
    for (Reading& one : all) {
      one.ended = now_;
      readings.push_back(one);
    }
  }

  // A forced load replaces what penstock loaded of the key before.
  void replace(const std::string& key, const std::string& table) {
    for (Reading& earlier : readings) {
      if (earlier.in_ledger && earlier.key == key && earlier.table == table) earlier.replaced = true;
    }
  }

  std::mt19937 random_;
  Microseconds now_ = std::chrono::sys_days{std::chrono::year{2014} / 10 / 20};
  int contents_ = 0;
  std::int64_t queries_ = 0;
};

LoadOfKey as_told(const Reading& reading) {
  LoadOfKey told{.key = reading.name(), .load = {.at = reading.at, .ended = reading.ended}};
  KeyLoad& load = told.load;
  switch (reading.fate) {
    case Fate::committed:
      load.state = reading.replaced ? LoadState::superseded : LoadState::committed;
      break;
    case Fate::rolled_back:
      load.state = LoadState::rolled_back;
      break;
    case Fate::failed:
      load.state = LoadState::failed;
      break;
    case Fate::in_progress:
      load.state = LoadState::in_progress;
      break;
    case Fate::unknown:
      load.state = LoadState::unknown;
      break;
  }
  if (reading.has_etag()) {
    load.etag = reading.etag;
    load.last_modified = reading.last_modified;
  }
  load.table = reading.table;
  load.query = reading.query;
  load.in_ledger = reading.in_ledger;
  load.in_sys = reading.in_sys;
  load.in_stl = reading.in_stl;
  load.name_may_be_cut = may_be_cut(told.key);
  return told;
}

// The model: for each key all readings that could be of it, and what each of them says of the object that is there.
class Model {
 public:
  Model(const World& world, const Window& window, std::string prefix)
      : world_(world), window_(window), prefix_(std::move(prefix)) {}

  // By key, the names of its sets and whether it may be deleted.
  std::map<std::string, std::string> answer() {
    std::map<std::string, std::string> all;
    for (const auto& [key, version] : world_.bucket) {
      if (key.starts_with(prefix_)) all[key] = of_present(key, version);
    }
    std::map<std::string, std::vector<const Reading*>> gone;
    for (const Reading& reading : world_.readings) {
      const std::string name = reading.name();
      if (!reading.is_told() || !name.starts_with(prefix_) || all.contains(name)) continue;
      if (!is_loose(reading) || !may_be_a_beginning(name)) gone[name].push_back(&reading);
    }
    for (const auto& [name, readings] : gone) all[name] = of_gone(readings);
    return all;
  }

 private:
  enum class Says { this_one, another, maybe };

  bool may_be_a_beginning(const std::string& name) const {
    return std::ranges::any_of(world_.bucket, [&](const auto& object) {
      return object.first != name && object.first.starts_with(name) && object.first.starts_with(prefix_);
    });
  }
  // Its name may be that of several keys.
  bool is_loose(const Reading& reading) const {
    if (reading.in_ledger) return false;
    const std::string name = reading.name();
    return may_be_cut(name) || std::ranges::any_of(world_.bucket, [&](const auto& object) {
             return object.first.starts_with(prefix_) && object.first != name && object.first.starts_with(name + " ");
           });
  }

  Says says(const Reading& reading, const std::string& key, const Version& there) const {
    if (reading.has_etag()) {
      if (reading.etag != there.etag) return Says::another;
      if (!is_loose(reading)) return Says::this_one;
      if (reading.last_modified != there.last_modified) return Says::maybe;
      // Of equal objects with one name the first.
      for (const auto& [other, version] : world_.bucket) {
        if (other >= key) break;
        const bool is_alike = version.etag == there.etag && version.last_modified == there.last_modified;
        if (is_alike && other.starts_with(prefix_) && shown(other) == reading.name()) return Says::maybe;
      }
      return Says::this_one;
    }
    if (there.last_modified > reading.ended) return Says::another;
    const bool is_before = there.last_modified + seconds(1) <= reading.at && there.etag.find('-') == std::string::npos;
    return is_before && !is_loose(reading) ? Says::this_one : Says::maybe;
  }

  std::string of_present(const std::string& key, const Version& there) const {
    std::set<std::string> sets{"keys_in_bucket"};
    bool same_in = false;
    bool same_out = false;
    bool open = false;
    bool open_any = false;
    bool maybe = false;
    bool other_in = false;
    bool proven = false;
    bool proven_by_ledger = false;
    std::string last;
    std::map<std::pair<std::string, std::string>, std::vector<bool>> copies;
    for (const Reading& reading : world_.readings) {
      if (!reading.is_told()) continue;
      const bool is_its = reading.in_ledger   ? reading.key == key
                          : is_loose(reading) ? shown(key) == reading.name()
                                              : reading.name() == key;
      if (!is_its) continue;
      const Says what = says(reading, key, there);
      const bool is_known_to_be_its = !is_loose(reading) || what == Says::this_one;
      const bool in = window_.has(reading.at);
      if (is_loose(reading) && what == Says::another) continue;
      if (reading.fate == Fate::in_progress) open_any = true;
      if (reading.fate == Fate::in_progress && what != Says::another) open = true;
      if (reading.fate == Fate::unknown && what != Says::another) maybe = true;
      if (in && what != Says::another) {
        if (is_known_to_be_its) last = reading.fate == Fate::rolled_back ? "rolled_back" : "";
        if (is_known_to_be_its && reading.fate == Fate::failed) last = "failed";
      }
      if (!reading.has_committed()) continue;
      if (what == Says::maybe) maybe = true;
      if (in && is_known_to_be_its) sets.insert("committed_keys");
      if (what == Says::another && in) other_in = true;
      const std::string version = reading.has_etag() ? reading.etag : what == Says::this_one ? there.etag : "";
      if (!reading.replaced && is_known_to_be_its && !version.empty()) copies[{reading.table, version}].push_back(in);
      if (what != Says::this_one) continue;
      (in ? same_in : same_out) = true;
      if (in && reading.in_ledger && !reading.replaced) proven_by_ledger = true;
    }
    for (const Reading& reading : world_.readings) {  // SYS alone
      const bool is_exact = !reading.in_ledger && reading.in_sys && !is_loose(reading) && reading.name() == key;
      if (!is_exact || !reading.has_committed() || !window_.has(reading.at) || reading.etag != there.etag) continue;
      if (key.ends_with(' ') || reading.last_modified != there.last_modified) continue;
      const bool is_replaced = std::ranges::any_of(world_.readings, [&](const Reading& other) {
        return other.replaced && other.in_ledger && other.key == key && other.table == reading.table &&
               other.etag == there.etag;
      });
      if (!is_replaced) proven = true;
    }
    for (const auto& [what, in_window] : copies) {
      if (in_window.size() > 1 && std::ranges::count(in_window, true) > 0) sets.insert("loaded_more_than_once");
    }
    if (same_in) {
      sets.insert("bucket_keys_already_committed");
    } else if (same_out) {
      sets.insert("committed_outside_window");
    } else if (open) {
      sets.insert("in_progress");
    } else if (maybe) {
      sets.insert("ambiguous");
    } else {
      sets.insert("bucket_keys_to_be_committed");
      if (other_in) sets.insert("overwritten");
      if (!last.empty()) sets.insert(last);
    }
    const bool is_deletable = same_in && !open_any && (proven || proven_by_ledger);
    return in_words(sets, is_deletable);
  }

  std::string of_gone(const std::vector<const Reading*>& readings) const {
    std::set<std::string> sets;
    std::map<std::pair<std::string, std::string>, std::vector<bool>> copies;
    for (const Reading* reading : readings) {
      const bool in = window_.has(reading->at);
      if (reading->fate == Fate::in_progress) sets.insert("in_progress");
      if (!reading->has_committed()) continue;
      if (in) sets.insert({"committed_keys", "gone"});
      const bool counts = !reading->replaced && !is_loose(*reading) && reading->has_etag();
      if (counts) copies[{reading->table, reading->etag}].push_back(in);
    }
    for (const auto& [what, in_window] : copies) {
      if (in_window.size() > 1 && std::ranges::count(in_window, true) > 0) sets.insert("loaded_more_than_once");
    }
    return in_words(sets, false);
  }

 public:
  static std::string in_words(const std::set<std::string>& sets, bool is_deletable) {
    std::string text;
    for (const std::string& set : sets) text += set + " ";
    return text + (is_deletable ? "deletable" : "");
  }

 private:
  const World& world_;
  const Window& window_;
  const std::string prefix_;
};

std::map<std::string, std::string> joined(const World& world, const Window& window, const std::string& prefix,
                                          std::vector<KeyFinding>& findings) {
  std::vector<ObjectInfo> objects;
  for (const auto& [key, version] : world.bucket) {
    if (!key.starts_with(prefix)) continue;
    objects.push_back({.key = key, .size = 10, .etag = version.etag, .last_modified = version.last_modified});
  }
  std::vector<LoadOfKey> loads;
  for (const Reading& reading : world.readings) {
    const std::string name = reading.name();
    const bool is_below = name.starts_with(prefix) || (may_be_cut(name) && prefix.starts_with(name));
    if (reading.is_told() && is_below) loads.push_back(as_told(reading));
  }
  std::ranges::stable_sort(loads, [](const LoadOfKey& a, const LoadOfKey& b) {
    return std::pair(a.key, a.load.at) < std::pair(b.key, b.load.at);
  });
  const auto stream = join(std::make_unique<ReplayedObjects>(std::move(objects)),
                           std::make_unique<ReplayedLoads>(std::move(loads)), window, {"lake", prefix}, {});
  std::map<std::string, std::string> all;
  while (auto finding = stream->next()) {
    std::set<std::string> sets;
    for (std::size_t set = 0; set < kKeySets; ++set) {
      if (finding->sets.test(set)) sets.emplace(name_of(static_cast<KeySet>(set)));
    }
    all[finding->key] = Model::in_words(sets, finding->deletable);
    findings.push_back(std::move(*finding));
  }
  return all;
}

bool was_committed(const World& world, const std::string& etag, bool is_told) {
  return std::ranges::any_of(world.readings, [&](const Reading& reading) {
    return reading.has_committed() && reading.etag == etag && (!is_told || reading.is_told());
  });
}

// By what really happened, whatever the witnesses say.
void expect_true(const World& world, const std::vector<KeyFinding>& findings) {
  for (const KeyFinding& finding : findings) {
    if (!finding.object) continue;
    const std::string& etag = finding.object->etag;
    const bool is_in = finding.is_in(KeySet::already_committed) || finding.is_in(KeySet::committed_outside);
    EXPECT_TRUE(!is_in || was_committed(world, etag, true)) << finding.key << " was never committed";
    const bool is_in_table = std::ranges::any_of(world.readings, [&](const Reading& reading) {
      return reading.has_committed() && reading.etag == etag && !reading.replaced;
    });
    EXPECT_TRUE(!finding.deletable || is_in_table) << finding.key << ": its rows are in no table";
    const bool was_loaded = std::ranges::any_of(world.readings, [&](const Reading& reading) {
      const bool is_it = reading.key == finding.key && reading.etag == etag;
      // Of the same bytes, written again, the times tell.
      const bool is_version = reading.has_etag() || reading.last_modified == finding.object->last_modified;
      return reading.has_committed() && reading.is_told() && is_it && is_version;
    });
    EXPECT_FALSE(finding.is_in(KeySet::pending) && was_loaded) << finding.key << " would be loaded twice";
  }
}

TEST(MergeModel, AgreesWithWhatLooksAtEverythingAtOnce) {
  constexpr unsigned kSeeds = 4000;
  KeySets seen;
  bool is_deletable_seen = false;
  for (unsigned seed = 0; seed < kSeeds && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    World world(seed);
    const std::vector<std::string> prefixes{"", "", "d/", "a", kLong, kLong + "1"};
    const std::string prefix = prefixes[static_cast<std::size_t>(world.below(static_cast<int>(prefixes.size())))];
    Window window;
    if (world.chance(4)) window.from = world.now() - seconds(world.below(40));
    if (world.chance(3)) window.to = world.now() - seconds(world.below(20));
    std::vector<KeyFinding> findings;
    const auto found = joined(world, window, prefix, findings);
    EXPECT_THAT(found, testing::ContainerEq(Model(world, window, prefix).answer()));
    expect_true(world, findings);
    EXPECT_TRUE(std::ranges::is_sorted(findings, {}, &KeyFinding::key));
    for (const KeyFinding& finding : findings) {
      seen |= finding.sets;
      is_deletable_seen = is_deletable_seen || finding.deletable;
    }
  }
  EXPECT_TRUE(seen.all() && is_deletable_seen) << "the histories don't bring about all that there is: " << seen;
}

}  // namespace
}  // namespace penstock::reconcile
