#include "redshift/testing/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <list>
#include <stdexcept>
#include <thread>

#include "base/guarded.h"

namespace penstock::servers {
namespace {

std::string int32(std::uint32_t value) {
  value = htonl(value);
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string int16(std::uint16_t value) {
  value = htons(value);
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string message(char type, const std::string& body) {
  return type + int32(static_cast<std::uint32_t>(body.size() + 4)) + body;
}

std::string c_string(std::string_view text) { return std::string(text) + '\0'; }

std::string command_complete(std::string_view tag) { return message('C', c_string(tag)); }

std::string error_response(std::string_view severity, std::string_view sqlstate, std::string_view text,
                           std::string_view detail) {
  std::string body =
      'S' + c_string(severity) + 'V' + c_string(severity) + 'C' + c_string(sqlstate) + 'M' + c_string(text);
  if (!detail.empty()) body += 'D' + c_string(detail);
  return message('E', body + '\0');
}

bool read_exactly(int fd, void* into, std::size_t size) {
  auto* at = static_cast<char*>(into);
  while (size > 0) {
    const ssize_t got = ::recv(fd, at, size, 0);
    if (got <= 0) return false;
    at += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::optional<std::string> read_body(int fd) {
  std::uint32_t length = 0;
  if (!read_exactly(fd, &length, sizeof length)) return std::nullopt;
  length = ntohl(length);
  if (length < 4 || length > (1U << 20)) return std::nullopt;
  std::string body(length - 4, '\0');
  if (!read_exactly(fd, body.data(), body.size())) return std::nullopt;
  return body;
}

constexpr std::uint32_t kCancelRequest = 80877102;
constexpr std::uint32_t kSslRequest = 80877103;
constexpr std::uint32_t kGssRequest = 80877104;

}  // namespace

ScriptedReply ScriptedReply::done(std::string_view tag) { return {.bytes = command_complete(tag)}; }

ScriptedReply ScriptedReply::row(const std::vector<std::optional<std::string>>& values, std::string_view tag) {
  std::string description = int16(static_cast<std::uint16_t>(values.size()));
  std::string data = description;
  for (const auto& value : values) {
    // name; table and column; type varchar, of any size; as text
    description +=
        c_string("column") + int32(0) + int16(0) + int32(1043) + int16(0xFFFF) + int32(0xFFFFFFFF) + int16(0);
    data += value ? int32(static_cast<std::uint32_t>(value->size())) + *value : int32(0xFFFFFFFF);
  }
  return {.bytes = message('T', description) + message('D', data) + command_complete(tag)};
}

ScriptedReply ScriptedReply::error(std::string_view sqlstate, std::string_view text, std::string_view detail) {
  return {.bytes = error_response("ERROR", sqlstate, text, detail)};
}

ScriptedReply ScriptedReply::hang_up() { return {.bytes = {}, .then = Then::hang_up}; }

ScriptedReply ScriptedReply::fatal(std::string_view sqlstate, std::string_view text) {
  return {.bytes = error_response("FATAL", sqlstate, text, {}), .then = Then::hang_up};
}

ScriptedReply ScriptedReply::done_and_hang_up(std::string_view tag) {
  return {.bytes = command_complete(tag), .then = Then::hang_up};
}

ScriptedReply ScriptedReply::until_cancelled() {
  return {.bytes = error_response("ERROR", "57014", "Query (150) canceled on user's request", {}),
          .then = Then::await_cancel};
}

ScriptedReply ScriptedReply::stall() { return {.bytes = {}, .then = Then::stall}; }

struct ScriptedServer::Impl {
  explicit Impl(Script of) : script(std::move(of)) {}

  Script script;
  int listener = -1;
  int port = 0;
  Guarded<std::vector<std::string>> queries;
  std::atomic<int> cancel_requests = 0;
  std::atomic<bool> ending = false;
  std::atomic<bool> frozen = false;
  Guarded<std::vector<int>> open;  // sockets, so that the end can wake their threads
  std::list<std::jthread> threads;
  std::jthread acceptor;

  void accept_all() {
    while (!ending) {
      const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      if (ending) {
        ::close(fd);
        return;
      }
      open.with([&](auto& sockets) { sockets.push_back(fd); });
      threads.emplace_back([this, fd] {
        serve(fd);
        open.with([&](auto& sockets) { std::erase(sockets, fd); });
        ::close(fd);
      });
    }
  }

  // False: this was a request to cancel, or no login.
  bool log_in(int fd) {
    while (true) {
      const auto body = read_body(fd);
      if (!body || body->size() < 4) return false;
      std::uint32_t code = 0;
      body->copy(reinterpret_cast<char*>(&code), sizeof code);
      code = ntohl(code);
      if (code == kCancelRequest) {
        ++cancel_requests;
        cancel_requests.notify_all();
        return false;
      }
      if (code != kSslRequest && code != kGssRequest) break;
      if (!send_all(fd, "N")) return false;
    }
    return send_all(fd, message('R', int32(0)) + message('S', c_string("server_version") + c_string("8.0.2")) +
                            message('K', int32(4711) + int32(42)) + message('Z', "I"));
  }

  static void stay_silent(int fd) {
    char ignored = 0;
    while (read_exactly(fd, &ignored, 1)) continue;
  }

  void serve(int fd) {
    if (frozen) return stay_silent(fd);
    if (!log_in(fd)) return;
    char status = 'I';
    char type = 0;
    while (read_exactly(fd, &type, 1)) {
      auto body = read_body(fd);
      if (!body || type != 'Q') return;
      if (!body->empty()) body->pop_back();
      queries.with([&](auto& all) { all.push_back(*body); });
      const int cancelled_before = cancel_requests;
      const ScriptedReply reply = script(*body);
      if (*body == "BEGIN") status = 'T';
      if (*body == "COMMIT" || *body == "ROLLBACK") status = 'I';
      if (reply.then == ScriptedReply::Then::await_cancel) cancel_requests.wait(cancelled_before);
      // One segment: a second one would wait for the first to be acknowledged.
      const bool ready = reply.then != ScriptedReply::Then::hang_up && reply.then != ScriptedReply::Then::stall;
      if (!send_all(fd, reply.bytes + (ready ? message('Z', std::string(1, status)) : std::string()))) return;
      if (reply.then == ScriptedReply::Then::hang_up) return;
      if (reply.then == ScriptedReply::Then::stall) return stay_silent(fd);
    }
  }
};

ScriptedServer::ScriptedServer(Script script) : impl_(std::make_unique<Impl>(std::move(script))) {
  impl_->listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(impl_->listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(impl_->listener, 16) != 0 ||
      ::getsockname(impl_->listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("scripted server: no port");
  }
  impl_->port = ntohs(address.sin_port);
  impl_->acceptor = std::jthread([impl = impl_.get()] { impl->accept_all(); });
}

ScriptedServer::~ScriptedServer() {
  impl_->ending = true;
  ++impl_->cancel_requests;  // wakes who awaits one
  impl_->cancel_requests.notify_all();
  ::shutdown(impl_->listener, SHUT_RDWR);  // wakes accept()
  impl_->acceptor.join();
  ::close(impl_->listener);
  impl_->open.with([](auto& sockets) {
    for (const int fd : sockets) ::shutdown(fd, SHUT_RDWR);
  });
  impl_->threads.clear();  // joins
}

ConnectionConfig ScriptedServer::config() const {
  return {.host = "127.0.0.1",
          .port = impl_->port,
          .database = "dev",
          .user = "someone",
          .password = Secret("anything"),
          .sslmode = {},
          .sslrootcert = {}};
}

std::vector<std::string> ScriptedServer::queries() const {
  return impl_->queries.with([](auto& all) { return all; });
}

void ScriptedServer::freeze() { impl_->frozen = true; }

int ScriptedServer::cancel_requests() const { return impl_->cancel_requests; }

}  // namespace penstock::servers
