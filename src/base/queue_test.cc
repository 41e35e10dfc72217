#include "base/queue.h"

#include <gtest/gtest.h>

#include <thread>

namespace penstock {
namespace {

TEST(Queue, HandsOutItemsInOrderAndThenTheEnd) {
  Queue<int> queue(2);
  EXPECT_TRUE(queue.push(1));
  EXPECT_TRUE(queue.push(2));
  queue.close();
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), 2);
  EXPECT_EQ(queue.pop(), std::nullopt);
  EXPECT_FALSE(queue.push(3)) << "closed";
}

TEST(Queue, BlocksThePusherWhileFull) {
  Queue<int> queue(1);
  std::jthread pusher([&] {
    for (int i = 0; i < 1000; ++i) queue.push(i);
    queue.close();
  });
  int expected = 0;
  while (const auto item = queue.pop()) EXPECT_EQ(*item, expected++);
  EXPECT_EQ(expected, 1000);
}

TEST(Queue, WakesWhoWaitsWhenStopIsRequested) {
  Queue<int> queue(1);
  std::stop_source stop;
  std::jthread popper([&] { EXPECT_EQ(queue.pop(stop.get_token()), std::nullopt); });
  stop.request_stop();
}

}  // namespace
}  // namespace penstock
