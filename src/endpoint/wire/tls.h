// TLS for the server's side of a connection. It touches no socket: bytes in, bytes out, so nothing here can wait.
//
// Threads: a TlsIdentity is used from any thread; a TlsSession from one. Lifetime: the identity outlives its sessions.
// Errors: Error invalid, for files that hold no certificate and its key.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace penstock::endpoint {

// What the server proves itself with.
class TlsIdentity {
 public:
  TlsIdentity(const std::string& certificate_file, const std::string& key_file);  // PEM; the certificate's chain behind
  ~TlsIdentity();
  TlsIdentity(const TlsIdentity&) = delete;
  TlsIdentity& operator=(const TlsIdentity&) = delete;

 private:
  friend class TlsSession;
  struct Context;
  std::unique_ptr<Context> context_;
};

// One connection. It starts with the client's handshake; what is to be sent before its end waits inside.
class TlsSession {
 public:
  enum class State { open, ended, failed };

  explicit TlsSession(const TlsIdentity& identity);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // Takes what the socket gave. What the client said is appended to `said`; what TLS itself answers, to `wire`.
  State receive(std::string_view received, std::string& said, std::string& wire);
  void send(std::string_view bytes, std::string& wire);  // nothing, once the session has failed
  void end(std::string& wire);                           // tells the client that nothing more comes
  [[nodiscard]] const std::string& failure() const noexcept { return failure_; }  // in OpenSSL's words

 private:
  struct Connection;
  State advance(std::string& said);
  State fail();
  void take_wire(std::string& wire);

  std::unique_ptr<Connection> connection_;
  std::string early_;  // to be sent, once the handshake is over
  std::string failure_;
  State state_ = State::open;
};

}  // namespace penstock::endpoint
