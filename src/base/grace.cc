#include "base/grace.h"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace penstock {
namespace {

// False: `stop` was requested meanwhile.
template <typename Wait>
bool undisturbed(const std::stop_token& stop, Wait wait) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  wait(changed, lock);
  return !stop.stop_requested();
}

}  // namespace

Grace::Grace(std::stop_token first, std::chrono::milliseconds length)
    : waiting_([first = std::move(first), length, later = later_](const std::stop_token& ended) mutable {
        const auto never = [] { return false; };
        // Woken by whichever comes: the first stop, or the end of this object.
        std::stop_source either;
        const std::stop_callback on_first(first, [&] { either.request_stop(); });
        const std::stop_callback on_end(ended, [&] { either.request_stop(); });
        undisturbed(ended, [&](auto& changed, auto& lock) { changed.wait(lock, either.get_token(), never); });
        if (ended.stop_requested()) return;
        if (undisturbed(ended, [&](auto& changed, auto& lock) { changed.wait_for(lock, ended, length, never); })) {
          later.request_stop();
        }
      }) {}

}  // namespace penstock
