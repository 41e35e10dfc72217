#include "store/scripted_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/text.h"
#include "store/s3_address.h"

namespace penstock {
namespace {

// Appends what comes next; false at the end.
bool receive(int fd, std::string& to) {
  char buffer[1 << 16];
  const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
  if (got <= 0) return false;
  to.append(buffer, static_cast<std::size_t>(got));
  return true;
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

HttpRequest parse_head(std::string_view head) {
  const auto line = [&head] {
    const auto end = head.find("\r\n");
    const std::string_view taken = head.substr(0, end);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 2);
    return taken;
  };
  HttpRequest request;
  const std::string_view first = line();
  const auto method_end = first.find(' ');
  const auto target_end = first.rfind(' ');
  request.method = first.substr(0, method_end);
  const std::string_view target = first.substr(method_end + 1, target_end - method_end - 1);
  const auto question = target.find('?');
  request.path = target.substr(0, question);
  std::string_view query = question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const auto equals = pair.find('=');
    request.query[uri_decode(pair.substr(0, equals))] =
        equals == std::string_view::npos ? std::string() : uri_decode(pair.substr(equals + 1));
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
  }
  while (!head.empty()) {
    const std::string_view field = line();
    const auto colon = field.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view value = field.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    request.headers[lower(field.substr(0, colon))] = value;
  }
  return request;
}

// The next request of a connection; nullopt at its end.
std::optional<HttpRequest> read_request(int fd, std::string& buffered) {
  std::size_t head_end = 0;
  while ((head_end = buffered.find("\r\n\r\n")) == std::string::npos) {
    if (!receive(fd, buffered)) return std::nullopt;
  }
  HttpRequest request = parse_head(std::string_view(buffered).substr(0, head_end));
  buffered.erase(0, head_end + 4);
  const std::string length = request.header("content-length");
  const std::size_t size = length.empty() ? 0 : std::stoull(length);
  while (buffered.size() < size) {
    if (!receive(fd, buffered)) return std::nullopt;
  }
  request.body = buffered.substr(0, size);
  buffered.erase(0, size);
  return request;
}

std::string head_of(const HttpReply& reply) {
  std::string head = fmt::format("HTTP/1.1 {} Scripted\r\n", reply.status);
  for (const auto& [name, value] : reply.headers) head += fmt::format("{}: {}\r\n", name, value);
  if (!reply.headers.contains("Content-Length")) head += fmt::format("Content-Length: {}\r\n", reply.body.size());
  return head + "\r\n";
}

}  // namespace

std::string HttpRequest::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

ScriptedServer::ScriptedServer(Script script)
    : script_(std::move(script)), listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listening_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listening_, 64) != 0 ||
      ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "scripted server");
  }
  url_ = fmt::format("http://127.0.0.1:{}", ntohs(address.sin_port));
  accepting_ = std::jthread([this] { accept_all(); });
}

ScriptedServer::~ScriptedServer() {
  ending_.change([](bool& ending) { ending = true; });
  ::shutdown(listening_, SHUT_RDWR);
  accepting_.join();
  ::close(listening_);
  connections_.with([](std::list<Connection>& connections) {
    for (Connection& connection : connections) ::shutdown(connection.fd, SHUT_RDWR);
  });
  connections_.with([](std::list<Connection>& connections) {
    for (Connection& connection : connections) {
      connection.thread.join();
      ::close(connection.fd);
    }
  });
}

std::vector<HttpRequest> ScriptedServer::requests() const {
  return requests_.with([](const std::vector<HttpRequest>& requests) { return requests; });
}

void ScriptedServer::accept_all() {
  for (;;) {
    const int fd = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections_.with([&](std::list<Connection>& connections) {
      connections.push_back({.fd = fd, .thread = std::jthread([this, fd] { serve(fd); })});
    });
  }
}

void ScriptedServer::serve(int fd) {
  std::string buffered;
  while (const auto request = read_request(fd, buffered)) {
    requests_.with([&](std::vector<HttpRequest>& requests) {
      requests.push_back(*request);
      requests.back().body.clear();
    });
    const HttpReply reply = script_(*request);
    if (reply.delivery == HttpReply::Delivery::dropped) break;
    const std::string_view body = request->method == "HEAD" ? std::string_view() : std::string_view(reply.body);
    send_all(fd, head_of(reply));
    if (reply.delivery == HttpReply::Delivery::stalled) {
      ending_.wait([](bool ending) { return ending; }, [](bool) {});
      break;
    }
    if (reply.delivery == HttpReply::Delivery::truncated) {
      send_all(fd, body.substr(0, body.size() / 2));
      break;
    }
    send_all(fd, body);
  }
  ::shutdown(fd, SHUT_RDWR);
}

}  // namespace penstock
