#include "postgres/copy_in.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "penstock/error.h"
#include "pq/server_message.h"

namespace penstock::postgres {
namespace {

constexpr std::size_t kMessage = std::size_t{64} << 10;  // bytes of a message of the protocol

}  // namespace

CopyIn::CopyIn(Session& session, const std::string& statement, std::string doing)
    : session_(session), doing_(std::move(doing)) {
  session_.send(statement, doing_);
  const auto result = session_.next_result(doing_);
  if (!result || PQresultStatus(result.get()) != PGRES_COPY_IN) {
    throw Error(ErrorKind::internal, doing_ + ": the server did not begin to copy");
  }
}

CopyIn::~CopyIn() {
  if (!has_ended_) session_.cancel();
}

void CopyIn::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view message = bytes.substr(0, kMessage);
    const int taken = PQputCopyData(session_.link_.get(), message.data(), static_cast<int>(message.size()));
    if (taken < 0) lose();
    if (taken > 0) bytes.remove_prefix(message.size());
    flush();
  }
}

std::uint64_t CopyIn::finish() {
  if (PQputCopyEnd(session_.link_.get(), nullptr) < 0) lose();
  std::uint64_t rows = 0;
  // an error of the server's ends the COPY, and the session
  while (const auto result = session_.next_result(doing_)) {
    const std::string_view count = PQcmdTuples(result.get());
    std::from_chars(count.data(), count.data() + count.size(), rows);
  }
  has_ended_ = true;
  return rows;
}

// All that was given is sent. While a server reads rows it says nothing, but for notices: what else it says is why it
// reads no more.
void CopyIn::flush() {
  PGconn* const connection = session_.link_.get();
  while (true) {
    const int left = PQflush(connection);
    if (left < 0) lose();
    std::array<pollfd, 1> socket{{{PQsocket(connection), POLLIN, 0}}};
    const bool says_something = session_.link_.input_pending() || ::poll(socket.data(), socket.size(), 0) > 0;
    if (says_something) {
      const std::uint64_t notices = session_.notices_;
      if (PQconsumeInput(connection) == 0) lose();
      PQisBusy(connection);  // takes the notices
      if (session_.notices_ == notices) say_failure();
    }
    if (left == 0) break;
    session_.wait(POLLIN | POLLOUT, doing_);
  }
  session_.throw_if_stopped(doing_);
}

void CopyIn::say_failure() {
  has_ended_ = true;
  if (PQputCopyEnd(session_.link_.get(), "it was taken back") >= 0) {
    while (const auto result = session_.next_result(doing_)) continue;
  }
  lose();
}

void CopyIn::lose() {
  has_ended_ = true;
  throw Error(ErrorKind::unavailable,
              fmt::format("{}: the connection was lost: {}", doing_,
                          pq::in_one_line(pq::trimmed_end(PQerrorMessage(session_.link_.get())), {})));
}

}  // namespace penstock::postgres
