// SIGINT, SIGTERM and SIGHUP as a request to stop: the first asks, the second ends the program at once.
//
// A signal that was ignored when the program started (nohup) stays ignored.
//
// Threads:  construct it in main before any other thread, so that all inherit the mask and only its own thread hears.
// Lifetime: as long as work runs that a signal should stop. Children must restore the mask that they inherit.
#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace penstock::cli {

class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  [[nodiscard]] std::stop_token stop() const noexcept { return source_.get_token(); }
  [[nodiscard]] int received() const noexcept { return received_; }  // the first signal's number; 0: none

 private:
  void listen();

  std::stop_source source_;
  std::atomic<int> received_ = 0;
  int signals_ = -1;  // a signalfd
  int closing_;       // an eventfd that ends the thread
  std::jthread listener_;
};

}  // namespace penstock::cli
