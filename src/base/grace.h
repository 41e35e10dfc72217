// A stop that comes later: what is asked to stop may still tidy up after itself, for a while.
//
// Threads: one of its own. Errors: none. Lifetime: as long as what it stops.
#pragma once

#include <chrono>
#include <stop_token>
#include <thread>

namespace penstock {

class Grace {
 public:
  // Requests its own stop so long after `first` was requested.
  Grace(std::stop_token first, std::chrono::milliseconds length);

  [[nodiscard]] std::stop_token stop() const noexcept { return later_.get_token(); }

 private:
  std::stop_source later_;
  std::jthread waiting_;
};

}  // namespace penstock
