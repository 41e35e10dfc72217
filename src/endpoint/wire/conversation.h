// The two ends of a session, client and backend, and every wait on them.
//
// While one end is waited on, the other is served as far as that is safe: what the client is to get is written, and
// nothing more is read from either while the client leaves too much unread.
//
// Threads: one; stop_event may be woken from any.
#pragma once

#include <stdexcept>

#include "endpoint/wire/message_stream.h"
#include "endpoint/wire/socket.h"

namespace penstock::endpoint {

// PostgreSQL ended the connection. What it said last has been read before.
struct BackendLost : std::runtime_error {
  BackendLost() : std::runtime_error("PostgreSQL closed the connection") {}
};
// The endpoint is shutting down.
struct Stopped : std::runtime_error {
  Stopped() : std::runtime_error("stopped") {}
};

class Conversation {
 public:
  Conversation(MessageStream client_stream, MessageStream backend_stream, const Socket& stop_event);

  MessageStream client;
  MessageStream backend;

  // Until the backend has said something. Its views hold until the next wait of any kind.
  Message next_from_backend();
  // Until either end has said something. False: the client is gone, and has nothing left to say.
  bool wait_for_either();
  // Until the backend has taken what is to be sent, all but `leave` bytes. What it says meanwhile is kept for next().
  void push_to_backend(std::size_t leave);
  // Writes what is left for the client, for as long as that makes progress within a second: the last thing to do.
  void say_goodbye() noexcept;

 private:
  void flush_and_wait(bool listen_to_client);
  void wait(bool listen_to_client);

  const Socket& stop_event_;
  bool client_ended_ = false;
  bool backend_ended_ = false;
};

}  // namespace penstock::endpoint
