#include "endpoint/wire/server.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>

#include "penstock/error.h"

namespace penstock::endpoint {

namespace {

constexpr std::size_t kClientMessageLimit = 64 << 20;

// Connections that are not sessions (yet): cancel requests, clients that still log in, clients to be refused. As many
// as there are places may log in at once; so many more may be there.
constexpr std::size_t kMoreStrangers = 100;

// One of the sessions that may be at once, until it goes.
class Place {
 public:
  explicit Place(std::atomic<unsigned>& taken) : taken_(taken) {}
  ~Place() {
    if (mine_) --taken_;
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  bool take(unsigned most) {
    mine_ = ++taken_ <= most;
    if (!mine_) --taken_;
    return mine_;
  }

 private:
  std::atomic<unsigned>& taken_;
  bool mine_ = false;
};

void end_with(MessageStream& client, const Report& report) {
  client.send(report_message('E', report));
  client.end();
  client.flush();
}

// Made in place: it is neither copied nor moved.
std::optional<TlsIdentity> identity_of(const EndpointConfig& config) {
  if (config.tls.certificate.empty()) return std::nullopt;
  return std::optional<TlsIdentity>(std::in_place, config.tls.certificate, config.tls.key);
}

}  // namespace

Server::Server(const EndpointConfig& config, const Services& services, Log& log)
    : config_(config),
      services_(services),
      identity_(identity_of(config)),
      log_(log),
      stop_event_(make_wake()),
      listener_(listen_on(config.listen, config.port)) {}

Server::~Server() { stop(); }

void Server::stop() noexcept { wake(stop_event_); }

void Server::serve() {
  while (true) {
    std::array<pollfd, 2> ends{{{listener_.socket.descriptor(), POLLIN, 0}, {stop_event_.descriptor(), POLLIN, 0}}};
    if (::poll(ends.data(), ends.size(), -1) < 0) {
      if (errno == EINTR) continue;
      throw Error(ErrorKind::internal, "poll failed");
    }
    if (ends[1].revents != 0) break;
    accept_one();
    reap();
  }
  listener_.socket = Socket();
  while (!connections_.empty()) {
    cancel_keys_.cancel_all();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    reap();
  }
}

void Server::accept_one() {
  auto socket = accept_from(listener_.socket);
  if (!socket.open()) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
      log_.warning("no descriptor is free for another client; it waits");
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return;
  }
  make_room_for_strangers();
  // Those that had to go are still going: this one is closed.
  if (connections_.size() >= config_.max_connections + 2 * most_strangers()) return;
  auto& connection = connections_.emplace_back();
  connection.stranger.with([&](int& descriptor) { descriptor = socket.descriptor(); });
  try {
    connection.thread = std::jthread([this, &connection, client = std::move(socket)]() mutable {
      talk(connection, std::move(client));
      connection.over = true;
    });
  } catch (const std::system_error& error) {
    log_.warning(fmt::format("no thread for another client: {}", error.what()));
    connections_.pop_back();
  }
}

void Server::reap() {
  connections_.remove_if([](const Connection& connection) { return connection.over.load(); });
}

std::size_t Server::most_strangers() const noexcept { return config_.max_connections + kMoreStrangers; }

void Server::make_room_for_strangers() {
  reap();
  std::size_t strangers = 0;
  for (auto& connection : connections_) {
    if (connection.stranger.with([](int descriptor) { return descriptor >= 0; })) ++strangers;
  }
  for (auto& connection : connections_) {
    if (strangers < most_strangers()) return;
    const bool gone = connection.stranger.with([](int& descriptor) {
      if (descriptor < 0) return false;
      ::shutdown(descriptor, SHUT_RDWR);  // its thread sees the end of it
      descriptor = -1;
      return true;
    });
    if (gone) --strangers;
  }
}

std::optional<Login> Server::greet_stranger(Connection& connection, MessageStream& client,
                                            const std::function<bool()>& have_room) {
  // Before the descriptor is closed, and another connection's.
  struct NoStranger {
    Connection& connection;
    ~NoStranger() {
      connection.stranger.with([](int& descriptor) { descriptor = -1; });
    }
  } const no_stranger{connection};
  return greet(client, {.account = config_.account,
                        .find_user = services_.find_user,
                        .cancel_keys = cancel_keys_,
                        .stop_event = stop_event_,
                        .have_room = have_room,
                        .identity = identity_ ? &*identity_ : nullptr,
                        .patience = config_.login_patience});
}

void Server::talk(Connection& connection, Socket socket) noexcept {
  MessageStream client(std::move(socket), kClientMessageLimit);
  Place place(sessions_);
  try {
    const auto login = greet_stranger(connection, client, [&] { return place.take(config_.max_connections); });
    if (login) run_session(std::move(client), *login);
  } catch (const Stopped&) {
    end_with(client, make_report("FATAL", "57P03", "the database system is shutting down"));
  } catch (const ProtocolError& error) {
    end_with(client, make_report("FATAL", "08P01", error.what()));
  } catch (const std::exception& error) {
    log_.error(fmt::format("a connection ended: {}", error.what()));
    end_with(client, make_report("FATAL", "XX000", error.what()));
  }
}

void Server::run_session(MessageStream client, const Login& login) {
  std::optional<BackendSession> backend;
  try {
    backend = log_in_to_backend(config_.backend_socket(), login, stop_event_);
  } catch (const BackendError& error) {
    return end_with(client, error.report);
  } catch (const std::runtime_error& error) {
    log_.error(fmt::format("no PostgreSQL session for a client: {}", error.what()));
    return end_with(client, make_report("FATAL", "57P03", "the database system is not available"));
  }
  const auto interrupt = std::make_shared<Interrupt>(config_.backend_socket(), backend->key);
  const auto entry = cancel_keys_.add(backend->key.process, interrupt);
  Session session(services_, login, std::move(client), std::move(*backend), entry->key(), *interrupt, stop_event_);
  const auto watch = hangups_.watch(session.client_descriptor(), interrupt);
  session.run();
}

}  // namespace penstock::endpoint
