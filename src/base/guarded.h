// A value that can be touched only while its mutex is held.
//
//     Guarded<std::vector<int>> seen;
//     seen.with([](auto& s) { s.push_back(1); });
#pragma once

#include <condition_variable>
#include <mutex>
#include <utility>

namespace penstock {

template <typename T>
class Guarded {
 public:
  Guarded() = default;
  explicit Guarded(T value) : value_(std::move(value)) {}

  template <typename F>
  decltype(auto) with(F&& use) {
    const std::scoped_lock lock(mutex_);
    return std::forward<F>(use)(value_);
  }

  // Uses the value and wakes who waits on it: while the lock is held, as who wakes may end this object.
  template <typename F>
  decltype(auto) change(F&& use) {
    struct Wake {
      std::condition_variable_any& changed;
      explicit Wake(std::condition_variable_any& condition) : changed(condition) {}
      Wake(const Wake&) = delete;
      Wake& operator=(const Wake&) = delete;
      ~Wake() { changed.notify_all(); }
    };
    const std::scoped_lock lock(mutex_);
    const Wake wake{changed_};
    return std::forward<F>(use)(value_);
  }

  // Waits until ready(value), then uses it.
  template <typename Ready, typename F>
  decltype(auto) wait(Ready ready, F&& use) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ready(value_); });
    return std::forward<F>(use)(value_);
  }

  // As wait(), but gives up at the deadline; true when ready(value) held and use() ran.
  template <typename Time, typename Ready, typename F>
  bool wait_until(Time deadline, Ready ready, F&& use) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, deadline, [&] { return ready(value_); })) return false;
    std::forward<F>(use)(value_);
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  T value_{};
};

}  // namespace penstock
