#include "redshift/connection.h"

#include "pq/server_message.h"
#include "redshift/session.h"

namespace penstock::redshift {

bool ServerError::serialization_failure() const noexcept {
  return pq::lost_against_another(sqlstate_, primary_, detail_);
}

const std::optional<std::string>& Result::scalar() const {
  if (rows.empty() || rows.front().empty()) {
    throw Error(ErrorKind::internal, "a statement that gives one value gave none");
  }
  return rows.front().front();
}

Connection::Connection(const ConnectionConfig& config, SessionOptions options, Log& log)
    : impl_(new Impl{Session(config, std::move(options), log)}) {}

Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

Result Connection::execute(const Statement& statement, std::string_view doing, std::optional<Deadline> deadline) {
  impl_->session.throw_if_stopped(doing);
  return impl_->session.judged(impl_->session.ask(statement, {.deadline = deadline}), doing);
}

const std::vector<std::string>& Connection::notices() const noexcept { return impl_->session.notices(); }
int Connection::backend_pid() const noexcept { return impl_->session.backend_pid(); }
bool Connection::alive() const noexcept { return impl_->session.alive(); }
const std::string& Connection::server() const noexcept { return impl_->session.server(); }
void Connection::cancel() noexcept { impl_->session.cancel(); }

}  // namespace penstock::redshift
