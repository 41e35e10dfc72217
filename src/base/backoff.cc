#include "base/backoff.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace penstock {

Backoff::Backoff(std::chrono::milliseconds first, std::chrono::milliseconds most) : bound_(first), most_(most) {}

std::chrono::milliseconds Backoff::next() {
  std::uniform_int_distribution<std::chrono::milliseconds::rep> within(0, bound_.count());
  bound_ = std::min(bound_ * 2, most_);
  return std::chrono::milliseconds(within(random_));
}

bool Backoff::sleep(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, next(), [] { return false; });
  return !stop.stop_requested();
}

}  // namespace penstock
