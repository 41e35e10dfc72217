// File descriptors that close themselves, and the few ways in which the endpoint opens sockets.
//
// Errors: Error unavailable, with the system's own words; invalid for an address that can't be.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace penstock::endpoint {

class Socket {
 public:
  Socket() = default;
  explicit Socket(int descriptor) noexcept : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket();
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] bool open() const noexcept { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

// All of them don't block, and don't outlive an exec().
Socket connect_unix(const std::string& path);
struct Listener {
  Socket socket;
  std::uint16_t port = 0;  // the one that was got, where 0 was asked for
};
Listener listen_on(const std::string& address, std::uint16_t port);
bool is_loopback(const std::string& address);  // a numeric address of this machine alone, or "localhost"
Socket accept_from(const Socket& listener);    // not open: nobody was waiting
Socket make_wake();                            // an eventfd: readable from the first wake() on
void wake(const Socket& event) noexcept;

}  // namespace penstock::endpoint
