// Work of which each piece stands for itself, some of it at a time.
//
// Threads: the caller's and `most` - 1 others, which end before it returns. Errors: the first that a piece throws; no
// further piece is begun then.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <thread>
#include <vector>

#include "base/guarded.h"

namespace penstock {

// work(0) … work(count - 1), begun in this order.
template <typename Work>
void in_parallel(std::size_t count, std::size_t most, const Work& work) {
  std::atomic<std::size_t> next = 0;
  Guarded<std::exception_ptr> failure;
  const auto run = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        next = count;
        failure.with([](std::exception_ptr& first) {
          if (!first) first = std::current_exception();
        });
      }
    }
  };
  {
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < std::min(count, most); ++i) others.emplace_back(run);
    run();
  }
  failure.with([](const std::exception_ptr& first) {
    if (first) std::rethrow_exception(first);
  });
}

}  // namespace penstock
