// The start of a connection: what a client opens with, who it is, and the PostgreSQL session it gets.
//
// Threads: any. Errors: ProtocolError, Stopped; BackendError when PostgreSQL refuses the session; Error unavailable.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "endpoint/catalog/users.h"
#include "endpoint/wire/interrupt.h"
#include "endpoint/wire/message_stream.h"
#include "endpoint/wire/socket.h"
#include "penstock/secret.h"

namespace penstock::endpoint {

// The first user, and where all come to.
struct Account {
  std::string user;
  Secret password;
  std::string database;
};

struct Login {
  std::string user;
  std::int64_t number = 0;  // the user's, as the system tables name it; 0: not known
  std::string database;
  std::vector<std::pair<std::string, std::string>> settings;  // those of the client's that PostgreSQL knows
};

struct Welcome {
  const Account& account;
  const std::function<std::optional<KnownUser>(const std::string&)>& find_user;  // empty: there is but the first
  CancelKeys& cancel_keys;
  const Socket& stop_event;
  std::function<bool()> have_room;  // false: too many connections
  const TlsIdentity* identity;      // nullptr: there is no TLS
  std::chrono::milliseconds patience;
};

// Answers until the client has proved who it is. nullopt: it was a cancel request, or was refused and told so, or left.
std::optional<Login> greet(MessageStream& client, const Welcome& welcome);

struct BackendSession {
  MessageStream stream;
  BackendKey key;
  std::vector<std::pair<std::string, std::string>> parameters;  // its ParameterStatus, in order
};

// A session of the private PostgreSQL, which trusts its socket's folder.
BackendSession log_in_to_backend(const std::string& socket_path, const Login& login, const Socket& stop_event);

}  // namespace penstock::endpoint
