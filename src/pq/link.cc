#include "pq/link.h"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "penstock/error.h"
#include "pq/server_message.h"

namespace penstock::pq {

using std::chrono::steady_clock;

StopSignal::StopSignal(const std::stop_token& stop)
    : stop_(stop), fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), on_stop_(stop, [fd = fd_.number()] {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(fd, &one, sizeof one);
      }) {
  if (fd() < 0) throw Error(ErrorKind::internal, "no eventfd: " + std::generic_category().message(errno));
}

Woken wait_for(std::span<pollfd> sockets, const StopSignal* stop, std::optional<Deadline> deadline) {
  constexpr std::size_t kMost = 32;
  std::array<pollfd, kMost + 1> all{};
  if (sockets.size() > kMost) throw Error(ErrorKind::internal, "too many connections to wait for");
  while (true) {
    if (stop != nullptr && stop->requested()) return Woken::stopped;
    if (std::ranges::any_of(sockets, [](const pollfd& socket) { return socket.fd < 0; })) return Woken::ready;
    int timeout = -1;  // ms
    if (deadline) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - steady_clock::now()).count();
      if (left <= 0) return Woken::late;
      timeout = static_cast<int>(std::min<std::int64_t>(left, 3'600'000));
    }
    std::ranges::copy(sockets, all.begin());
    auto count = sockets.size();
    if (stop != nullptr) all[count++] = {stop->fd(), POLLIN, 0};
    const int ready = ::poll(all.data(), count, timeout);
    if (ready < 0 && errno != EINTR) {
      throw Error(ErrorKind::internal, "waiting for a server: " + std::generic_category().message(errno));
    }
    std::copy_n(all.begin(), sockets.size(), sockets.begin());
    if (ready > 0 && std::ranges::any_of(sockets, [](const pollfd& socket) { return socket.revents != 0; })) {
      return Woken::ready;
    }
  }
}

void Link::connect(const Secret& conninfo, std::string_view doing, std::chrono::milliseconds timeout,
                   PQnoticeReceiver notices, void* self) {
  connection_.reset(PQconnectStart(conninfo.reveal().c_str()));
  if (!connection_) throw Error(ErrorKind::internal, fmt::format("{}: out of memory", doing));
  KeyListener key(connection_.get());
  PQsetErrorVerbosity(connection_.get(), PQERRORS_VERBOSE);  // so that a refused login shows its SQLSTATE
  PQsetNoticeReceiver(connection_.get(), notices, self);

  const auto deadline = steady_clock::now() + timeout;
  PostgresPollingStatusType next =
      PQstatus(connection_.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (next != PGRES_POLLING_OK) {
    if (next == PGRES_POLLING_FAILED) throw connect_error(doing, PQerrorMessage(connection_.get()));
    switch (wait(next == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline)) {
      case Woken::stopped:
        throw Error(ErrorKind::cancelled, fmt::format("{}: stopped on request", doing));
      case Woken::late:
        throw Error(ErrorKind::unavailable, fmt::format("{}: no answer within {} ms", doing, timeout.count()));
      case Woken::ready:
        break;
    }
    next = PQconnectPoll(connection_.get());
  }
  PQsetErrorVerbosity(connection_.get(), PQERRORS_DEFAULT);
  PQsetnonblocking(connection_.get(), 1);
  cancel_.with([&](auto& cancel) { cancel = key.request(); });
}

bool Link::alive() const noexcept { return connection_ && PQstatus(connection_.get()) == CONNECTION_OK; }

Woken Link::wait(short events, std::optional<Deadline> deadline, bool heeds_stop) const {
  std::array<pollfd, 1> socket{{{PQsocket(connection_.get()), events, 0}}};
  return wait_for(socket, heeds_stop ? &stop_signal_ : nullptr, deadline);
}

bool Link::input_pending() const {
  // OpenSSL may hold bytes that it has decrypted and libpq not yet asked for; the socket does not show them
  auto* const ssl = static_cast<SSL*>(PQsslStruct(connection_.get(), "OpenSSL"));
  return ssl != nullptr && SSL_pending(ssl) > 0;
}

std::string Link::cancel(std::chrono::milliseconds patience) noexcept {
  const auto request = cancel_.with([](auto& cancel) { return cancel; });
  return request ? request->send(patience) : std::string();
}

void Link::close() noexcept {
  cancel_.with([](auto& cancel) { cancel.reset(); });
  connection_.reset();
}

std::string trimmed_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

std::string in_quotes(std::string_view value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out += '\'';
}

}  // namespace penstock::pq
