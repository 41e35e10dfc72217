#include "endpoint/wire/socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "penstock/error.h"

namespace penstock::endpoint {

namespace {

Error system_error(const std::string& act) {
  return {ErrorKind::unavailable, fmt::format("{}: {}", act, std::generic_category().message(errno))};
}

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Addresses numeric_address(const std::string& address, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const auto& host = address == "localhost" ? std::string("127.0.0.1") : address;
  if (const int failed = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); failed != 0) {
    throw Error(ErrorKind::invalid,
                fmt::format("listen address \"{}\": {}; give an IP address", address, gai_strerror(failed)));
  }
  return {found, &freeaddrinfo};
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this != &other) {
    if (descriptor_ >= 0) close(descriptor_);
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

Socket::~Socket() {
  if (descriptor_ >= 0) close(descriptor_);
}

Socket connect_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    throw Error(ErrorKind::invalid,
                fmt::format("socket {}: the path is longer than {} bytes", path, sizeof address.sun_path - 1));
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  // Connects before it stops blocking: a full backlog is waited for, where a socket that doesn't block would fail.
  Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.open()) throw system_error("socket");
  while (::connect(socket.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno != EINTR) throw system_error(fmt::format("connecting to PostgreSQL at {}", path));
  }
  if (const int flags = fcntl(socket.descriptor(), F_GETFL); fcntl(socket.descriptor(), F_SETFL, flags | O_NONBLOCK)) {
    throw system_error("fcntl");
  }
  return socket;
}

Listener listen_on(const std::string& address, std::uint16_t port) {
  const auto resolved = numeric_address(address, port);
  Socket socket(::socket(resolved->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.open()) throw system_error("socket");
  const int yes = 1;
  setsockopt(socket.descriptor(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(socket.descriptor(), resolved->ai_addr, resolved->ai_addrlen) != 0 ||
      ::listen(socket.descriptor(), SOMAXCONN) != 0) {
    throw system_error(fmt::format("listening on {} port {}", address, port));
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (getsockname(socket.descriptor(), reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
    throw system_error("getsockname");
  }
  const auto got = bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(bound).sin6_port
                                               : reinterpret_cast<const sockaddr_in&>(bound).sin_port;
  return {std::move(socket), ntohs(got)};
}

bool is_loopback(const std::string& address) {
  const auto resolved = numeric_address(address, 0);
  if (resolved->ai_family == AF_INET6) {
    return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(resolved->ai_addr)->sin6_addr);
  }
  const auto host = ntohl(reinterpret_cast<const sockaddr_in*>(resolved->ai_addr)->sin_addr.s_addr);
  return host >> 24 == 127;
}

Socket accept_from(const Socket& listener) {
  Socket socket(::accept4(listener.descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (socket.open()) {
    const auto set = [&](int level, int option, int value) {
      setsockopt(socket.descriptor(), level, option, &value, sizeof value);
    };
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    // A machine that went without a word is noticed after two minutes of silence.
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 60);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 15);
    set(IPPROTO_TCP, TCP_KEEPCNT, 4);
  }
  return socket;
}

Socket make_wake() {
  Socket event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event.open()) throw system_error("eventfd");
  return event;
}

void wake(const Socket& event) noexcept {
  const std::uint64_t one = 1;
  // Fails only where it is readable already.
  [[maybe_unused]] const auto written = ::write(event.descriptor(), &one, sizeof one);
}

}  // namespace penstock::endpoint
