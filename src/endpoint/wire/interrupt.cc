#include "endpoint/wire/interrupt.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "endpoint/wire/md5_password.h"
#include "endpoint/wire/messages.h"
#include "endpoint/wire/socket.h"

namespace penstock::endpoint {

Interrupt::Interrupt(std::string backend_path, BackendKey backend_key)
    : backend_path_(std::move(backend_path)), backend_key_(backend_key) {}

void Interrupt::cancel() noexcept {
  try {
    auto statement = statement_.with([](const std::stop_source& current) { return current; });
    statement.request_stop();
    const auto socket = connect_unix(backend_path_);
    const auto request = cancel_request(backend_key_.process, backend_key_.secret);
    ::send(socket.descriptor(), request.data(), request.size(), MSG_NOSIGNAL);
    // PostgreSQL closes once it has passed the signal on; leaving before that could lose it.
    pollfd end{socket.descriptor(), POLLIN, 0};
    ::poll(&end, 1, 5000);
  } catch (const std::exception&) {
    return;  // no way to PostgreSQL: the session finds out by itself
  }
}

void Interrupt::client_is_gone() noexcept {
  abandoned_ = true;
  cancel();
}

std::stop_token Interrupt::begin_statement() {
  return statement_.with([](std::stop_source& statement) {
    statement = std::stop_source();
    return statement.get_token();
  });
}

CancelKeys::Entry::~Entry() {
  keys_.sessions_.with([&](auto& sessions) {
    // PostgreSQL may have given the process number to a later session already.
    const auto found = sessions.find(key_.process);
    if (found != sessions.end() && found->second.secret == key_.secret) sessions.erase(found);
  });
}

std::unique_ptr<CancelKeys::Entry> CancelKeys::add(std::int32_t process, std::shared_ptr<Interrupt> interrupt) {
  BackendKey key{process, 0};
  std::memcpy(&key.secret, random_bytes(sizeof key.secret).data(), sizeof key.secret);
  sessions_.with([&](auto& sessions) { sessions[process] = {key.secret, std::move(interrupt)}; });
  return std::make_unique<Entry>(*this, key);
}

void CancelKeys::cancel(BackendKey key) {
  // Taken out of the lock: a cancel talks to PostgreSQL.
  const auto interrupt = sessions_.with([&](auto& sessions) -> std::shared_ptr<Interrupt> {
    const auto found = sessions.find(key.process);
    if (found == sessions.end() || found->second.secret != key.secret) return nullptr;
    return found->second.interrupt;
  });
  if (interrupt) interrupt->cancel();
}

void CancelKeys::cancel_all() {
  std::vector<std::shared_ptr<Interrupt>> all;
  sessions_.with([&](auto& sessions) {
    for (const auto& [process, session] : sessions) all.push_back(session.interrupt);
  });
  for (const auto& interrupt : all) interrupt->cancel();
}

}  // namespace penstock::endpoint
