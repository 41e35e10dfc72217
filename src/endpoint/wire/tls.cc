#include "endpoint/wire/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <utility>

#include "penstock/error.h"

namespace penstock::endpoint {

namespace {

constexpr std::size_t kRecord = 16 << 10;  // as much as one record of TLS holds

template <auto release>
struct Freed {
  template <typename T>
  void operator()(T* thing) const noexcept {
    release(thing);
  }
};

// The first cause, which is the one that says most; the queue is empty afterwards.
std::string openssl_says() {
  const auto code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "OpenSSL gives no reason" : reason;
}

}  // namespace

struct TlsIdentity::Context {
  std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> ssl;
};

TlsIdentity::TlsIdentity(const std::string& certificate_file, const std::string& key_file)
    : context_(std::make_unique<Context>()) {
  ERR_clear_error();
  context_->ssl.reset(SSL_CTX_new(TLS_server_method()));
  auto* const ssl = context_->ssl.get();
  if (ssl == nullptr) throw Error(ErrorKind::internal, fmt::format("OpenSSL can't do TLS here: {}", openssl_says()));
  SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
  // A client that asks for new keys over and over costs more than it is worth, and nobody resumes a session.
  SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(ssl, 0);
  SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_use_certificate_chain_file(ssl, certificate_file.c_str()) != 1) {
    throw Error(ErrorKind::invalid, fmt::format("certificate {}: {}", certificate_file, openssl_says()));
  }
  if (SSL_CTX_use_PrivateKey_file(ssl, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw Error(ErrorKind::invalid, fmt::format("key {} of the certificate: {}", key_file, openssl_says()));
  }
}

TlsIdentity::~TlsIdentity() = default;

struct TlsSession::Connection {
  std::unique_ptr<SSL, Freed<SSL_free>> ssl;
  BIO* received = nullptr;  // both are ssl's
  BIO* to_send = nullptr;
};

TlsSession::TlsSession(const TlsIdentity& identity) : connection_(std::make_unique<Connection>()) {
  auto& [ssl, received, to_send] = *connection_;
  ssl.reset(SSL_new(identity.context_->ssl.get()));
  received = BIO_new(BIO_s_mem());
  to_send = BIO_new(BIO_s_mem());
  if (ssl == nullptr || received == nullptr || to_send == nullptr) {
    BIO_free(received);
    BIO_free(to_send);
    throw Error(ErrorKind::internal, "OpenSSL has no memory for another connection");
  }
  BIO_set_mem_eof_return(received, -1);  // empty means "not yet"
  SSL_set_bio(ssl.get(), received, to_send);
  SSL_set_accept_state(ssl.get());
}

TlsSession::~TlsSession() = default;

TlsSession::State TlsSession::receive(std::string_view received, std::string& said, std::string& wire) {
  if (state_ != State::open) return state_;
  if (BIO_write(connection_->received, received.data(), static_cast<int>(received.size())) !=
      static_cast<int>(received.size())) {
    return fail();
  }
  state_ = advance(said);
  if (state_ == State::open && !early_.empty() && SSL_is_init_finished(connection_->ssl.get()) != 0) {
    send(std::exchange(early_, {}), wire);
  }
  take_wire(wire);
  return state_;
}

// The handshake goes on inside of SSL_read(), and answers by itself.
TlsSession::State TlsSession::advance(std::string& said) {
  auto* const ssl = connection_->ssl.get();
  std::array<char, kRecord> bytes{};
  while (true) {
    ERR_clear_error();
    const int got = SSL_read(ssl, bytes.data(), static_cast<int>(bytes.size()));
    if (got > 0) {
      said.append(bytes.data(), static_cast<std::size_t>(got));
      continue;
    }
    switch (SSL_get_error(ssl, got)) {
      case SSL_ERROR_WANT_READ:
      case SSL_ERROR_WANT_WRITE:
        return State::open;
      case SSL_ERROR_ZERO_RETURN:
        return State::ended;
      default:
        return fail();
    }
  }
}

TlsSession::State TlsSession::fail() {
  failure_ = openssl_says();
  return state_ = State::failed;
}

void TlsSession::take_wire(std::string& wire) {
  char* bytes = nullptr;
  const auto count = BIO_get_mem_data(connection_->to_send, &bytes);
  wire.append(bytes, static_cast<std::size_t>(count));
  static_cast<void>(BIO_reset(connection_->to_send));
}

void TlsSession::send(std::string_view bytes, std::string& wire) {
  if (state_ == State::failed || bytes.empty()) return;
  auto* const ssl = connection_->ssl.get();
  if (SSL_is_init_finished(ssl) == 0) {
    early_.append(bytes);
    return;
  }
  std::size_t written = 0;
  ERR_clear_error();
  if (SSL_write_ex(ssl, bytes.data(), bytes.size(), &written) != 1) fail();
  take_wire(wire);
}

void TlsSession::end(std::string& wire) {
  auto* const ssl = connection_->ssl.get();
  if (state_ == State::failed || SSL_is_init_finished(ssl) == 0) return;
  ERR_clear_error();
  SSL_shutdown(ssl);
  ERR_clear_error();
  take_wire(wire);
}

}  // namespace penstock::endpoint
