#include "endpoint/wire/conversation.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

namespace penstock::endpoint {
namespace {

std::array<Socket, 2> socket_pair() {
  std::array<int, 2> ends{};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
  return {Socket(ends[0]), Socket(ends[1])};
}

// A backend in COPY says nothing: it only takes. It once took the last bytes between two looks at the socket, and then
// both sides waited for ever.
TEST(Conversation, PushesAllToABackendThatSaysNothingHoweverFastItTakesIt) {
  auto [client, client_peer] = socket_pair();
  auto [backend, backend_peer] = socket_pair();
  const Socket stop = make_wake();
  Conversation conversation(MessageStream(std::move(client), 1 << 20), MessageStream(std::move(backend), 1 << 20),
                            stop);
  constexpr std::size_t kPushes = 500;
  const std::string bytes(300'000, 'x');
  std::size_t taken = 0;
  std::jthread reader([&, descriptor = backend_peer.descriptor()] {
    std::vector<char> buffer(64 << 10);
    while (taken < kPushes * bytes.size()) {
      if (const auto got = ::read(descriptor, buffer.data(), buffer.size()); got > 0) taken += got;
    }
  });
  for (std::size_t i = 0; i < kPushes; ++i) {
    conversation.backend.send(bytes);
    conversation.push_to_backend(0);
    ASSERT_EQ(conversation.backend.unsent(), 0U);
  }
  reader.join();
  EXPECT_EQ(taken, kPushes * bytes.size());
}

}  // namespace
}  // namespace penstock::endpoint
