// What several threads make at once, taken in the order in which it was begun: a place each, of one item or several.
// Its bound is what bounds memory: there are no more places than its capacity, each with one item that waits.
//
// Threads: one that begins places and one that pops; a place's items are put by one thread.
// Errors:  none; a stopped or closed queue answers with false or nullopt.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace penstock {

template <typename T>
class OrderedQueue {
 public:
  explicit OrderedQueue(std::size_t capacity) : capacity_(capacity) {}

  // The next place. Blocks while full. nullopt: stop was requested.
  std::optional<std::uint64_t> begin(const std::stop_token& stop = {}) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [&] { return places_.size() < capacity_; })) return std::nullopt;
    places_.emplace_back();
    return first_ + places_.size() - 1;
  }

  // The next item of the place. Blocks until the one before it was taken. False: stop was requested.
  bool put(std::uint64_t place, T item, const std::stop_token& stop = {}) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [&] { return !places_[place - first_].item; })) return false;
    places_[place - first_].item = std::move(item);
    changed_.notify_all();
    return true;
  }

  // The place has no more items.
  void end(std::uint64_t place) {
    const std::scoped_lock lock(mutex_);
    places_[place - first_].has_ended = true;
    pass_ended();
    changed_.notify_all();
  }

  // Blocks until the first place has an item. nullopt: closed and drained, or stop was requested.
  std::optional<T> pop(const std::stop_token& stop = {}) {
    std::unique_lock lock(mutex_);
    const auto is_ready = [&] { return places_.empty() ? is_closed_ : places_.front().item.has_value(); };
    if (!changed_.wait(lock, stop, is_ready) || places_.empty()) return std::nullopt;
    std::optional<T> item = std::exchange(places_.front().item, std::nullopt);
    pass_ended();
    changed_.notify_all();
    return item;
  }

  // No more will be begun; what is can still be put, ended and popped.
  void close() {
    const std::scoped_lock lock(mutex_);
    is_closed_ = true;
    changed_.notify_all();
  }

 private:
  struct Place {
    std::optional<T> item{};
    bool has_ended = false;
  };

  void pass_ended() {
    while (!places_.empty() && places_.front().has_ended && !places_.front().item) {
      places_.pop_front();
      ++first_;
    }
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Place> places_;
  std::uint64_t first_ = 0;  // the number of the first of them
  const std::size_t capacity_;
  bool is_closed_ = false;
};

}  // namespace penstock
