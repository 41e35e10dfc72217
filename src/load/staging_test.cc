#include "load/staging.h"

#include <gmock/gmock.h>

#include "load/attempt.h"
#include "penstock/error.h"
#include "store/faulty.h"

namespace penstock {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Environment environment_of(const std::string& base_path) {
  return [base_path](std::string_view name) {
    return name == "PENSTOCK_S3_BASE_PATH" && !base_path.empty() ? std::optional(base_path) : std::nullopt;
  };
}

std::vector<std::string> keys(ObjectStore& store) {
  std::vector<std::string> found;
  const auto listing = store.list("");
  while (const auto object = listing->next()) found.push_back(object->key);
  return found;
}

class StagingTest : public testing::Test {
 protected:
  StagingTest() {
    buckets_->create_bucket("analytics");
    store_ = buckets_->open("analytics");
  }
  Staging staging(const Target& target = target_of("api_hits", "pages"), std::string_view database = "here") {
    return {*buckets_, {"analytics", "_penstock/"}, target, database, silence()};
  }

  FaultPlan plan_;
  std::unique_ptr<Buckets> buckets_ = make_faulty(open_memory(), plan_);
  std::unique_ptr<ObjectStore> store_;
};

TEST(StagingBase, IsBesideTheDataUnlessSaidOtherwise) {
  const auto beside = staging_base(environment_of(""), "analytics");
  EXPECT_EQ(beside.bucket, "analytics");
  EXPECT_EQ(beside.prefix, "_penstock/");
  const auto elsewhere = staging_base(environment_of("s3://scratch/of/ours"), "analytics");
  EXPECT_EQ(elsewhere.bucket, "scratch");
  EXPECT_EQ(elsewhere.prefix, "of/ours/");
  EXPECT_EQ(staging_base(environment_of("s3://scratch"), "analytics").prefix, "");
  EXPECT_THROW(staging_base(environment_of("/tmp"), "analytics"), Error);
}

TEST_F(StagingTest, WritesAManifestAndRemovesIt) {
  Staging ours = staging();
  ours.write_manifest("attempt", "{}");
  ASSERT_THAT(keys(*store_), ElementsAre(testing::EndsWith("/attempt/manifest.json")));
  EXPECT_EQ(ours.manifest_uri("attempt"), store_->uri_of(keys(*store_).front()));
  ours.remove("attempt", {});
  EXPECT_THAT(keys(*store_), IsEmpty());
}

TEST_F(StagingTest, TakesItsOwnManifestForItsOwnWhenTheAnswerWasLost) {
  Staging ours = staging();
  ours.write_manifest("attempt", "{}");
  EXPECT_NO_THROW(ours.write_manifest("attempt", "{}"));
  EXPECT_THROW(ours.write_manifest("attempt", "{ }"), Error) << "somebody else's under our id";
}

TEST_F(StagingTest, FindsWhatOtherAttemptsOnTheTargetLeft) {
  Staging ours = staging();
  ours.write_manifest("first", "{}");
  ours.write_manifest("second", "{}");
  const auto left = ours.leftovers("second");
  EXPECT_THAT(left, ElementsAre(testing::HasSubstr("/first/")));
  EXPECT_THAT(ours.leftovers("third"), IsEmpty()) << "it looks once";
  ours.remove("second", left);
  EXPECT_THAT(keys(*store_), IsEmpty());
}

TEST_F(StagingTest, LeavesAloneWhatIsNotItsTargetsOnItsDatabase) {
  write_all(*store_, "_penstock/notes.txt", "x");
  write_all(*store_, "api_hits_pages_2015-07-01T00:00:00Z.json", "x");
  Staging sessions = staging(target_of("api_hits", "sessions"));
  Staging elsewhere = staging(target_of("api_hits", "pages"), "another database");
  sessions.write_manifest("a", "{}");
  elsewhere.write_manifest("b", "{}");
  EXPECT_THAT(staging().leftovers("c"), IsEmpty());
}

TEST_F(StagingTest, ThatCannotBeTidiedFailsNothing) {
  Staging ours = staging();
  ours.write_manifest("attempt", "{}");
  plan_.add({.call = StoreCall::remove, .nth = 0});
  plan_.add({.call = StoreCall::list, .nth = 0, .kind = ErrorKind::denied});
  EXPECT_THAT(ours.leftovers("other"), IsEmpty());
  ours.remove("attempt", {});
  plan_.clear();
  EXPECT_THAT(staging().leftovers("other"), testing::SizeIs(1)) << "the next load finds it";
}

TEST(Target, IsOneHoweverItsNameIsSpelled) {
  EXPECT_EQ(target_of("API_hits", "Pages").id, target_of("api_hits", "pages").id);
  EXPECT_NE(target_of("api", "hits_pages").id, target_of("api_hits", "pages").id);
  EXPECT_NE(target_of("a", "b").id, target_of("ab", "").id);
  EXPECT_EQ(target_of("API_hits", "Pages").text(), "api_hits.pages");
  EXPECT_THAT(target_of("a", "b").lock_table().name, testing::MatchesRegex("lk_[0-9a-f]{16}"));
}

}  // namespace
}  // namespace penstock
