#include "reconcile/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "penstock/error.h"
#include "reconcile/findings.h"
#include "reconcile/replayed.h"

namespace penstock::reconcile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::chrono::sys_seconds kStart{std::chrono::sys_days{std::chrono::year{2014} / 10 / 20}};

ObjectInfo object(std::string key, std::string etag = "v1") {
  return {.key = std::move(key), .size = 10, .etag = std::move(etag), .last_modified = kStart};
}
LoadOfKey load(std::string key, std::string etag = "v1", std::int64_t query = 1) {
  return {.key = std::move(key),
          .load = {.at = kStart + std::chrono::seconds(100 + query),
                   .ended = kStart + std::chrono::seconds(200),
                   .etag = std::move(etag),
                   .last_modified = kStart,
                   .table = "web.views",
                   .query = query,
                   .in_sys = true}};
}
LoadOfKey cut(LoadOfKey load) {
  load.load.name_may_be_cut = true;
  return load;
}
// As STL has it.
LoadOfKey by_times(LoadOfKey load) {
  load.load.etag.clear();
  load.load.last_modified.reset();
  return load;
}

std::string short_names(const KeyFinding& finding) {
  std::string text;
  const std::vector<std::pair<KeySet, char>> letters{
      {KeySet::committed, 'c'},   {KeySet::pending, 'p'}, {KeySet::already_committed, 'a'},
      {KeySet::overwritten, 'o'}, {KeySet::gone, 'g'},    {KeySet::ambiguous, '?'}};
  for (const auto& [set, letter] : letters) {
    if (finding.is_in(set)) text += letter;
  }
  return text;
}

struct Merged {
  std::vector<std::string> keys;  // "key: sets"
  ReconcileSummary summary;
};

Merged merged(std::vector<ObjectInfo> objects, std::vector<LoadOfKey> loads, const std::string& prefix = "") {
  const auto findings = join(std::make_unique<ReplayedObjects>(std::move(objects)),
                             std::make_unique<ReplayedLoads>(std::move(loads)), {}, {"lake", prefix}, {});
  Merged result;
  while (const auto finding = findings->next()) result.keys.push_back(finding->key + ": " + short_names(*finding));
  result.summary = findings->summary();
  return result;
}

std::vector<std::string> keys_of(std::vector<ObjectInfo> objects, std::vector<LoadOfKey> loads,
                                 const std::string& prefix = "") {
  return merged(std::move(objects), std::move(loads), prefix).keys;
}

TEST(Merge, GivesEachKeyOnceWithAllItsLoads) {
  EXPECT_THAT(keys_of({object("a"), object("b"), object("d")}, {load("b"), load("b", "v0", 2), load("c"), load("e")}),
              ElementsAre("a: p", "b: ca", "c: cg", "d: p", "e: cg"));
  EXPECT_THAT(keys_of({}, {}), IsEmpty());
}

TEST(Merge, OrdersKeysByTheirBytes) {
  EXPECT_THAT(keys_of({object("a!"), object("a/b"), object("ab"), object("é")}, {load("a/b"), load("z"), load("é")}),
              ElementsAre("a!: p", "a/b: ca", "ab: p", "z: cg", "é: ca"));
}

TEST(Merge, RefusesWhatIsNotInOrder) {
  const auto refused = [](std::vector<ObjectInfo> objects, std::vector<LoadOfKey> loads) -> std::string {
    try {
      keys_of(std::move(objects), std::move(loads));
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::refused);
      return e.what();
    }
    return "nothing was refused";
  };
  EXPECT_THAT(refused({object("b"), object("a")}, {}), HasSubstr("s3://lake/ gave the key 'a' behind 'b'"));
  EXPECT_THAT(refused({object("a"), object("a")}, {}), HasSubstr("'a' behind 'a'"));
  EXPECT_THAT(refused({}, {load("b"), load("a")}), HasSubstr("the cluster gave the key 'a' behind 'b'"));
}

// 256 bytes with "s3://lake/".
const std::string kName(246, 'x');

TEST(Merge, GivesACutNameToTheKeyWithItsETagAndTime) {
  EXPECT_THAT(keys_of({object(kName + "1", "v1"), object(kName + "2", "v2"), object(kName + "3", "v3")},
                      {cut(load(kName, "v2"))}),
              ElementsAre(kName + "1: p", kName + "2: ca", kName + "3: p"));
  EXPECT_THAT(keys_of({object(kName, "v1"), object(kName + "2", "v2")}, {cut(load(kName, "v1"))}),
              ElementsAre(kName + ": ca", kName + "2: p"))
      << "a name of just so many bytes may be whole";
}

TEST(Merge, GivesACutNameWithoutETagToNoKeyForSure) {
  EXPECT_THAT(keys_of({object(kName + "1"), object(kName + "2")}, {cut(by_times(load(kName)))}),
              ElementsAre(kName + "1: ?", kName + "2: ?"));
}

TEST(Merge, ProvesACutNameOfTheFirstOfTwoEqualObjectsOnly) {
  EXPECT_THAT(keys_of({object(kName + "1"), object(kName + "2")}, {cut(load(kName))}),
              ElementsAre(kName + "1: ca", kName + "2: ?"));
}

TEST(Merge, KnowsACutNameThatTheLedgerHasToo) {
  LoadOfKey known = cut(load(kName + "1"));
  known.load.in_ledger = true;
  EXPECT_THAT(keys_of({object(kName + "1"), object(kName + "12")}, {known}),
              ElementsAre(kName + "1: ca", kName + "12: p"));
}

TEST(Merge, TakesACutNameThatNoKeyBeginsWithForGone) {
  const auto found = merged({object("y")}, {cut(load(kName))});
  EXPECT_THAT(found.keys, ElementsAre(kName + ": cg", "y: p"));
  EXPECT_THAT(found.summary.notes, IsEmpty());
}

TEST(Merge, CountsACutNameThatIsOfNoneOfItsKeys) {
  const auto found = merged({object(kName + "1", "v2")}, {cut(load(kName))});
  EXPECT_THAT(found.keys, ElementsAre(kName + "1: p"));
  EXPECT_THAT(found.summary.notes, ElementsAre(HasSubstr("1 committed load(s)")));
}

TEST(Merge, KnowsNamesThatAreCutBeforeACharacter) {
  const std::string name(244, 'x');  // 254 bytes; the next character has three
  EXPECT_THAT(keys_of({object(name + "€1")}, {cut(load(name))}), ElementsAre(name + "€1: ca"));
  EXPECT_THAT(keys_of({object(name + "11")}, {cut(load(name))}), ElementsAre(name + "11: p"))
      << "this one would have been whole";
}

TEST(Merge, GivesACutNameToAKeyBelowALongerPrefix) {
  const std::string prefix = kName + "longer/";
  EXPECT_THAT(keys_of({object(prefix + "1")}, {cut(load(kName))}, prefix), ElementsAre(prefix + "1: ca"));
  const auto found = merged({object(prefix + "1", "v2")}, {cut(load(kName))}, prefix);
  EXPECT_THAT(found.keys, ElementsAre(prefix + "1: p"));
  EXPECT_THAT(found.summary.notes, ElementsAre(HasSubstr("1 committed load(s)")));
  EXPECT_THAT(keys_of({}, {cut(load(kName))}, prefix), IsEmpty()) << "it may be of a key that is not below";
}

TEST(Merge, KnowsThatTheSystemTablesLeaveOutBlanks) {
  EXPECT_THAT(keys_of({object("a ", "v1")}, {load("a", "v1")}), ElementsAre("a : ca"));
  EXPECT_THAT(keys_of({object("a", "v2"), object("a ", "v1"), object("a  ", "v3")}, {load("a", "v1")}),
              ElementsAre("a: p", "a : ca", "a  : p"));
  EXPECT_THAT(keys_of({object("a", "v1"), object("a ", "v2")}, {by_times(load("a"))}), ElementsAre("a: ?", "a : ?"));
  EXPECT_THAT(keys_of({object("a", "v2"), object("a b", "v1")}, {load("a", "v1")}), ElementsAre("a: p", "a b: p"))
      << "these two are not shown alike, and a is overwritten or not; nothing says so for sure";
  EXPECT_THAT(keys_of({object("a"), object("aé")}, {by_times(load("a"))}), ElementsAre("a: ca", "aé: p"))
      << "no key of a and blanks could follow";
}

TEST(Merge, CountsKeysAndTheirBytes) {
  const auto summary = merged({object("a"), object("b"), object("c")}, {load("b"), load("bb")}).summary;
  EXPECT_EQ(summary.of(KeySet::in_bucket).keys, 3U);
  EXPECT_EQ(summary.of(KeySet::in_bucket).bytes, 30U);
  EXPECT_EQ(summary.of(KeySet::committed).keys, 2U);
  EXPECT_EQ(summary.of(KeySet::committed).bytes, 10U) << "what is gone has no bytes";
  EXPECT_EQ(summary.of(KeySet::gone).keys, 1U);
}

TEST(Merge, StopsWhenItIsAskedTo) {
  std::stop_source stop;
  const auto findings =
      join(std::make_unique<ReplayedObjects>(std::vector{object("a"), object("b")}),
           std::make_unique<ReplayedLoads>(std::vector<LoadOfKey>{}), {}, {"lake", ""}, stop.get_token());
  EXPECT_TRUE(findings->next());
  stop.request_stop();
  try {
    findings->next();
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::cancelled);
  }
}

class RunningLoads final : public Replayed<LoadOfKey, LoadStream> {
 public:
  RunningLoads(std::vector<LoadOfKey> loads, std::vector<RunningCopy> running)
      : Replayed(std::move(loads)), running_(std::move(running)) {}
  [[nodiscard]] std::vector<std::string> notes() const override { return {}; }
  [[nodiscard]] std::vector<RunningCopy> running() const override { return running_; }

 private:
  const std::vector<RunningCopy> running_;
};

TEST(Merge, LetsNothingGoThatARunningCopyMayRead) {
  const auto findings =
      join(std::make_unique<ReplayedObjects>(std::vector{object("a/1"), object("b/1")}),
           std::make_unique<RunningLoads>(
               std::vector{load("a/1"), load("b/1")},
               std::vector{RunningCopy{.query = 7, .from = "s3://lake/a", .table = "web.views"},
                           RunningCopy{.query = 8, .from = "s3://another/b"}, RunningCopy{.query = 9}}),
           {}, {"lake", ""}, {});
  const auto kept = findings->next();
  ASSERT_TRUE(kept);
  EXPECT_TRUE(kept->is_in(KeySet::already_committed));
  EXPECT_FALSE(kept->deletable);
  EXPECT_EQ(kept->why, "query 7 into web.views runs, and may read it");
  EXPECT_TRUE(findings->next()->deletable);
}

}  // namespace
}  // namespace penstock::reconcile
