#include "reconcile/key_sorter.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "penstock/error.h"
#include "store/temp_folder.h"

namespace penstock::reconcile {
namespace {

ObjectInfo object(std::string key, std::uint64_t n = 7) {
  return {.key = std::move(key),
          .size = n,
          .etag = fmt::format("etag-{}", n),
          .last_modified = std::chrono::sys_seconds(std::chrono::seconds(n))};
}

std::vector<std::string> keys_of(ObjectListing& listing) {
  std::vector<std::string> keys;
  while (auto found = listing.next()) keys.push_back(std::move(found->key));
  return keys;
}

class KeySorterTest : public testing::Test {
 protected:
  // Sorts shuffled keys; what it gives are these, in order.
  void sorts(std::size_t count, std::size_t memory) {
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < count; ++i) keys.push_back(fmt::format("k/{}{}", i, std::string(i % 40, 'x')));
    std::ranges::shuffle(keys, std::mt19937(3));
    KeySorter sorter(folder_.path().string(), memory);
    for (const std::string& key : keys) sorter.add(object(key, key.size()));
    const auto listing = sorter.sorted();
    std::ranges::sort(keys);
    for (const std::string& key : keys) {
      const auto found = listing->next();
      ASSERT_TRUE(found);
      ASSERT_EQ(found->key, key);
      ASSERT_EQ(found->etag, object(key, key.size()).etag);
      ASSERT_EQ(found->size, key.size());
      ASSERT_EQ(found->last_modified, object(key, key.size()).last_modified);
    }
    EXPECT_FALSE(listing->next());
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path())) << "its files have no name";
  }

  TempFolder folder_;
};

TEST_F(KeySorterTest, SortsInMemoryWhatFits) { sorts(1'000, 16 << 20); }
TEST_F(KeySorterTest, SortsOnDiskWhatDoesNot) { sorts(20'000, 64 << 10); }
TEST_F(KeySorterTest, MergesMoreRunsThanItReadsAtOnce) { sorts(20'000, 4 << 10); }

TEST_F(KeySorterTest, OfNothingIsNothing) {
  KeySorter sorter(folder_.path().string());
  EXPECT_FALSE(sorter.sorted()->next());
}

TEST_F(KeySorterTest, KeepsWhatHasOneKeyTogether) {
  KeySorter sorter(folder_.path().string(), 1);  // each a run
  for (const char* key : {"b", "a", "b", "c", "a", "b"}) sorter.add(object(key));
  EXPECT_EQ(keys_of(*sorter.sorted()), (std::vector<std::string>{"a", "a", "b", "b", "b", "c"}));
}

TEST_F(KeySorterTest, KeepsWordsOfAnyLength) {
  KeySorter sorter(folder_.path().string(), 1);
  std::vector<std::string> keys;
  for (const std::size_t size : {0UL, 1UL, 1024UL, 65'535UL}) keys.emplace_back(size, 'k');
  for (const std::string& key : {keys[3], keys[1], keys[0], keys[2]}) sorter.add(object(key));
  EXPECT_EQ(keys_of(*sorter.sorted()), keys);
}

TEST(KeySorter, NamesTheFolderThatItCantWriteIn) {
  KeySorter sorter("/nowhere/at all", 1);
  try {
    sorter.add(object("k"));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::unavailable);
    EXPECT_STREQ(e.what(),
                 "sort keys: make a file in /nowhere/at all: No such file or directory; TMPDIR names another folder");
  }
}

}  // namespace
}  // namespace penstock::reconcile
