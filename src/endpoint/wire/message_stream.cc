#include "endpoint/wire/message_stream.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace penstock::endpoint {

namespace {

constexpr std::size_t kReadSize = 64 << 10;
constexpr std::size_t kKeptSize = 1 << 20;  // a buffer that grew beyond, for one message, is not kept
constexpr std::size_t kEncryptedAtOnce = 64 << 10;

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

}  // namespace

MessageStream::MessageStream(Socket socket, std::size_t most_message_bytes)
    : socket_(std::move(socket)), most_message_bytes_(most_message_bytes) {}

std::optional<std::size_t> MessageStream::receive(std::span<char> buffer) {
  ssize_t got = 0;
  do {
    got = ::recv(socket_.descriptor(), buffer.data(), buffer.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got > 0) return static_cast<std::size_t>(got);
  return got < 0 && would_block() ? std::optional<std::size_t>(0) : std::nullopt;
}

void MessageStream::drop_taken() {
  std::copy(received_.begin() + static_cast<std::ptrdiff_t>(taken_),
            received_.begin() + static_cast<std::ptrdiff_t>(filled_), received_.begin());
  filled_ -= taken_;
  taken_ = 0;
  if (filled_ == 0 && received_.size() > kKeptSize) received_ = std::string();
}

bool MessageStream::read() {
  drop_taken();
  if (!tls_) {
    // Room is kept: to fill it with zeros for every read would take longer than most messages do.
    if (received_.size() < filled_ + kReadSize) received_.resize(filled_ + kReadSize);
    const auto got = receive(std::span(received_).subspan(filled_));
    filled_ += got.value_or(0);
    return got.has_value();
  }
  const auto got = receive(encrypted_);
  if (!got) return false;
  received_.resize(filled_);
  const auto state = tls_->receive(std::string_view(encrypted_).substr(0, *got), received_, outgoing_);
  filled_ = received_.size();
  flush();
  if (state == TlsSession::State::failed) throw ProtocolError("TLS: " + tls_->failure());
  return state == TlsSession::State::open;
}

void MessageStream::start_tls(const TlsIdentity& identity) {
  tls_ = std::make_unique<TlsSession>(identity);
  encrypted_.resize(kReadSize);
}

std::optional<Message> MessageStream::next() {
  Message message;
  switch (next_message(waiting(), most_message_bytes_, message)) {
    case Framing::incomplete:
      return std::nullopt;
    case Framing::malformed:
      throw ProtocolError("invalid message length");
    case Framing::whole:
      break;
  }
  taken_ += message.whole.size();
  return message;
}

std::optional<std::string_view> MessageStream::next_startup(std::size_t limit) {
  const auto bytes = waiting();
  MessageReader reader(bytes);
  const auto length = static_cast<std::uint32_t>(reader.i32());
  if (!reader.ok()) return std::nullopt;
  if (length < 8 || length > limit) throw ProtocolError("invalid length of startup packet");
  if (bytes.size() < length) return std::nullopt;
  taken_ += length;
  return bytes.substr(4, length - 4);
}

void MessageStream::send(std::string_view bytes) {
  if (gone_) return;
  if (tls_) {
    plain_.append(bytes);
    if (plain_.size() >= kEncryptedAtOnce) encrypt();
  } else {
    outgoing_.append(bytes);
  }
}

void MessageStream::encrypt() {
  if (plain_.empty()) return;
  tls_->send(plain_, outgoing_);
  plain_.clear();
}

void MessageStream::end() {
  if (!tls_ || gone_) return;
  encrypt();
  tls_->end(outgoing_);
}

void MessageStream::flush() {
  encrypt();
  while (!gone_ && unsent() > 0) {
    const auto sent = ::send(socket_.descriptor(), outgoing_.data() + sent_, unsent(), MSG_NOSIGNAL);
    if (sent >= 0) {
      sent_ += static_cast<std::size_t>(sent);
    } else if (would_block()) {
      break;
    } else if (errno != EINTR) {
      gone_ = true;
    }
  }
  if (gone_ || sent_ == outgoing_.size()) {
    outgoing_.clear();
    plain_.clear();
    sent_ = 0;
  } else if (sent_ > outgoing_.size() / 2) {
    outgoing_.erase(0, sent_);
    sent_ = 0;
  }
}

}  // namespace penstock::endpoint
