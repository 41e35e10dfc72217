// A connection of libpq's on which nothing waits without an end: every wait heeds a deadline and a request to stop.
//
// Threads: one, but for cancel(), which may be called from any. Errors: of connect(): those that server_message.h makes
// of libpq's words; cancelled, unavailable (no answer in time).
#pragma once

#include <libpq-fe.h>
#include <poll.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/guarded.h"
#include "penstock/secret.h"
#include "pq/cancel_request.h"
#include "pq/descriptor.h"

namespace penstock::pq {

using Deadline = std::chrono::steady_clock::time_point;

enum class Woken { ready, stopped, late };

// A file descriptor that becomes readable when stop is requested, so that poll() can wait for it.
class StopSignal {
 public:
  explicit StopSignal(const std::stop_token& stop);
  [[nodiscard]] bool requested() const noexcept { return stop_.stop_requested(); }
  [[nodiscard]] int fd() const noexcept { return fd_.number(); }

 private:
  const std::stop_token stop_;
  Descriptor fd_;
  std::stop_callback<std::function<void()>> on_stop_;  // after fd_, so that it is gone before the descriptor is
};

// Until one of the sockets is ready, as poll() says it. A socket that is negative is lost, and so is ready: libpq says
// so at the next call. stop: none to heed if null.
Woken wait_for(std::span<pollfd> sockets, const StopSignal* stop, std::optional<Deadline> deadline);

class Link {
 public:
  explicit Link(const std::stop_token& stop) : stop_signal_(stop) {}

  // Starts a session. doing: what each message begins with. Notices go to `notices`, with `self`.
  void connect(const Secret& conninfo, std::string_view doing, std::chrono::milliseconds timeout,
               PQnoticeReceiver notices, void* self);

  [[nodiscard]] PGconn* get() const noexcept { return connection_.get(); }
  [[nodiscard]] bool alive() const noexcept;
  [[nodiscard]] const StopSignal& stop_signal() const noexcept { return stop_signal_; }
  [[nodiscard]] Woken wait(short events, std::optional<Deadline> deadline, bool heeds_stop = true) const;
  // There is something to be read that the socket doesn't show: ask before each wait for POLLIN.
  [[nodiscard]] bool input_pending() const;
  // Asks the server to cancel what runs. Empty, or why the request was not taken within the time.
  std::string cancel(std::chrono::milliseconds patience) noexcept;
  void close() noexcept;

 private:
  struct Finish {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
  };

  StopSignal stop_signal_;
  std::unique_ptr<PGconn, Finish> connection_;
  Guarded<std::optional<CancelRequest>> cancel_;
};

// libpq's words without the line's end.
std::string trimmed_end(std::string text);

// 'value', as a connection string has it.
std::string in_quotes(std::string_view value);

}  // namespace penstock::pq
