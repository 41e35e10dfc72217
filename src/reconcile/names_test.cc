#include <gtest/gtest.h>

#include "penstock/reconcile.h"

namespace penstock {
namespace {

TEST(KeySetNames, AreReadBack) {
  for (std::size_t i = 0; i < kKeySets; ++i) {
    const auto set = static_cast<KeySet>(i);
    EXPECT_EQ(key_set(name_of(set)), set) << name_of(set);
  }
}

TEST(KeySetNames, HaveShortOnes) {
  EXPECT_EQ(key_set("pending"), KeySet::pending);
  EXPECT_EQ(key_set("already-committed"), KeySet::already_committed);
  EXPECT_EQ(key_set("rolled-back"), KeySet::rolled_back);
  EXPECT_EQ(key_set("nothing"), std::nullopt);
}

}  // namespace
}  // namespace penstock
