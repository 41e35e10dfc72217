// Asks a server to cancel what a session runs. libpq's PQcancel() does the same, but waits without an end for a server
// that takes the connection and then says nothing; a stalled server is when one wants to cancel.
//
// Threads: any.
#pragma once

#include <libpq-fe.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

namespace penstock::pq {

class CancelRequest {
 public:
  // Sends it, and waits until the server has taken it or the time is over. Empty, or why it was not taken.
  [[nodiscard]] std::string send(std::chrono::milliseconds patience) const noexcept;

 private:
  friend class KeyListener;
  sockaddr_storage address_{};  // of the server, as the session's own socket has it
  socklen_t address_size_ = 0;
  std::int32_t pid_ = 0;
  std::int32_t key_ = 0;
};

// Overhears the key to cancel by while a session starts: libpq keeps it to itself, but its trace shows it.
class KeyListener {
 public:
  explicit KeyListener(PGconn* starting);
  ~KeyListener();
  KeyListener(const KeyListener&) = delete;
  KeyListener& operator=(const KeyListener&) = delete;

  // Once the session has started; nullopt where no key came (some servers can't cancel).
  [[nodiscard]] std::optional<CancelRequest> request();

 private:
  void stop() noexcept;

  PGconn* connection_;
  char* heard_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* trace_;
};

}  // namespace penstock::pq
