// Accepts clients, and gives each a thread and a session of its own.
//
// Who has not logged in takes no session's place, and has a minute. Of many who don't the one that came first has to
// go.
//
// Threads: serve() is one thread's; stop() any's. Lifetime: services outlive the server.
// Errors: Error from the constructor, when the address can't be had or the certificate is none. A client's fault ends
// its own connection.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <thread>

#include "base/guarded.h"
#include "endpoint/wire/config.h"
#include "endpoint/wire/hangups.h"
#include "endpoint/wire/interrupt.h"
#include "endpoint/wire/session.h"
#include "endpoint/wire/socket.h"
#include "penstock/log.h"

namespace penstock::endpoint {

class Server {
 public:
  Server(const EndpointConfig& config, const Services& services, Log& log);
  ~Server();
  [[nodiscard]] std::uint16_t port() const noexcept { return listener_.port; }
  void serve();          // until stop(); then cancels what runs, and returns when all sessions are over
  void stop() noexcept;  // may be called from a signal handler

 private:
  struct Connection {
    std::atomic<bool> over = false;
    Guarded<int> stranger{-1};  // its descriptor, while it is not known who it is
    std::jthread thread;
  };
  void accept_one();
  void reap();
  [[nodiscard]] std::size_t most_strangers() const noexcept;
  void make_room_for_strangers();
  void talk(Connection& connection, Socket socket) noexcept;
  std::optional<Login> greet_stranger(Connection& connection, MessageStream& client,
                                      const std::function<bool()>& have_room);
  void run_session(MessageStream client, const Login& login);

  const EndpointConfig config_;
  const Services& services_;
  const std::optional<TlsIdentity> identity_;
  Log& log_;
  const Socket stop_event_;
  Listener listener_;
  CancelKeys cancel_keys_;
  Hangups hangups_;
  std::atomic<unsigned> sessions_ = 0;
  std::list<Connection> connections_;  // of the serving thread
};

}  // namespace penstock::endpoint
