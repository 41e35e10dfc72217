#include "reconcile/classify.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "load/instant.h"

namespace penstock::reconcile {
namespace {

constexpr std::chrono::seconds kTick{1};  // of ObjectInfo::last_modified

bool is_upload_in_parts(const ObjectInfo& object) { return object.etag.find('-') != std::string::npos; }

bool are_etags_known(const ObjectInfo& object, const KeyLoad& load) {
  return !object.etag.empty() && !load.etag.empty();
}

Match match_times(const ObjectInfo& object, const KeyLoad& load) {
  if (load.last_modified && *load.last_modified != object.last_modified) return Match::other;
  if (load.ended && object.last_modified > *load.ended) return Match::other;
  if (is_upload_in_parts(object)) return Match::unknown;
  return object.last_modified + kTick <= load.at ? Match::same : Match::unknown;
}

bool has_committed(const KeyLoad& load) {
  return load.state == LoadState::committed || load.state == LoadState::superseded;
}

bool may_have_committed(const KeyLoad& load) { return has_committed(load) || load.state == LoadState::unknown; }

// What the loads of a key say of the object that is there now.
struct Evidence {
  bool committed = false;             // in the window, whichever version
  bool same_in_window = false;        // committed the object
  bool same_outside = false;          // likewise
  bool other_in_window = false;       // committed another version
  const KeyLoad* unknown = nullptr;   // nobody knows whether it committed the object
  const KeyLoad* open = nullptr;      // loads the object now, or may do so
  const KeyLoad* open_any = nullptr;  // loads a version of it now
  const KeyLoad* last = nullptr;      // the window's last of the object
};

// Whether the load tells of the key at all: one whose name may be cut could be another's.
bool tells_of(const KeyLoad& load, Match match) {
  if (!load.name_may_be_cut || match == Match::same) return true;
  return match == Match::unknown && (may_have_committed(load) || load.state == LoadState::in_progress);
}

void weigh(Evidence& evidence, const KeyLoad& load, Match match, bool in_window) {
  if (!tells_of(load, match)) return;
  if (load.state == LoadState::in_progress) {
    evidence.open_any = &load;
    if (match != Match::other) evidence.open = &load;
  }
  if (in_window && match != Match::other) evidence.last = &load;
  const bool is_unknown = match == Match::unknown || load.state == LoadState::unknown;
  if (may_have_committed(load) && match != Match::other && is_unknown) evidence.unknown = &load;
  if (!has_committed(load)) return;
  if (match == Match::same) (in_window ? evidence.same_in_window : evidence.same_outside) = true;
  if (match == Match::other && in_window) evidence.other_in_window = true;
  const bool is_of_this_key = !load.name_may_be_cut || match == Match::same;
  if (in_window && is_of_this_key) evidence.committed = true;
}

Evidence evidence_of(const KeyFinding& finding, const Window& window) {
  Evidence evidence;
  for (const KeyLoad& load : finding.loads) {
    weigh(evidence, load, match(*finding.object, load), window.has(load.at));
  }
  return evidence;
}

// "" where it is not known.
std::string_view version_of(const KeyFinding& finding, const KeyLoad& load) {
  if (!load.etag.empty()) return load.etag;
  if (finding.object && match(*finding.object, load) == Match::same) return finding.object->etag;
  return {};
}

bool is_loaded_more_than_once(const KeyFinding& finding, const Window& window) {
  if (finding.loads.size() < 2) return false;
  struct Copy {
    std::string_view table;
    std::string_view version;
    bool in_window = false;
    [[nodiscard]] bool is_of_same(const Copy& other) const { return table == other.table && version == other.version; }
  };
  std::vector<Copy> copies;
  for (const KeyLoad& load : finding.loads) {
    const bool is_own = !load.name_may_be_cut || (finding.object && match(*finding.object, load) == Match::same);
    const Copy copy{load.table, version_of(finding, load), window.has(load.at)};
    const bool is_known = !copy.table.empty() && !copy.version.empty();
    if (load.state == LoadState::committed && is_own && is_known) copies.push_back(copy);
  }
  std::ranges::sort(copies, [](const Copy& a, const Copy& b) {
    if (const int order = a.table.compare(b.table); order != 0) return order < 0;
    if (const int order = a.version.compare(b.version); order != 0) return order < 0;
    return a.in_window < b.in_window;
  });
  // Of those of the window the last is one, if any is.
  return std::ranges::adjacent_find(
             copies, [](const Copy& a, const Copy& b) { return a.is_of_same(b) && b.in_window; }) != copies.end();
}

std::string in_words(const KeyLoad& load) {
  std::string text = load.query != 0         ? fmt::format("query {}", load.query)
                     : !load.load_id.empty() ? "load " + load.load_id
                                             : std::string("a load");
  if (!load.table.empty()) text += " into " + load.table;
  return text + " at " + to_rfc3339(load.at);
}

std::string why_unknown(const ObjectInfo& object, const KeyLoad& load) {
  if (load.state == LoadState::unknown && !load.name_may_be_cut) {
    return fmt::format("{} read this key, and it can't be told whether its transaction committed", in_words(load));
  }
  if (load.name_may_be_cut) {
    return fmt::format("{} read this key, or another one: the system tables keep only the beginning of its name",
                       in_words(load));
  }
  if (are_etags_known(object, load)) {
    return fmt::format("{} read an object of this ETag, but of {} bytes, and this one has {}", in_words(load),
                       load.size.value_or(0), object.size);
  }
  if (is_upload_in_parts(object)) {
    return fmt::format("{} read this key, and its ETag was not kept; of an upload in parts S3 tells only when it began",
                       in_words(load));
  }
  return fmt::format("{} read this key, and its ETag was not kept; the object is of {}, about when COPY read it",
                     in_words(load), to_rfc3339(object.last_modified));
}

// A load whose witness is a system table alone: why it does not allow that its object goes.
std::string why_not_by_system_tables(const KeyFinding& finding, const KeyLoad& load) {
  if (finding.key.ends_with(' ')) return "the system tables leave out the blanks at the end of its name";
  if (load.last_modified && *load.last_modified != finding.object->last_modified) {
    return fmt::format("the same bytes were written again after {}", in_words(load));
  }
  for (const KeyLoad& other : finding.loads) {
    const bool may_be_this = match(*finding.object, other) != Match::other;
    if (other.state == LoadState::superseded && other.table == load.table && may_be_this) {
      return "its rows were replaced by a later load";
    }
  }
  return {};
}

std::string why_not_by(const KeyFinding& finding, const KeyLoad& load) {
  if (load.state == LoadState::superseded) return "its rows were replaced by a later load";
  if (!load.error.empty()) return fmt::format("{} passed over bad rows of it: {}", in_words(load), load.error);
  if (!are_etags_known(*finding.object, load)) {
    return fmt::format("{} read it by its times alone: its ETag was not kept", in_words(load));
  }
  if (load.in_ledger) return {};
  if (load.name_may_be_cut) return "the system tables keep only the beginning of its name";
  if (!load.in_sys) return fmt::format("no witness of {} keeps ETags", in_words(load));
  return why_not_by_system_tables(finding, load);
}

// Empty: it may be deleted.
std::string why_not_deletable(const KeyFinding& finding, const Window& window, const Evidence& evidence) {
  if (evidence.open_any != nullptr) return fmt::format("{} is loading it", in_words(*evidence.open_any));
  std::string why;
  for (const KeyLoad& load : finding.loads) {
    if (!has_committed(load) || !window.has(load.at) || match(*finding.object, load) != Match::same) continue;
    why = why_not_by(finding, load);
    if (why.empty()) return {};
  }
  return why;
}

std::string why_overwritten(const ObjectInfo& object) {
  return fmt::format("the object that is there was written at {}, and no load committed it",
                     to_rfc3339(object.last_modified));
}

// The one of the sets that every key of the bucket belongs to one of.
KeySet place(const Evidence& evidence) {
  if (evidence.same_in_window) return KeySet::already_committed;
  if (evidence.same_outside) return KeySet::committed_outside;
  if (evidence.open != nullptr) return KeySet::in_progress;
  if (evidence.unknown != nullptr) return KeySet::ambiguous;
  return KeySet::pending;
}

void put(KeyFinding& finding, KeySet set) { finding.sets.set(static_cast<std::size_t>(set)); }

void classify_pending(KeyFinding& finding, const Evidence& evidence) {
  if (evidence.other_in_window) {
    put(finding, KeySet::overwritten);
    finding.why = why_overwritten(*finding.object);
  }
  if (evidence.last == nullptr) return;
  if (evidence.last->state == LoadState::rolled_back) put(finding, KeySet::rolled_back);
  if (evidence.last->state == LoadState::failed) put(finding, KeySet::failed);
}

void classify_present(KeyFinding& finding, const Window& window) {
  const Evidence evidence = evidence_of(finding, window);
  const KeySet where = place(evidence);
  put(finding, KeySet::in_bucket);
  put(finding, where);
  if (evidence.committed) put(finding, KeySet::committed);
  if (where == KeySet::pending) classify_pending(finding, evidence);
  if (where == KeySet::ambiguous) finding.why = why_unknown(*finding.object, *evidence.unknown);
  if (where == KeySet::committed_outside) finding.why = "no load of the window committed it, but another one";
  if (where == KeySet::already_committed) {
    finding.why = why_not_deletable(finding, window, evidence);
    finding.deletable = finding.why.empty();
  }
}

void classify_absent(KeyFinding& finding, const Window& window) {
  const auto is = [&](auto what) { return std::ranges::any_of(finding.loads, what); };
  if (is([&](const KeyLoad& load) { return has_committed(load) && window.has(load.at); })) {
    put(finding, KeySet::committed);
    put(finding, KeySet::gone);
  }
  if (is([](const KeyLoad& load) { return load.state == LoadState::in_progress; })) put(finding, KeySet::in_progress);
}

}  // namespace

Match match(const ObjectInfo& object, const KeyLoad& load) {
  const bool is_size_other = load.size && *load.size != object.size;
  if (are_etags_known(object, load)) {
    if (object.etag != load.etag) return Match::other;
    if (is_size_other) return Match::unknown;  // no two objects of one ETag differ: a witness errs
    if (load.name_may_be_cut && load.last_modified != object.last_modified) return Match::unknown;
    return Match::same;
  }
  if (is_size_other) return Match::other;
  const Match by_times = match_times(object, load);
  return load.name_may_be_cut && by_times == Match::same ? Match::unknown : by_times;
}

void classify(KeyFinding& finding, const Window& window) {
  finding.sets.reset();
  finding.deletable = false;
  finding.why.clear();
  if (finding.object) {
    classify_present(finding, window);
  } else {
    classify_absent(finding, window);
  }
  if (is_loaded_more_than_once(finding, window)) put(finding, KeySet::loaded_more_than_once);
}

}  // namespace penstock::reconcile
