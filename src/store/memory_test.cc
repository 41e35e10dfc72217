#include "penstock/error.h"
#include "store/conformance.h"

namespace penstock {
namespace {

class MemoryOnTrial final : public StoreOnTrial {
 public:
  Buckets& buckets() override { return *buckets_; }

 private:
  std::unique_ptr<Buckets> buckets_ = open_memory();
};

std::unique_ptr<StoreOnTrial> start_memory() { return std::make_unique<MemoryOnTrial>(); }

INSTANTIATE_TEST_SUITE_P(Memory, StoreConformance, testing::Values(&start_memory));

TEST(MemoryStore, HasOneStorageClass) {
  const auto buckets = open_memory();
  buckets->create_bucket("lake");
  const auto store = buckets->open("lake");
  const ObjectInfo object = write_all(*store, "k", "x");
  EXPECT_THROW(write_all(*store, "k2", "x", {.storage_class = "GLACIER"}), Error);
  EXPECT_THROW(store->copy(object, *store, "k2", {.storage_class = "GLACIER"}), Error);
  EXPECT_EQ(store->head("k2"), std::nullopt);
}

}  // namespace
}  // namespace penstock
