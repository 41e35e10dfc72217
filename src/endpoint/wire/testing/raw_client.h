// A client that is a socket and nothing else, for what libpq would never send.
//
// Threads: one. What it waits for comes, or the end of the connection does: then it gives what there is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "endpoint/wire/interrupt.h"
#include "endpoint/wire/socket.h"

namespace penstock::endpoint::testing {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  virtual ~RawClient() = default;
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  virtual void send(std::string_view bytes);
  void stop_sending();
  enum class Leave { closed, reset };
  void vanish(Leave how);  // as a process that is killed: closed, or reset where something was left unread
  std::string bytes(std::size_t count);
  std::string message();  // the next one: its type, then its body; "" at the end
  std::string until(char type);
  bool at_end() { return received_.empty() && !receive(); }
  // As a driver of Redshift logs in, with settings that PostgreSQL would refuse; the ReadyForQuery.
  std::string log_in();
  BackendKey key;  // what log_in() was given to cancel with

 protected:
  [[nodiscard]] int descriptor() const { return socket_.descriptor(); }
  virtual long read_some(char* buffer, std::size_t size);

 private:
  bool receive();

  Socket socket_;
  std::string received_;
};

}  // namespace penstock::endpoint::testing
