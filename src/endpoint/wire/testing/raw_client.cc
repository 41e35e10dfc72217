#include "endpoint/wire/testing/raw_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>

#include "endpoint/wire/md5_password.h"
#include "endpoint/wire/messages.h"

namespace penstock::endpoint::testing {

using namespace std::string_literals;

RawClient::RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(socket_.descriptor(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
}

void RawClient::send(std::string_view bytes) { ::send(descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }

void RawClient::stop_sending() { ::shutdown(descriptor(), SHUT_WR); }

void RawClient::vanish(Leave how) {
  const linger at_once{.l_onoff = how == Leave::reset ? 1 : 0, .l_linger = 0};
  ::setsockopt(descriptor(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  socket_ = Socket();
}

std::string RawClient::bytes(std::size_t count) {
  while (received_.size() < count && receive()) {
  }
  auto taken = received_.substr(0, count);
  received_.erase(0, count);
  return taken;
}

std::string RawClient::message() {
  Message message;
  while (next_message(received_, 1 << 30, message) == Framing::incomplete) {
    if (!receive()) return "";
  }
  auto taken = message.type + std::string(message.body);
  received_.erase(0, message.whole.size());
  return taken;
}

std::string RawClient::until(char type) {
  while (true) {
    auto next = message();
    if (next.empty() || next[0] == type) return next;
  }
}

std::string RawClient::log_in() {
  send(startup_packet({{"user", "awsuser"},
                       {"database", "dev"},
                       {"client_protocol_version", "2"},
                       {"driver_version", "Redshift Python Driver 2.2.0"},
                       {"os_version", "Linux"},
                       {"application_name", "raw"}}));
  const auto request = message();
  EXPECT_EQ(request.substr(0, 5), "R\0\0\0\5"s);
  send(MessageWriter('p').text(md5_response(Secret("it's \\ 100% secret"), "awsuser", request.substr(5))).finish());
  send(bare_message('H'));
  const auto data = until('K');
  MessageReader reader(std::string_view(data).substr(1));
  key = {reader.i32(), reader.i32()};
  return until('Z');
}

long RawClient::read_some(char* buffer, std::size_t size) { return ::recv(descriptor(), buffer, size, 0); }

bool RawClient::receive() {
  std::array<char, 4096> buffer{};
  const auto got = read_some(buffer.data(), buffer.size());
  if (got > 0) received_.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0;
}

}  // namespace penstock::endpoint::testing
