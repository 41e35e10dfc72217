#include "endpoint/wire/greeting.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstring>

#include "base/text.h"
#include "endpoint/sql/user_password.h"
#include "endpoint/wire/backend.h"
#include "endpoint/wire/conversation.h"
#include "endpoint/wire/md5_password.h"

namespace penstock::endpoint {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{60};  // with PostgreSQL
constexpr std::size_t kBackendMessageLimit = 1 << 30;

// PostgreSQL ends a connection that sets what it doesn't know, and Redshift's drivers set a good deal.
constexpr std::array<std::string_view, 8> kKnownSettings{
    "options",         "datestyle",        "timezone",    "extra_float_digits",
    "client_encoding", "application_name", "search_path", "statement_timeout"};

// True when the stream has read something; false at its end, or when its time is up.
bool read_more(MessageStream& stream, const Socket& stop_event, Clock::time_point deadline) {
  while (true) {
    stream.flush();
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    const auto events = static_cast<short>(POLLIN | (stream.unsent() > 0 ? POLLOUT : 0));
    std::array<pollfd, 2> ends{{{stream.descriptor(), events, 0}, {stop_event.descriptor(), POLLIN, 0}}};
    if (::poll(ends.data(), ends.size(), static_cast<int>(left)) < 0) continue;
    if (ends[1].revents != 0) throw Stopped();
    if ((ends[0].revents & (POLLIN | POLLERR | POLLHUP)) != 0) return stream.read();
  }
}

void refuse(MessageStream& client, std::string_view sqlstate, const std::string& message) {
  client.send(report_message('E', make_report("FATAL", sqlstate, message)));
  client.flush();
}

std::optional<StartupPacket> next_startup(MessageStream& client, const Welcome& welcome, Clock::time_point deadline) {
  while (true) {
    if (const auto body = client.next_startup(kStartupLimit)) {
      auto packet = read_startup(*body);
      if (!packet) throw ProtocolError("invalid startup packet layout");
      return packet;
    }
    if (!read_more(client, welcome.stop_event, deadline)) return std::nullopt;
  }
}

// What came in the clear behind the request is nobody's that the client can know of: it was not encrypted.
void encrypt(MessageStream& client, const TlsIdentity& identity) {
  if (client.encrypted()) throw ProtocolError("TLS was asked for inside of TLS");
  if (client.has_input()) throw ProtocolError("received unencrypted data after SSL request");
  client.send("S");
  client.start_tls(identity);
}

// Encryption is asked for before anything else.
std::optional<StartupPacket> startup(MessageStream& client, const Welcome& welcome, Clock::time_point deadline) {
  // SSLRequest and GSSENCRequest once each, in any order: more is no client's doing.
  for (int asked = 0; asked < 3; ++asked) {
    auto packet = next_startup(client, welcome, deadline);
    if (!packet) return std::nullopt;
    switch (packet->kind) {
      case StartupPacket::Kind::ssl:
        if (welcome.identity != nullptr) {
          encrypt(client, *welcome.identity);
        } else {
          client.send("N");
        }
        continue;
      case StartupPacket::Kind::gss_encryption:
        client.send("N");
        continue;
      case StartupPacket::Kind::cancel:
        welcome.cancel_keys.cancel({packet->process, packet->secret});
        return std::nullopt;
      case StartupPacket::Kind::start:
        return packet;
    }
  }
  throw ProtocolError("too many requests for encryption");
}

std::int64_t number(const std::string& text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// What the client would have to know, and the user's number for the login. Empty: nothing lets this user in.
std::string verifier_of(Login& login, const Welcome& welcome) {
  const auto found = welcome.find_user ? welcome.find_user(login.user) : std::nullopt;
  if (found) login.number = number(found->number);
  if (login.user == welcome.account.user) return md5_verifier(welcome.account.password.reveal(), login.user);
  return found && !found->expired ? found->verifier : "";
}

// Asked for a password whoever it is: a stranger doesn't learn which users there are.
bool knows_password(MessageStream& client, const std::string& verifier, const Welcome& welcome,
                    Clock::time_point deadline) {
  const auto salt = random_bytes(4);
  client.send(authentication_md5(salt));
  while (true) {
    if (const auto message = client.next()) {
      if (message->type == 'H' || message->type == 'S') continue;  // redshift_connector flushes everywhere
      if (message->type != 'p') throw ProtocolError("expected password response");
      const auto given = read_query(message->body);
      return given && !verifier.empty() && same_secret(*given, md5_response(verifier, salt));
    }
    if (!read_more(client, welcome.stop_event, deadline)) return false;
  }
}

std::vector<std::pair<std::string, std::string>> known_settings(const StartupPacket& packet) {
  std::vector<std::pair<std::string, std::string>> known;
  for (const auto& [name, value] : packet.parameters) {
    if (std::ranges::find(kKnownSettings, lower(name)) != kKnownSettings.end()) {
      known.emplace_back(name, value);
    }
  }
  return known;
}

// A client of a later 3.x, or with options of the protocol, is told that it gets 3.0 without any.
void negotiate(MessageStream& client, const StartupPacket& packet) {
  std::vector<std::string> options;
  for (const auto& [name, value] : packet.parameters) {
    if (name.starts_with("_pq_.")) options.push_back(name);
  }
  if ((packet.protocol & 0xffff) == 0 && options.empty()) return;
  MessageWriter answer('v');
  answer.i32(0).i32(static_cast<std::int32_t>(options.size()));
  for (const auto& option : options) answer.text(option);
  client.send(answer.finish());
}

}  // namespace

std::optional<Login> greet(MessageStream& client, const Welcome& welcome) {
  const auto deadline = Clock::now() + welcome.patience;
  const auto packet = startup(client, welcome, deadline);
  if (!packet) return std::nullopt;
  if (packet->protocol >> 16 != 3) {
    refuse(client, "0A000",
           fmt::format("unsupported frontend protocol {}.{}: server supports 3.0 to 3.0", packet->protocol >> 16,
                       packet->protocol & 0xffff));
    return std::nullopt;
  }
  Login login{.user = packet->parameter("user"),
              .database = packet->parameter("database"),
              .settings = known_settings(*packet)};
  if (login.database.empty()) login.database = login.user;
  if (login.user.empty()) {
    refuse(client, "28000", "no PostgreSQL user name specified in startup packet");
    return std::nullopt;
  }
  negotiate(client, *packet);
  if (!knows_password(client, verifier_of(login, welcome), welcome, deadline)) {
    refuse(client, "28000", fmt::format("password authentication failed for user \"{}\"", login.user));
    return std::nullopt;
  }
  if (!welcome.have_room()) {
    refuse(client, "53300", "too many connections");
    return std::nullopt;
  }
  if (login.database != welcome.account.database) {
    refuse(client, "3D000", fmt::format("database \"{}\" does not exist", login.database));
    return std::nullopt;
  }
  return login;
}

BackendSession log_in_to_backend(const std::string& socket_path, const Login& login, const Socket& stop_event) {
  BackendSession session{MessageStream(connect_unix(socket_path), kBackendMessageLimit), {}, {}};
  auto parameters = login.settings;
  parameters.emplace_back("user", login.user);
  parameters.emplace_back("database", login.database);
  session.stream.send(startup_packet(parameters));
  const auto deadline = Clock::now() + kPatience;
  while (true) {
    const auto message = session.stream.next();
    if (!message) {
      if (!read_more(session.stream, stop_event, deadline)) throw BackendLost();
      continue;
    }
    MessageReader reader(message->body);
    if (message->type == 'E') throw BackendError(read_report(message->body).value_or(Report{}));
    if (message->type == 'R' && reader.i32() != 0) throw ProtocolError("PostgreSQL asks for a password");
    if (message->type == 'K') session.key = {reader.i32(), reader.i32()};
    if (message->type == 'S') {
      if (const auto status = read_parameter_status(message->body)) session.parameters.emplace_back(*status);
    }
    if (message->type == 'Z') return session;
  }
}

}  // namespace penstock::endpoint
