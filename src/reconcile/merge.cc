#include "reconcile/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "base/utf8.h"
#include "penstock/error.h"

namespace penstock::reconcile {
namespace {

std::string_view without_blanks_at_the_end(std::string_view text) {
  const std::size_t last = text.find_last_not_of(' ');
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

[[noreturn]] void throw_disorder(const std::string& what, const std::string& key, const std::string& before) {
  throw Error(ErrorKind::refused,
              fmt::format("{} gave the key '{}' behind '{}': not in bytewise order, so nothing can be said of them",
                          what, printable(key), printable(before)));
}

}  // namespace

Merge::Merge(std::unique_ptr<ObjectListing> objects, std::unique_ptr<LoadStream> loads, Window window, S3Uri source)
    : objects_(std::move(objects)),
      loads_(std::move(loads)),
      window_(window),
      source_(std::move(source)),
      kept_(kSystemName - to_string(S3Uri{.bucket = source_.bucket, .key = {}}).size()),
      object_(objects_->next()),
      load_(loads_->next()) {}

std::optional<KeyFinding> Merge::next() {
  while (object_ || load_) {
    if (auto finding = join()) return finding;
  }
  for (const Held& held : held_) drop(held);
  held_.clear();
  return std::nullopt;
}

// nullopt: what is known of the key is of others, or may be of some that follow.
std::optional<KeyFinding> Merge::join() {
  const bool is_object = object_ && (!load_ || object_->key <= load_->key);
  KeyFinding finding{.key = is_object ? object_->key : load_->key};
  drop_held(finding.key);
  finding.object = take_object(finding.key);
  take_loads(finding);
  const bool is_below = finding.key.starts_with(source_.key);
  if (finding.object) {
    take_held(finding);
  } else if (is_below && (!object_ || !object_->key.starts_with(finding.key))) {
    take_held_of_gone(finding);
  }
  if (!finding.object && (finding.loads.empty() || !is_below)) return std::nullopt;
  classify(finding, window_);
  return finding;
}

std::optional<ObjectInfo> Merge::take_object(std::string_view key) {
  if (!object_ || object_->key != key) return std::nullopt;
  std::optional<ObjectInfo> taken = objects_->next();
  std::swap(taken, object_);
  if (object_ && object_->key <= taken->key) {
    throw_disorder("the listing of " + printable(to_string(source_)), object_->key, taken->key);
  }
  return taken;
}

// Those of its own name. After the object was taken: what follows tells whether a name can be another key's.
void Merge::take_loads(KeyFinding& finding) {
  const bool may_lack_blanks = object_ && object_->key.starts_with(finding.key) &&
                               object_->key.size() > finding.key.size() &&
                               static_cast<unsigned char>(object_->key[finding.key.size()]) <= ' ';
  while (load_ && load_->key == finding.key) {
    KeyLoad load = std::move(load_->load);
    load_ = loads_->next();
    if (load_ && load_->key < finding.key) throw_disorder("the cluster", load_->key, finding.key);
    load.name_may_be_cut = !load.in_ledger && (load.name_may_be_cut || may_lack_blanks);
    if (load.name_may_be_cut) {
      held_.push_back({.name = finding.key, .load = std::move(load)});
    } else {
      finding.loads.push_back(std::move(load));
    }
  }
}

bool Merge::is_shown_as(std::string_view key, std::string_view name) const {
  return key == name || without_blanks_at_the_end(key.substr(0, kept_)) == name ||
         without_blanks_at_the_end(whole_characters(key, kept_)) == name;
}

void Merge::take_held(KeyFinding& finding) {
  const std::size_t own = finding.loads.size();
  for (Held& held : held_) {
    if (!is_shown_as(finding.key, held.name)) continue;
    const Match found = match(*finding.object, held.load);
    if (found == Match::other) continue;
    finding.loads.push_back(held.load);
    // Proven of two keys, nobody knows of which: a COPY that read both may have one record of them.
    if (found == Match::same && held.is_proven) finding.loads.back().last_modified.reset();
    held.is_placed = true;
    held.is_proven = held.is_proven || found == Match::same;
  }
  if (finding.loads.size() > own) std::ranges::stable_sort(finding.loads, {}, &KeyLoad::at);
}

void Merge::take_held_of_gone(KeyFinding& finding) {
  for (Held& held : held_) {
    if (held.name != finding.key) continue;
    finding.loads.push_back(held.load);
    held.is_placed = true;
  }
  std::ranges::stable_sort(finding.loads, {}, &KeyLoad::at);
}

void Merge::drop_held(std::string_view key) {
  std::erase_if(held_, [&](const Held& held) {
    const bool is_passed = !key.starts_with(held.name);
    if (is_passed) drop(held);
    return is_passed;
  });
}

void Merge::drop(const Held& held) {
  const bool has_committed = held.load.state == LoadState::committed || held.load.state == LoadState::superseded;
  if (!held.is_placed && has_committed) ++unplaced_;
}

}  // namespace penstock::reconcile
