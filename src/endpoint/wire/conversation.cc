#include "endpoint/wire/conversation.h"

#include <poll.h>

#include <array>
#include <cerrno>

namespace penstock::endpoint {

namespace {

// Unsent bytes beyond which nothing more is read that would add to them.
constexpr std::size_t kBacklog = 1 << 20;

}  // namespace

Conversation::Conversation(MessageStream client_stream, MessageStream backend_stream, const Socket& stop_event)
    : client(std::move(client_stream)), backend(std::move(backend_stream)), stop_event_(stop_event) {}

void Conversation::flush_and_wait(bool listen_to_client) {
  client.flush();
  backend.flush();
  wait(listen_to_client);
}

void Conversation::wait(bool listen_to_client) {
  const bool read_client =
      listen_to_client && !client_ended_ && backend.unsent() < kBacklog && client.unsent() < kBacklog;
  const bool read_backend = !backend_ended_ && client.unsent() < kBacklog;
  // A descriptor of -1 is passed over: an end that hung up must not wake every poll that wants nothing of it.
  const auto end = [](const MessageStream& stream, bool read) {
    const bool write = stream.unsent() > 0;
    return pollfd{read || write ? stream.descriptor() : -1,
                  static_cast<short>((read ? POLLIN : 0) | (write ? POLLOUT : 0)), 0};
  };
  std::array<pollfd, 3> ends{end(client, read_client), end(backend, read_backend),
                             pollfd{stop_event_.descriptor(), POLLIN, 0}};
  if (::poll(ends.data(), ends.size(), -1) < 0) {
    if (errno == EINTR) return;
    throw std::runtime_error("poll failed");
  }
  if (ends[2].revents != 0) throw Stopped();
  client.flush();
  backend.flush();
  if (read_client && (ends[0].revents & (POLLIN | POLLERR | POLLHUP)) != 0 && !client.read()) client_ended_ = true;
  if (read_backend && (ends[1].revents & (POLLIN | POLLERR | POLLHUP)) != 0 && !backend.read()) backend_ended_ = true;
}

Message Conversation::next_from_backend() {
  while (true) {
    if (auto message = backend.next()) return *message;
    if (backend_ended_) throw BackendLost();
    flush_and_wait(false);
  }
}

bool Conversation::wait_for_either() {
  if (client_ended_ || client.gone()) return false;
  if (backend_ended_) throw BackendLost();
  flush_and_wait(true);
  return true;
}

void Conversation::push_to_backend(std::size_t leave) {
  // No flush between the question and the wait: it could leave nothing to wait for.
  for (backend.flush(); backend.unsent() > leave; backend.flush()) {
    if (backend_ended_) throw BackendLost();
    wait(false);
  }
}

void Conversation::say_goodbye() noexcept {
  client.end();
  client.flush();
  while (client.unsent() > 0) {
    pollfd end{client.descriptor(), POLLOUT, 0};
    if (::poll(&end, 1, 1000) <= 0) return;
    client.flush();
  }
}

}  // namespace penstock::endpoint
