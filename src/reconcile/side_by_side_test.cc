#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <random>
#include <set>

#include "penstock/error.h"
#include "reconcile/key_listing.h"
#include "store/faulty.h"

namespace penstock::reconcile {
namespace {

using testing::ElementsAreArray;
using testing::HasSubstr;
using Random = std::mt19937;

std::vector<std::string> keys_of(ObjectListing& listing) {
  std::vector<std::string> keys;
  while (auto object = listing.next()) keys.push_back(std::move(object->key));
  return keys;
}

std::vector<std::string> plain(ObjectStore& store, const std::string& prefix) { return keys_of(*store.list(prefix)); }

std::vector<std::string> side_by_side(ObjectStore& store, const std::string& prefix) {
  return keys_of(*list_side_by_side(store, prefix, {}));
}

// A store in memory whose listings are waited for, as often as a test wants it.
struct Lake {
  explicit Lake(std::unique_ptr<Buckets> inner = open_memory()) : buckets(make_faulty(std::move(inner), plan)) {
    buckets->create_bucket("lake");
    store = buckets->open("lake");
  }
  // Of 4 times that it is asked, a listing is ready so many times.
  void wait_often(unsigned seed, unsigned ready_of_four) {
    plan.set_ready(
        [random = std::make_shared<Random>(seed), ready_of_four] { return (*random)() % 4 < ready_of_four; });
  }
  void put(const std::string& key) const { write_all(*store, key, ""); }
  [[nodiscard]] std::size_t lists() const {
    std::size_t count = 0;
    for (const auto& call : plan.calls()) count += call.call == StoreCall::list ? 1 : 0;
    return count;
  }

  FaultPlan plan;
  std::unique_ptr<Buckets> buckets;
  std::unique_ptr<ObjectStore> store;
};

struct Shape {
  const char* name;
  std::function<std::string(int, Random&)> key;
};

std::vector<Shape> shapes() {
  return {
      {"numbers", [](int i, Random&) { return fmt::format("data-{:07}.csv", i); }},
      {"numbers of any length", [](int i, Random&) { return fmt::format("n/{}", i); }},
      {"days",
       [](int i, Random&) {
         return fmt::format("y={}/m={:02}/d={:02}/part-{:04}", 2014 + i / 5000, i / 400 % 12 + 1, i / 15 % 28 + 1,
                            i % 15);
       }},
      {"hashes", [](int, Random& random) { return fmt::format("{:08x}/{:08x}", random(), random()); }},
      {"one huge folder among small ones",
       [](int i, Random&) { return i % 50 == 0 ? fmt::format("{}/x", i) : fmt::format("30/{:06}", i); }},
      {"many tiny folders", [](int i, Random&) { return fmt::format("user-{}/profile.json", i * 7919 % 100'003); }},
      {"words",
       [](int, Random& random) {
         static constexpr std::string_view kWords[] = {
             "a", "a!", "a/", "b", "alice", "bob", "zoe", "/", "\u00e9t\u00e9", "100%", "x y", "\xF0\x9F\x98\x80",
             "-", "~"};
         std::string key;
         for (auto left = random() % 7 + 1; left > 0; --left) key += kWords[random() % std::size(kWords)];
         return key;
       }},
      {"deep",
       [](int i, Random&) {
         std::string key;
         for (int n = i; n > 0; n /= 4) key += fmt::format("{}/", n % 4);
         return key + "k";
       }},
  };
}

TEST(SideBySide, GivesWhatAPlainListingGivesOfAnyTree) {
  for (const Shape& shape : shapes()) {
    Lake lake;
    Random random(11);
    for (int i = 0; i < 12'000; ++i) lake.put(shape.key(i, random));
    const auto all = plain(*lake.store, "");
    for (const unsigned ready : {0U, 1U, 3U}) {
      lake.plan.clear();
      lake.wait_often(ready, ready);
      EXPECT_THAT(side_by_side(*lake.store, ""), ElementsAreArray(all)) << shape.name << ready;
      EXPECT_GT(lake.lists(), 1U) << shape.name << ": listed side by side";
      EXPECT_LE(lake.lists(), 1 + 3 + all.size() / 1000 / 4 + 1) << shape.name << ": and not for many more requests";
    }
    const std::string prefix = all[all.size() / 2].substr(0, 2);
    EXPECT_THAT(side_by_side(*lake.store, prefix), ElementsAreArray(plain(*lake.store, prefix))) << shape.name;
  }
}

// A guess of some pages more is a coarser one, and may be the lesser key.
TEST(SideBySide, NoRangeGoesBeyondTheOneBehindIt) {
  Lake lake;
  for (int i = 0; i < 100'000; ++i) lake.put(fmt::format("day={:05}/part-{:04}", i / 1000, i % 1000));
  const auto all = plain(*lake.store, "day=000");
  lake.wait_often(7, 2);
  EXPECT_TRUE(side_by_side(*lake.store, "day=000") == all);
}

TEST(SideBySide, GivesWhatAPlainListingGivesOfAFolder) {
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / fmt::format("side-{}", ::getpid());
  std::filesystem::create_directories(folder);
  {
    Lake lake(open_folder(folder.string()));
    for (int i = 0; i < 2'500; ++i) lake.put(fmt::format("d{}/{:04}", i % 3, i));
    for (const char* key : {"d1", "d1!", "d1/", "d10"}) lake.put(key);
    lake.wait_often(1, 0);
    EXPECT_THAT(side_by_side(*lake.store, ""), ElementsAreArray(plain(*lake.store, "")));
    EXPECT_GT(lake.lists(), 2U);
  }
  std::filesystem::remove_all(folder);
}

TEST(SideBySide, OfASmallBucketOrOneThatNeverWaitsIsAPlainListing) {
  Lake lake;
  for (int i = 0; i < 900; ++i) lake.put(fmt::format("{:05}", i));
  lake.wait_often(1, 0);
  EXPECT_EQ(side_by_side(*lake.store, "").size(), 900U);
  EXPECT_EQ(side_by_side(*lake.store, "none/").size(), 0U);
  EXPECT_EQ(lake.lists(), 2U);
  for (int i = 900; i < 5'000; ++i) lake.put(fmt::format("{:05}", i));
  lake.plan.clear();
  EXPECT_EQ(side_by_side(*lake.store, "").size(), 5'000U);
  EXPECT_EQ(lake.lists(), 1U);
}

// Keys are put and removed all over the bucket while it is listed.
TEST(SideBySide, GivesKeysThatStayOnceWhateverChangesMeanwhile) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    Lake lake;
    std::vector<std::string> staying;
    std::vector<std::string> going;
    for (int i = 0; i < 9'000; ++i) {
      staying.push_back(fmt::format("{}/{:03}", i / 300, i % 300 * 2));
      lake.put(staying.back());
      if (i % 3 == 0) going.push_back(staying.back() + "-");
    }
    for (const std::string& key : going) lake.put(key);
    std::ranges::sort(staying);
    lake.wait_often(seed, seed % 3);
    Random random(seed);
    std::set<std::string> seen;
    std::vector<std::string> stayed;
    const auto listing = list_side_by_side(*lake.store, "", {});
    while (const auto object = listing->next()) {
      EXPECT_TRUE(seen.insert(object->key).second) << object->key << " twice";
      EXPECT_EQ(*seen.rbegin(), object->key) << "in order";
      if (std::ranges::binary_search(staying, object->key)) stayed.push_back(object->key);
      if (random() % 4 == 0) lake.store->remove(std::vector<std::string>{going[random() % going.size()]});
      if (random() % 4 == 0) lake.put(fmt::format("{}/{:03}+", random() % 30, random() % 600));
    }
    EXPECT_THAT(stayed, ElementsAreArray(staying));
  }
}

TEST(SideBySide, EndsWithTheFirstFailureOfAnyPart) {
  Lake lake;
  for (int i = 0; i < 12'000; ++i) lake.put(fmt::format("{:05}", i));
  for (const int nth : {1, 1'500, 4'000, 9'000}) {
    lake.plan.clear();
    lake.wait_often(1, 2);
    lake.plan.add({.call = StoreCall::list_next, .nth = nth, .message = "lost"});
    const auto listing = list_side_by_side(*lake.store, "", {});
    try {
      keys_of(*listing);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::unavailable);
      EXPECT_THAT(e.what(), HasSubstr("lost"));
    }
  }
}

TEST(SideBySide, StopsWhenAsked) {
  Lake lake;
  for (int i = 0; i < 3'000; ++i) lake.put(fmt::format("{:05}", i));
  std::stop_source stop;
  const auto listing = list_side_by_side(*lake.store, "", stop.get_token());
  ASSERT_TRUE(listing->next());
  stop.request_stop();
  try {
    keys_of(*listing);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::cancelled);
  }
}

}  // namespace
}  // namespace penstock::reconcile
