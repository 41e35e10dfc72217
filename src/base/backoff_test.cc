#include "base/backoff.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, GrowsToItsCapAndNeverBeyond) {
  Backoff backoff(milliseconds(10), milliseconds(40));
  for (const int bound : {10, 20, 40, 40, 40}) EXPECT_LE(backoff.next(), milliseconds(bound));
}

TEST(Backoff, SleepEndsWhenStopIsRequested) {
  std::stop_source stop;
  stop.request_stop();
  Backoff backoff(std::chrono::hours(1), std::chrono::hours(1));
  EXPECT_FALSE(backoff.sleep(stop.get_token()));
}

}  // namespace
}  // namespace penstock
