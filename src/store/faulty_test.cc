#include "store/faulty.h"

#include <gmock/gmock.h>

#include "store/conformance.h"

namespace penstock {
namespace {

class FaultlessOnTrial final : public StoreOnTrial {
 public:
  Buckets& buckets() override { return *buckets_; }

 private:
  FaultPlan plan_;
  std::unique_ptr<Buckets> buckets_ = make_faulty(open_memory(), plan_);
};

std::unique_ptr<StoreOnTrial> start_faultless() { return std::make_unique<FaultlessOnTrial>(); }

INSTANTIATE_TEST_SUITE_P(Faultless, StoreConformance, testing::Values(&start_faultless));

class Faulty : public testing::Test {
 protected:
  Faulty() {
    buckets_->create_bucket("lake");
    store_ = buckets_->open("lake");
    plan_.clear();
  }
  FaultPlan plan_;
  std::unique_ptr<Buckets> buckets_ = make_faulty(open_memory(), plan_);
  std::unique_ptr<ObjectStore> store_;
};

TEST_F(Faulty, FailsTheNthCallThatFits) {
  plan_.add({.call = StoreCall::head, .nth = 2, .key_contains = "b", .kind = ErrorKind::denied});
  store_->head("a");
  store_->head("b");
  store_->head("a");
  EXPECT_THROW(store_->head("b"), Error);
  EXPECT_EQ(store_->head("b"), std::nullopt) << "once";
}

TEST_F(Faulty, CanFailAfterTheWorkIsDone) {
  plan_.add({.call = StoreCall::commit, .when = Fault::When::after});
  EXPECT_THROW(write_all(*store_, "k", "x"), Error);
  EXPECT_EQ(read_all(*store_, "k", 10), "x");
}

TEST_F(Faulty, CanActInPlaceOfFailing) {
  const ObjectInfo object = write_all(*store_, "k", "old");
  plan_.add({.call = StoreCall::open, .act = [&] { write_all(*store_, "k", "new"); }});
  try {
    read_all(*store_, object, 10);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::conflict);
  }
}

TEST_F(Faulty, CountsTheCallsOfACleanRun) {
  write_all(*store_, "k", "x");
  std::vector<StoreCall> seen;
  for (const auto& call : plan_.calls()) seen.push_back(call.call);
  EXPECT_THAT(seen, testing::ElementsAre(StoreCall::create, StoreCall::write, StoreCall::commit));
}

}  // namespace
}  // namespace penstock
