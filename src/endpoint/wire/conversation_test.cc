#include "endpoint/wire/conversation.h"

#include <gtest/gtest.h>
#include <poll.h>
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

// What such a client goes on saying was once kept without end: all other sessions' memory.
TEST(Conversation, TakesNoMoreFromAClientThatDoesNotRead) {
  auto [client, client_peer] = socket_pair();
  auto [backend, backend_peer] = socket_pair();
  const Socket stop = make_wake();
  Conversation conversation(MessageStream(std::move(client), 1 << 20), MessageStream(std::move(backend), 1 << 20),
                            stop);
  conversation.client.send(std::string(8 << 20, 'x'));
  std::jthread session([&] {
    try {
      while (conversation.wait_for_either()) {
      }
    } catch (const Stopped&) {  // as it is told to below
    }
  });
  constexpr std::size_t kMuch = 16 << 20;
  const std::string bytes(64 << 10, 'y');
  std::size_t taken = 0;
  pollfd end{client_peer.descriptor(), POLLOUT, 0};
  while (taken < kMuch && ::poll(&end, 1, 1000) == 1) {
    if (const auto sent = ::write(end.fd, bytes.data(), bytes.size()); sent > 0) taken += sent;
  }
  EXPECT_LT(taken, kMuch);
  wake(stop);
}

}  // namespace
}  // namespace penstock::endpoint
