#include <fmt/format.h>
#include <gmock/gmock.h>

#include "reconcile/acts_trial.h"

namespace penstock::reconcile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CopyCommitted : public ActsTrial {
 protected:
  ActsSummary copy(const CopyOptions& options = {.source = "s3://lake/in", .target = "s3://archive/old"}) {
    ReplayedFindings findings(findings_);
    return copy_committed(findings, options, context());
  }
  ObjectInfo at_target(const std::string& key) { return archive_->head(key).value(); }
};

TEST_F(CopyCommitted, CopiesWhatIsCommittedWithItsPath) {
  committed("in/1/a", "one");
  committed("in/2/a", "two");
  pending("in/b");
  const ActsSummary summary = copy();
  EXPECT_EQ(summary.of(ActResult::copied).keys, 2U);
  EXPECT_EQ(summary.of(ActResult::copied).bytes, 6U);
  EXPECT_FALSE(summary.stopped);
  EXPECT_THAT(keys_of(*archive_), ElementsAre("old/1/a", "old/2/a"));
  EXPECT_EQ(read_all(*archive_, "old/2/a", 10), "two");
  EXPECT_EQ(acts_.at("in/1/a").target, "s3://archive/old/1/a");
  EXPECT_EQ(result_of("in/b"), "nothing");
}

TEST_F(CopyCommitted, MarksTheCopyBesideTheMetadataOfItsOriginal) {
  write_all(*lake_, "in/a", "bytes", {.metadata = {{"owner", "you"}}});
  KeyFinding finding = committed("in/b");
  finding.key = "in/a";
  finding.object = lake_->head("in/a");
  findings_ = {finding};
  EXPECT_EQ(copy().of(ActResult::copied).keys, 1U);
  EXPECT_EQ(at_target("old/a").metadata,
            (std::map<std::string, std::string>{{"owner", "you"}, {"penstock-copied-etag", finding.object->etag}}));
}

TEST_F(CopyCommitted, FindsWhatItCopiedBefore) {
  committed("in/a");
  copy();
  const auto first = at_target("old/a");
  plan_.clear();
  EXPECT_EQ(copy().of(ActResult::there_already).keys, 1U);
  for (const FaultPlan::Call& call : plan_.calls()) EXPECT_NE(call.call, StoreCall::copy);
  EXPECT_EQ(at_target("old/a").last_modified, first.last_modified);
}

TEST_F(CopyCommitted, NeverOverwritesAnotherObjectAndGoesOn) {
  committed("in/a");
  committed("in/b");
  write_all(*archive_, "old/a", "other");
  const ActsSummary summary = copy();
  EXPECT_EQ(result_of("in/a"), "taken");
  EXPECT_EQ(result_of("in/b"), "copied");
  EXPECT_EQ(read_all(*archive_, "old/a", 10), "other");
  EXPECT_THAT(acts_.at("in/a").reason, HasSubstr("another object is there"));
  EXPECT_FALSE(summary.stopped);
}

TEST_F(CopyCommitted, OneThatTakesTheTargetMeanwhileKeepsIt) {
  committed("in/a");
  plan_.add({.call = StoreCall::copy, .act = [this] { write_all(*archive_, "old/a", "other"); }});
  copy();
  EXPECT_EQ(result_of("in/a"), "taken");
  EXPECT_EQ(read_all(*archive_, "old/a", 10), "other");
}

TEST_F(CopyCommitted, OneThatMakesTheSameCopyMeanwhileIsWelcome) {
  const KeyFinding finding = committed("in/a");
  plan_.add({.call = StoreCall::copy, .act = [&] { archive_->copy(*finding.object, *lake_, "old/a"); }});
  copy();
  EXPECT_EQ(result_of("in/a"), "there_already");
}

TEST_F(CopyCommitted, CopiesTheVersionThatWasFoundOrNone) {
  committed("in/a");
  committed("in/b");
  write_all(*lake_, "in/a", "newer");
  lake_->remove(std::vector<std::string>{"in/b"});
  copy();
  EXPECT_EQ(result_of("in/a"), "changed");
  EXPECT_EQ(result_of("in/b"), "gone");
  EXPECT_THAT(keys_of(*archive_), IsEmpty());
}

TEST_F(CopyCommitted, SaysCopiedOnlyOfWhatIsThere) {
  committed("in/a");
  committed("in/b");
  plan_.add({.call = StoreCall::copy, .key_contains = "old/a", .when = Fault::When::after, .act = [this] {
               write_all(*archive_, "old/a", "other");
             }});
  plan_.add({.call = StoreCall::copy, .key_contains = "old/b", .when = Fault::When::after, .act = [this] {
               archive_->remove(std::vector<std::string>{"old/b"});
             }});
  copy();
  EXPECT_EQ(result_of("in/a"), "taken");
  EXPECT_EQ(result_of("in/b"), "failed");
}

TEST_F(CopyCommitted, WhatFailsForOneKeyStopsNoOther) {
  for (const char* key : {"in/a", "in/b", "in/c"}) committed(key);
  plan_.add({.call = StoreCall::copy, .key_contains = "old/b", .kind = ErrorKind::denied, .message = "no"});
  const ActsSummary summary = copy();
  EXPECT_EQ(summary.of(ActResult::copied).keys, 2U);
  EXPECT_EQ(result_of("in/b"), "failed");
  EXPECT_EQ(acts_.at("in/b").reason, "no");
  EXPECT_FALSE(summary.stopped);
}

TEST_F(CopyCommitted, StopsWhereAllWouldFail) {
  for (int i = 0; i < 300; ++i) committed(fmt::format("in/{:03}", i));
  plan_.add({.call = StoreCall::copy, .nth = 0, .kind = ErrorKind::denied, .message = "no"});
  const ActsSummary denied = copy();
  ASSERT_TRUE(denied.stopped);
  EXPECT_EQ(denied.stopped->kind(), ErrorKind::denied);
  EXPECT_LT(denied.of(ActResult::failed).keys, 120U);
  plan_.clear();
  plan_.add({.call = StoreCall::copy, .nth = 3, .kind = ErrorKind::unavailable});
  const ActsSummary unavailable = copy();
  ASSERT_TRUE(unavailable.stopped);
  EXPECT_EQ(unavailable.stopped->kind(), ErrorKind::unavailable);
  EXPECT_LT(unavailable.of(ActResult::copied).keys, 40U);
  plan_.clear();
  EXPECT_FALSE(copy().stopped);
  EXPECT_EQ(keys_of(*archive_).size(), 300U) << "run again, it finishes";
}

TEST_F(CopyCommitted, StopsWhenAsked) {
  for (int i = 0; i < 300; ++i) committed(fmt::format("in/{:03}", i));
  plan_.add({.call = StoreCall::copy, .nth = 20, .act = [this] { stop_.request_stop(); }});
  const ActsSummary summary = copy();
  ASSERT_TRUE(summary.stopped);
  EXPECT_EQ(summary.stopped->kind(), ErrorKind::cancelled);
  EXPECT_EQ(summary.of(ActResult::copied).keys, keys_of(*archive_).size()) << "what was done is said";
  EXPECT_LT(summary.of(ActResult::copied).keys, 60U);
}

TEST_F(CopyCommitted, ADryRunCopiesNothing) {
  committed("in/a");
  committed("in/b");
  write_all(*archive_, "old/b", "other");
  copy({.source = "s3://lake/in", .target = "s3://archive/old", .dry_run = true});
  EXPECT_EQ(result_of("in/a"), "planned");
  EXPECT_EQ(result_of("in/b"), "taken");
  EXPECT_THAT(keys_of(*archive_), ElementsAre("old/b"));
}

TEST_F(CopyCommitted, AMissingBucketFailsBeforeAnyKey) {
  committed("in/a");
  EXPECT_THROW(copy({.source = "s3://lake/in", .target = "s3://nowhere/old"}), Error);
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(CopyCommitted, AStorageClassReachesTheStore) {
  committed("in/a");
  copy({.source = "s3://lake/in", .target = "s3://archive/old", .storage_class = "GLACIER_IR"});
  EXPECT_EQ(result_of("in/a"), "failed");
  EXPECT_THAT(acts_.at("in/a").reason, HasSubstr("only S3 has storage classes"));
}

TEST(ProblemsOfCopy, AreSaid) {
  EXPECT_THAT(problems_of(CopyOptions{.source = "s3://lake/in", .target = "s3://lake/in/old"}),
              ElementsAre(HasSubstr("lies below")));
  EXPECT_THAT(problems_of(CopyOptions{.source = "s3://lake/in", .target = "s3://archive"}), IsEmpty());
}

}  // namespace
}  // namespace penstock::reconcile
