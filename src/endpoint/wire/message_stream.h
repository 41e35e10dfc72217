// A socket that carries messages: what comes in is cut into them, what goes out waits until the socket takes it.
//
// Nothing blocks; poll() tells when read() and flush() have something to do. A peer that is gone is remembered, and
// what is sent to it is dropped.
//
// It may be encrypted from some moment on; nothing above it sees a difference.
//
// Threads: one. Errors: ProtocolError for bytes that are no message, or no TLS.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "endpoint/wire/messages.h"
#include "endpoint/wire/socket.h"
#include "endpoint/wire/tls.h"

namespace penstock::endpoint {

struct ProtocolError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class MessageStream {
 public:
  MessageStream(Socket socket, std::size_t most_message_bytes);

  // What the socket has, as far as it fits. False: the peer is gone, and no more will come.
  bool read();
  // The next message among what has been read. Its views hold until the next read().
  std::optional<Message> next();
  // The body of the next packet without a type byte (startup packets).
  std::optional<std::string_view> next_startup(std::size_t limit);
  // A byte as it is, outside of any message (the answer to an SSLRequest goes out the same way, with send()).
  [[nodiscard]] bool has_input() const noexcept { return taken_ < filled_; }

  void send(std::string_view bytes);
  void flush();  // as much as the socket takes now
  void end();    // nothing more will be sent: an encrypted client is told so

  // What has been sent before goes out as it is, all else is TLS. Call it with nothing read and not yet taken.
  void start_tls(const TlsIdentity& identity);
  [[nodiscard]] bool encrypted() const noexcept { return tls_ != nullptr; }
  [[nodiscard]] std::size_t unsent() const noexcept { return outgoing_.size() - sent_ + plain_.size(); }
  [[nodiscard]] bool gone() const noexcept { return gone_; }
  [[nodiscard]] int descriptor() const noexcept { return socket_.descriptor(); }

 private:
  [[nodiscard]] std::optional<std::size_t> receive(std::span<char> buffer);  // nullopt: the peer is gone
  void encrypt();

  Socket socket_;
  std::unique_ptr<TlsSession> tls_;  // nullptr: plain
  std::string encrypted_;            // what the socket gives goes through here
  std::string plain_;                // sent, and not encrypted yet: a record for each message would be a waste
  std::size_t most_message_bytes_;
  [[nodiscard]] std::string_view waiting() const noexcept { return {received_.data() + taken_, filled_ - taken_}; }
  void drop_taken();

  std::string received_;    // of it, filled_ bytes; the rest is room to read into
  std::size_t filled_ = 0;  // what was received
  std::size_t taken_ = 0;   // of that, handed out already
  std::string outgoing_;
  std::size_t sent_ = 0;  // of outgoing_
  bool gone_ = false;
};

}  // namespace penstock::endpoint
