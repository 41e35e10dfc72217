#include "reconcile/classify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace penstock::reconcile {
namespace {

using testing::HasSubstr;

constexpr std::chrono::sys_seconds kStart{std::chrono::sys_days{std::chrono::year{2014} / 10 / 20}};

// Seconds after midnight.
std::chrono::sys_seconds second(int seconds) { return kStart + std::chrono::seconds(seconds); }

ObjectInfo object(int written, std::string etag = "v1") {
  return {.key = "f/key1", .size = 10, .etag = std::move(etag), .last_modified = second(written)};
}

// A load that only STL knows, of version one, written at 10.
KeyLoad by_times(int at, LoadState state = LoadState::committed) {
  return {.state = state, .at = second(at), .ended = second(at + 5), .table = "web.views", .query = at, .in_stl = true};
}
KeyLoad by_sys(int at, LoadState state = LoadState::committed, std::string etag = "v1") {
  KeyLoad load = by_times(at, state);
  load.etag = std::move(etag);
  if (load.etag == "v1") load.last_modified = second(10);
  load.in_sys = true;
  return load;
}
KeyLoad by_ledger(int at, LoadState state = LoadState::committed, std::string etag = "v1") {
  return {.state = state,
          .at = second(at),
          .etag = std::move(etag),
          .size = 10,
          .last_modified = second(10),
          .table = "web.views",
          .load_id = "1b4e28ba",
          .in_ledger = true};
}
KeyLoad cut(KeyLoad load) {
  load.name_may_be_cut = true;
  return load;
}
KeyLoad into(std::string table, KeyLoad load) {
  load.table = std::move(table);
  return load;
}
KeyLoad that_failed(KeyLoad load) {
  load.state = LoadState::failed;
  load.etag.clear();
  load.last_modified.reset();
  load.error = "line 3, column id: Invalid digit";
  return load;
}
KeyLoad without_end(KeyLoad load) {
  load.ended.reset();
  return load;
}
KeyLoad modified(int at, KeyLoad load) {
  load.last_modified = second(at);
  return load;
}

KeyLoad with_bad_rows(KeyLoad load) {
  load.error = "line 3, column id: Invalid digit";
  return load;
}

struct Case {
  std::string name;
  std::optional<ObjectInfo> there;
  std::vector<KeyLoad> loads;
  std::vector<KeySet> sets;
  bool deletable = false;
  std::string why{};  // a part of it
  std::string key = "f/key1";
};

constexpr auto kRolledBack = LoadState::rolled_back;
constexpr auto kInProgress = LoadState::in_progress;
constexpr auto kUnknown = LoadState::unknown;
constexpr auto kSuperseded = LoadState::superseded;

// The window of all of them is from 100 to 200.
std::vector<Case> cases() {
  using enum KeySet;
  const auto v1 = object(10);
  const auto v2 = object(150, "v2");
  const std::vector<KeySet> is_pending{in_bucket, pending};
  const std::vector<KeySet> is_already{in_bucket, committed, already_committed};
  const std::vector<KeySet> is_overwritten{in_bucket, committed, pending, overwritten};
  const std::vector<KeySet> is_ambiguous{in_bucket, ambiguous};
  const std::vector<KeySet> is_unsure{in_bucket, committed, ambiguous};
  const std::vector<KeySet> is_outside{in_bucket, committed_outside};
  const std::vector<KeySet> is_loaded_twice{in_bucket, committed, already_committed, loaded_more_than_once};
  return {
      {"never loaded", v1, {}, is_pending},
      {"by the ledger", v1, {by_ledger(120)}, is_already, true},
      {"by SYS_LOAD_DETAIL", v1, {by_sys(120)}, is_already, true},
      {"by times alone", v1, {by_times(120)}, is_already, false, "by its times alone"},
      {"from is included", v1, {by_sys(100)}, is_already, true},
      {"to is not", v1, {by_sys(200)}, is_outside, false, "no load of the window"},
      {"before the window", v1, {by_sys(99)}, is_outside, false, "no load of the window"},
      {"in the window and outside", v1, {by_sys(99), into("a.b", by_sys(120))}, is_already, true},

      {"overwritten since, by its ETag", v2, {by_ledger(120)}, is_overwritten, false, "was written at"},
      {"overwritten since, by its times", v2, {by_times(120)}, is_overwritten},
      {"overwritten before the window's load of another version", v1, {by_sys(120, {}, "v0")}, is_overwritten},
      {"another version, outside of the window", v2, {by_sys(99)}, is_pending},
      {"overwritten and loaded again", v2, {by_sys(120), by_sys(160, {}, "v2")}, is_already, true},
      {"overwritten, and the second load outside",
       v2,
       {by_sys(120), by_sys(260, {}, "v2")},
       {in_bucket, committed, committed_outside}},
      {"the same bytes again, by the ledger", object(150), {by_ledger(120)}, is_already, true},
      {"the same bytes again, by SYS", object(150), {by_sys(120)}, is_already, false, "the same bytes"},

      {"in the second before COPY", object(119), {by_times(120)}, is_already},
      {"in COPY's first second", object(120), {by_times(120)}, is_unsure, false, "about when COPY read it"},
      {"while COPY ran", object(124), {by_times(120)}, is_unsure, false, "about when COPY read it"},
      {"when COPY had just ended", object(125), {by_times(120)}, is_unsure},
      {"after COPY had ended", object(126), {by_times(120)}, is_overwritten},
      {"nobody knows when COPY ended", object(150), {without_end(by_times(120))}, is_unsure},
      {"other times, no ETag", object(20), {modified(10, by_times(120))}, is_overwritten},
      {"parts, begun before COPY", object(10, "v-3"), {by_times(120)}, is_unsure, false, "upload in parts"},
      {"parts, begun after COPY", object(150, "v-3"), {by_times(120)}, is_overwritten},
      {"parts, by their ETag", object(10, "v-3"), {by_sys(120, {}, "v-3")}, is_already, true},
      {"what is sure counts", v1, {without_end(by_times(5)), by_sys(120)}, is_already, true},

      {"rolled back", v1, {by_sys(120, kRolledBack)}, {in_bucket, pending, rolled_back}},
      {"rolled back outside", v1, {by_sys(99, kRolledBack)}, is_pending},
      {"rolled back, then committed", v1, {by_sys(120, kRolledBack), by_sys(130)}, is_already, true},
      {"committed, then rolled back", v1, {by_sys(120), by_sys(130, kRolledBack)}, is_already, true},
      {"another version rolled back", v2, {by_sys(120, kRolledBack)}, is_pending},
      {"failed", v1, {that_failed(by_sys(120))}, {in_bucket, pending, failed}},
      {"failed, then rolled back",
       v1,
       {that_failed(by_sys(120)), by_sys(130, kRolledBack)},
       {in_bucket, pending, rolled_back}},
      {"failed, and mended since", v2, {that_failed(by_sys(120))}, is_pending},
      {"overwritten, and its load failed",
       object(130, "v2"),
       {by_sys(120), that_failed(by_sys(140))},
       {in_bucket, committed, pending, overwritten, failed}},
      {"failed while it may have been another",
       v1,
       {by_sys(110, {}, "v0"), that_failed(by_sys(120))},
       {in_bucket, committed, pending, overwritten, failed}},

      {"in progress", v1, {by_sys(120, kInProgress)}, {in_bucket, in_progress}},
      {"in progress, by STL", v1, {by_times(120, kInProgress)}, {in_bucket, in_progress}},
      {"in progress since before the window", v1, {by_sys(50, kInProgress)}, {in_bucket, in_progress}},
      {"another version in progress", v2, {by_sys(120, kInProgress)}, is_pending},
      {"committed, and again in progress",
       v1,
       {by_sys(120), by_sys(130, kInProgress)},
       is_already,
       false,
       "is loading it"},
      {"committed, and another version in progress",
       v1,
       {by_ledger(120), by_sys(130, kInProgress, "v0")},
       is_already,
       false,
       "is loading it"},

      {"nobody knows whether it committed", v1, {by_sys(120, kUnknown)}, is_ambiguous, false, "can't be told whether"},
      {"nobody knows whether, of another version", v2, {by_sys(120, kUnknown)}, is_pending},
      {"nobody knows whether, but of another", v1, {by_sys(120), by_sys(130, kUnknown)}, is_already, true},
      {"nobody knows whether, of a cut name", v1, {cut(by_times(120, kUnknown))}, is_ambiguous},
      {"bad rows passed over", v1, {with_bad_rows(by_sys(120))}, is_already, false, "passed over bad rows"},
      {"bad rows passed over, then mended", v1, {with_bad_rows(by_sys(120)), by_ledger(130)}, is_loaded_twice, true},
      {"gone, nobody knows whether", {}, {by_sys(120, kUnknown)}, {}},

      {"replaced rows", v1, {by_ledger(120, kSuperseded)}, is_already, false, "replaced by a later load"},
      {"replaced and loaded again", v1, {by_ledger(120, kSuperseded), by_ledger(130)}, is_already, true},
      {"replaced, and loaded by a plain COPY",
       v1,
       {by_sys(110), by_ledger(120, kSuperseded)},
       is_already,
       false,
       "replaced by a later load"},
      {"replaced in another table", v1, {by_sys(110), into("a.b", by_ledger(120, kSuperseded))}, is_already, true},
      {"overwritten and replaced", v2, {by_ledger(120, kSuperseded)}, is_overwritten},

      {"twice", v1, {by_sys(120), by_sys(130)}, is_loaded_twice, true},
      {"twice, by times", v1, {by_times(120), by_sys(130)}, is_loaded_twice, true},
      {"twice, once before the window", v1, {by_sys(50), by_sys(130)}, is_loaded_twice, true},
      {"twice before the window", v1, {by_sys(50), by_sys(60)}, is_outside},
      {"into two tables", v1, {by_sys(120), into("a.b", by_sys(130))}, is_already, true},
      {"into tables that nobody knows", v1, {into("", by_sys(120)), into("", by_sys(130))}, is_already, true},
      {"two versions", v2, {by_sys(120), by_sys(160, {}, "v2")}, is_already, true},
      {"twice, one rolled back", v1, {by_sys(120, kRolledBack), by_sys(130)}, is_already, true},
      {"twice, the first replaced", v1, {by_ledger(120, kSuperseded), by_ledger(130)}, is_already, true},
      {"twice, and gone", {}, {by_sys(120), by_sys(130)}, {committed, gone, loaded_more_than_once}},

      {"gone", {}, {by_sys(120)}, {committed, gone}},
      {"gone, its rows too", {}, {by_ledger(120, kSuperseded)}, {committed, gone}},
      {"gone, committed outside", {}, {by_sys(99)}, {}},
      {"gone, rolled back", {}, {by_sys(120, kRolledBack)}, {}},
      {"gone, in progress", {}, {by_sys(120, kInProgress)}, {in_progress}},
      {"gone, of a cut name", {}, {cut(by_times(120))}, {committed, gone}},

      {"a cut name, proven", v1, {cut(by_sys(120))}, is_already, false, "only the beginning of its name"},
      {"a cut name, proven, and the ledger", v1, {cut(by_sys(120)), by_ledger(130)}, is_loaded_twice, true},
      {"a cut name, of other bytes", v2, {cut(by_sys(120))}, is_pending},
      {"a cut name, the same bytes later", object(150), {cut(by_sys(120))}, is_ambiguous, false, "only the beginning"},
      {"a cut name, by times", v1, {cut(by_times(120))}, is_ambiguous, false, "only the beginning"},
      {"a cut name, by times before it was", object(150), {cut(by_times(120))}, is_pending},
      {"a cut name in progress", v1, {cut(by_times(120, kInProgress))}, {in_bucket, in_progress}},
      {"a cut name, failed", v1, {cut(that_failed(by_sys(120)))}, is_pending},
      {"a cut name, rolled back", v1, {cut(by_sys(120, kRolledBack))}, {in_bucket, pending, rolled_back}},
      {"blanks at the end, by SYS", v1, {by_sys(120)}, is_already, false, "blanks at the end", "f/key1 "},
      {"blanks at the end, by the ledger", v1, {by_ledger(120)}, is_already, true, "", "f/key1 "},
      {"a witness errs",
       object(10),
       {[] {
         KeyLoad load = by_ledger(120);
         load.size = 11;
         return load;
       }()},
       is_unsure,
       false,
       "of 11 bytes"},
      {"another size, no ETag",
       v1,
       {[] {
         KeyLoad load = by_times(120);
         load.size = 11;
         return load;
       }()},
       is_overwritten},
  };
}

std::string names(const KeySets& sets) {
  std::string text;
  for (std::size_t i = 0; i < kKeySets; ++i) {
    if (sets.test(i)) text += std::string(name_of(static_cast<KeySet>(i))) + " ";
  }
  return text;
}

TEST(Classify, IsWhatTheTableSays) {
  for (const Case& expected : cases()) {
    KeyFinding finding{.key = expected.key, .object = expected.there, .loads = expected.loads};
    classify(finding, {.from = second(100), .to = second(200)});
    KeySets sets;
    for (const KeySet set : expected.sets) sets.set(static_cast<std::size_t>(set));
    EXPECT_EQ(names(finding.sets), names(sets)) << expected.name;
    EXPECT_EQ(finding.deletable, expected.deletable) << expected.name << ": " << finding.why;
    EXPECT_THAT(finding.why, HasSubstr(expected.why)) << expected.name;
    EXPECT_FALSE(finding.deletable && !finding.why.empty()) << expected.name;
    const bool needs_why = finding.is_in(KeySet::ambiguous) || finding.is_in(KeySet::committed_outside) ||
                           (finding.is_in(KeySet::already_committed) && !finding.deletable);
    EXPECT_FALSE(needs_why && finding.why.empty()) << expected.name;
  }
}

TEST(Classify, OfAWindowWithoutEndsIsOfAllTimes) {
  KeyFinding finding{.key = "f/key1", .object = object(10), .loads = {by_sys(99)}};
  classify(finding, {});
  EXPECT_TRUE(finding.is_in(KeySet::already_committed));
  EXPECT_TRUE(finding.deletable);
}

TEST(Classify, ForgetsWhatItSaidBefore) {
  KeyFinding finding{.key = "f/key1", .object = object(10), .loads = {by_sys(99)}};
  classify(finding, {});
  finding.loads.clear();
  classify(finding, {});
  EXPECT_EQ(names(finding.sets), "keys_in_bucket bucket_keys_to_be_committed ");
  EXPECT_FALSE(finding.deletable);
}

}  // namespace
}  // namespace penstock::reconcile
