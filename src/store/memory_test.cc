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

}  // namespace
}  // namespace penstock
