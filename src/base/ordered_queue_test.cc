#include "base/ordered_queue.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>
#include <stop_token>
#include <thread>
#include <vector>

namespace penstock {
namespace {

TEST(OrderedQueue, GivesInTheOrderOfPlacesWhateverIsPutFirst) {
  OrderedQueue<int> queue(4);
  for (std::uint64_t place = 0; place < 4; ++place) EXPECT_EQ(queue.begin(), place);
  queue.put(2, 30);
  queue.end(2);
  queue.put(0, 10);
  EXPECT_EQ(queue.pop(), 10);
  queue.put(0, 11);
  queue.end(0);
  queue.end(1);  // without an item
  EXPECT_EQ(queue.pop(), 11);
  EXPECT_EQ(queue.pop(), 30);
  queue.put(3, 40);
  queue.close();
  EXPECT_EQ(queue.pop(), 40);
  queue.end(3);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(OrderedQueue, HoldsOneItemOfAPlace) {
  OrderedQueue<int> queue(2);
  std::vector<int> taken;
  {
    const std::jthread maker([&] {
      const auto place = queue.begin();
      for (int i = 0; i < 100; ++i) queue.put(*place, i);
      queue.end(*place);
      queue.close();
    });
    while (const auto item = queue.pop()) taken.push_back(*item);
  }
  ASSERT_EQ(taken.size(), 100);
  EXPECT_TRUE(std::ranges::is_sorted(taken));
}

TEST(OrderedQueue, BeginsNoMoreThanItsCapacity) {
  OrderedQueue<int> queue(2);
  std::vector<int> taken;
  {
    const std::jthread maker([&] {
      for (int i = 0; i < 100; ++i) {
        const auto place = queue.begin();
        ASSERT_TRUE(place);
        queue.put(*place, i);
        queue.end(*place);
      }
      queue.close();
    });
    while (const auto item = queue.pop()) taken.push_back(*item);
  }
  ASSERT_EQ(taken.size(), 100);
  EXPECT_TRUE(std::ranges::is_sorted(taken));
}

TEST(OrderedQueue, AStopEndsTheWaits) {
  OrderedQueue<int> queue(1);
  std::stop_source stop;
  EXPECT_TRUE(queue.begin(stop.get_token()));
  const std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_EQ(queue.begin(stop.get_token()), std::nullopt) << "it is full";
  EXPECT_EQ(queue.pop(stop.get_token()), std::nullopt) << "nothing was put";
  EXPECT_TRUE(queue.put(0, 1));
  EXPECT_FALSE(queue.put(0, 2, stop.get_token())) << "the first was not taken";
}

}  // namespace
}  // namespace penstock
