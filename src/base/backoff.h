// How long to wait before the next try: exponential, with full jitter, capped.
#pragma once

#include <chrono>
#include <random>
#include <stop_token>

namespace penstock {

class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds most);
  // The n-th call gives a random time in [0, min(most, first * 2^n)].
  std::chrono::milliseconds next();
  // Sleeps for next(); false if stop was requested meanwhile.
  bool sleep(const std::stop_token& stop);

 private:
  std::chrono::milliseconds bound_;
  const std::chrono::milliseconds most_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace penstock
