#include "penstock/sweep.h"

#include <gmock/gmock.h>

#include <memory>

#include "load/attempt.h"
#include "penstock/error.h"
#include "store/faulty.h"

namespace penstock {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> keys(ObjectStore& store) {
  std::vector<std::string> found;
  const auto listing = store.list("");
  while (const auto object = listing->next()) found.push_back(object->key);
  return found;
}

class SweepTest : public testing::Test {
 protected:
  SweepTest() {
    buckets_->create_bucket("scratch");
    store_ = buckets_->open("scratch");
  }

  SweepOutcome sweep(std::chrono::seconds older_than, bool dry_run = false) {
    const Environment environment = [](std::string_view name) {
      return name == "PENSTOCK_S3_BASE_PATH" ? std::optional<std::string>("s3://scratch/of/ours") : std::nullopt;
    };
    return penstock::sweep({.older_than = older_than, .dry_run = dry_run}, *buckets_, environment, silence());
  }

  // An object, and an upload that nobody completes or aborts while the test runs.
  std::string killed_run() {
    const std::string folder = "of/ours/staged/" + new_id() + "/";
    write_all(*store_, folder + "part-0", "0123456789");
    abandoned_.push_back(store_->create(folder + "part-1"));
    return folder;
  }

  FaultPlan plan_;
  std::unique_ptr<Buckets> buckets_ = make_faulty(open_memory(), plan_);
  std::unique_ptr<ObjectStore> store_;
  std::vector<std::unique_ptr<ObjectWriter>> abandoned_;
};

TEST_F(SweepTest, RemovesObjectsAndUploadsOfARunThatWroteNothingForSoLong) {
  const std::string folder = killed_run();
  write_all(*store_, "of/ours/0123456789abcdef/" + new_id() + "/manifest.json", "{}");
  const SweepOutcome outcome = sweep(0s);
  ASSERT_THAT(outcome.leftovers, SizeIs(2));
  const Leftover& upsert = outcome.leftovers.back();
  EXPECT_EQ(upsert.uri, "s3://scratch/" + folder);
  EXPECT_EQ(upsert.status, LeftoverStatus::removed);
  EXPECT_EQ(upsert.objects, 1U);
  EXPECT_EQ(upsert.bytes, 10U);
  EXPECT_EQ(upsert.uploads, 1U);
  EXPECT_EQ(outcome.leftovers.front().status, LeftoverStatus::removed);
  EXPECT_THAT(keys(*store_), IsEmpty()) << "nor does what asked for the time stay";
  EXPECT_THAT(store_->open_uploads(""), IsEmpty());
}

TEST_F(SweepTest, KeepsWhatIsYounger) {
  killed_run();
  const SweepOutcome outcome = sweep(1h);
  ASSERT_THAT(outcome.leftovers, SizeIs(1));
  EXPECT_EQ(outcome.leftovers[0].status, LeftoverStatus::young);
  EXPECT_THAT(keys(*store_), SizeIs(1));
  EXPECT_THAT(store_->open_uploads(""), SizeIs(1));
}

TEST_F(SweepTest, OnlySaysWhatItWouldRemoveInADryRun) {
  killed_run();
  EXPECT_EQ(sweep(0s, true).leftovers.at(0).status, LeftoverStatus::planned);
  EXPECT_THAT(keys(*store_), SizeIs(1));
  EXPECT_THAT(store_->open_uploads(""), SizeIs(1));
}

TEST_F(SweepTest, LeavesAloneAndNamesWhatIsNotOfItsShape) {
  write_all(*store_, "of/ours/notes.txt", "mine");
  write_all(*store_, "of/ours/staged/today/part-0", "mine");
  write_all(*store_, "of/others/staged/" + new_id() + "/part-0", "another base's");
  const SweepOutcome outcome = sweep(0s);
  EXPECT_THAT(outcome.leftovers, IsEmpty());
  EXPECT_EQ(outcome.others, 2U);
  EXPECT_THAT(outcome.some_others,
              ElementsAre("s3://scratch/of/ours/notes.txt", "s3://scratch/of/ours/staged/today/part-0"));
  EXPECT_THAT(keys(*store_), SizeIs(3));
}

TEST_F(SweepTest, GoesOnWithTheOthersWhenOneIsNotToBeHad) {
  const std::string folder = "of/ours/staged/" + new_id() + "/";
  write_all(*store_, folder + "part-0", "x");
  write_all(*store_, "of/ours/staged/" + new_id() + "/part-0", "x");
  plan_.add({.call = StoreCall::remove,
             .nth = 0,
             .key_contains = folder,
             .kind = ErrorKind::denied,
             .message = "Access Denied"});
  const SweepOutcome outcome = sweep(0s);
  ASSERT_THAT(outcome.leftovers, SizeIs(2));
  for (const Leftover& leftover : outcome.leftovers) {
    const bool denied = leftover.uri == "s3://scratch/" + folder;
    EXPECT_EQ(leftover.status, denied ? LeftoverStatus::failed : LeftoverStatus::removed);
    EXPECT_THAT(leftover.reason, denied ? HasSubstr("Access Denied") : HasSubstr(""));
  }
  EXPECT_THAT(keys(*store_), ElementsAre(folder + "part-0"));
}

TEST_F(SweepTest, SaysWhichBucketCantBeSwept) {
  try {
    penstock::sweep({.bucket = "nothing"}, *buckets_, [](std::string_view) { return std::nullopt; }, silence());
    FAIL() << "swept a bucket that is not there";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::not_found);
    EXPECT_THAT(e.what(), HasSubstr("sweep s3://nothing/_penstock/"));
  }
}

}  // namespace
}  // namespace penstock
