#include "pq/cancel_request.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>  // NOLINT(modernize-deprecated-headers): explicit_bzero is not in <cstring>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "pq/descriptor.h"

namespace penstock::pq {
namespace {

constexpr std::uint32_t kCancelRequestCode = 80877102;
constexpr std::string_view kKeyMessage = "\tBackendKeyData\t";  // in libpq's trace

std::string words_of(int error) { return std::generic_category().message(error); }

// True when the socket is ready before the deadline.
bool ready(int socket, short events, std::chrono::steady_clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) return false;
    pollfd waiting{socket, events, 0};
    const int count = ::poll(&waiting, 1, static_cast<int>(left));
    if (count > 0) return true;
    if (count < 0 && errno != EINTR) return false;
  }
}

std::optional<std::int32_t> take_number(std::string_view& text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  std::int32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

}  // namespace

std::string CancelRequest::send(std::chrono::milliseconds patience) const noexcept {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const Descriptor descriptor(::socket(address_.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int socket = descriptor.number();
  if (socket < 0) return words_of(errno);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address_), address_size_) != 0) {
    if (errno != EINPROGRESS) return words_of(errno);
    int error = 0;
    socklen_t size = sizeof error;
    if (!ready(socket, POLLOUT, deadline)) return "no connection in time";
    if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error != 0) return words_of(error);
  }
  const std::array<std::uint32_t, 4> message{htonl(16), htonl(kCancelRequestCode),
                                             htonl(static_cast<std::uint32_t>(pid_)),
                                             htonl(static_cast<std::uint32_t>(key_))};
  if (::send(socket, message.data(), sizeof message, MSG_NOSIGNAL) != static_cast<ssize_t>(sizeof message)) {
    return words_of(errno);
  }
  // The server's hanging up is its receipt: what is sent after it is not cancelled by this.
  return ready(socket, POLLIN, deadline) ? "" : "no answer in time";
}

KeyListener::KeyListener(PGconn* starting) : connection_(starting), trace_(::open_memstream(&heard_, &size_)) {
  if (trace_ == nullptr) return;
  PQtrace(connection_, trace_);
  PQsetTraceFlags(connection_, PQTRACE_SUPPRESS_TIMESTAMPS);
}

KeyListener::~KeyListener() {
  stop();
  if (heard_ != nullptr) ::explicit_bzero(heard_, size_);  // the login is in it, too
  std::free(heard_);
}

void KeyListener::stop() noexcept {
  if (trace_ == nullptr) return;
  PQuntrace(connection_);
  std::fclose(trace_);
  trace_ = nullptr;
}

std::optional<CancelRequest> KeyListener::request() {
  stop();
  std::string_view heard(heard_ == nullptr ? "" : heard_, size_);
  const auto at = heard.find(kKeyMessage);
  if (at == std::string_view::npos) return std::nullopt;
  heard.remove_prefix(at + kKeyMessage.size());
  const auto pid = take_number(heard);
  const auto key = take_number(heard);
  if (!pid || !key || *pid != PQbackendPID(connection_)) return std::nullopt;
  CancelRequest request;
  request.pid_ = *pid;
  request.key_ = *key;
  request.address_size_ = sizeof request.address_;
  if (::getpeername(PQsocket(connection_), reinterpret_cast<sockaddr*>(&request.address_), &request.address_size_) !=
      0) {
    return std::nullopt;
  }
  return request;
}

}  // namespace penstock::pq
