#include "redshift/session.h"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "base/text.h"
#include "redshift/conninfo.h"
#include "redshift/server_message.h"

namespace penstock::redshift {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kMaxNotices = 1000;

std::string field(const PGresult& result, int code) {
  const char* text = PQresultErrorField(&result, code);
  return text == nullptr ? std::string() : std::string(text);
}

std::string trimmed_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

Result rows_of(const PGresult& result) {
  Result out;
  const int columns = PQnfields(&result);
  for (int c = 0; c < columns; ++c) out.columns.emplace_back(PQfname(&result, c));
  const int rows = PQntuples(&result);
  out.rows.reserve(static_cast<std::size_t>(rows));
  for (int r = 0; r < rows; ++r) {
    auto& row = out.rows.emplace_back();
    row.reserve(static_cast<std::size_t>(columns));
    for (int c = 0; c < columns; ++c) {
      if (PQgetisnull(&result, r, c) != 0) {
        row.emplace_back(std::nullopt);
      } else {
        row.emplace_back(std::string(PQgetvalue(&result, r, c), static_cast<std::size_t>(PQgetlength(&result, r, c))));
      }
    }
  }
  return out;
}

}  // namespace

Session::StopSignal::StopSignal(const std::stop_token& stop)
    : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), on_stop_(stop, [fd = fd_.number()] {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(fd, &one, sizeof one);
      }) {
  if (fd() < 0) throw Error(ErrorKind::internal, "no eventfd: " + std::generic_category().message(errno));
}

Session::Session(const ConnectionConfig& config, SessionOptions options, Log& log)
    : options_(std::move(options)),
      log_(log),
      server_(fmt::format("{}@{}:{}/{}", printable(config.user), printable(config.host), config.port,
                          printable(config.database))),
      stop_signal_(options_.stop) {
  connect(config);
  prepare();
}

Session::~Session() { close(); }

void Session::connect(const ConnectionConfig& config) {
  const std::string doing = fmt::format("connect to {}", server_);
  for (const std::string& text : {config.host, config.database, config.user, config.password.reveal()}) {
    if (text.find('\0') != std::string::npos) throw Error(ErrorKind::invalid, doing + ": a NUL byte in the connection");
  }
  throw_if_stopped(doing);
  const Secret info = conninfo(config, options_.application_name, options_.connect_timeout);
  connection_.reset(PQconnectStart(info.reveal().c_str()));
  if (!connection_) throw Error(ErrorKind::internal, doing + ": out of memory");
  KeyListener key(connection_.get());
  PQsetErrorVerbosity(connection_.get(), PQERRORS_VERBOSE);  // so that a refused login shows its SQLSTATE
  PQsetNoticeReceiver(
      connection_.get(), [](void* self, const PGresult* notice) { static_cast<Session*>(self)->take_notice(*notice); },
      this);

  const Patience patience{.deadline = steady_clock::now() + options_.connect_timeout};
  PostgresPollingStatusType next =
      PQstatus(connection_.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (next != PGRES_POLLING_OK) {
    if (next == PGRES_POLLING_FAILED) throw connect_error(doing, PQerrorMessage(connection_.get()));
    switch (wait(next == PGRES_POLLING_READING ? POLLIN : POLLOUT, patience)) {
      case Woken::stopped:
        throw Error(ErrorKind::cancelled, doing + ": stopped on request");
      case Woken::late:
        throw Error(ErrorKind::unavailable,
                    fmt::format("{}: no answer within {} ms", doing, options_.connect_timeout.count()));
      case Woken::ready:
        break;
    }
    next = PQconnectPoll(connection_.get());
  }
  PQsetErrorVerbosity(connection_.get(), PQERRORS_DEFAULT);
  PQsetnonblocking(connection_.get(), 1);
  backend_pid_ = PQbackendPID(connection_.get());
  cancel_.with([&](auto& cancel) { cancel = key.request(); });
}

void Session::prepare() {
  const std::string doing = fmt::format("prepare the session on {}", server_);
  const Patience patience{.deadline = steady_clock::now() + options_.connect_timeout};
  judged(ask(Sql("SET timezone TO 'UTC'"), patience), doing);
  judged(ask(Sql("SET datestyle TO 'ISO, MDY'"), patience), doing);
  read_backslashes_as_escapes(patience, doing);
  const Answer grouped = ask(Sql("SET query_group TO ") << Literal(options_.application_name), patience);
  if (grouped.failure && !grouped.lost) {  // a label for people; no reason to stop
    log_.debug(fmt::format("{}: no query_group: {}", doing, in_one_line(grouped.failure->primary, {})));
  } else {
    judged(grouped, doing);
  }
}

// Literal doubles backslashes, for Redshift reads them as escapes. A server that says that it does not is asked, and
// then told.
void Session::read_backslashes_as_escapes(const Patience& patience, std::string_view doing) {
  const char* const standard = PQparameterStatus(connection_.get(), "standard_conforming_strings");
  if (standard == nullptr || std::string_view(standard) != "on") return;
  if (judged(ask(Sql(R"(SELECT '\\')"), patience), doing).scalar() == "\\") return;
  judged(ask(Sql("SET standard_conforming_strings TO off"), patience), doing);
  judged(ask(Sql("SET escape_string_warning TO off"), patience), doing);
}

Session::Woken Session::wait(short events, const Patience& patience) const {
  while (true) {
    if (patience.heeds_stop && options_.stop.stop_requested()) return Woken::stopped;
    int timeout = -1;  // ms
    if (patience.deadline) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*patience.deadline - steady_clock::now()).count();
      if (left <= 0) return Woken::late;
      timeout = static_cast<int>(std::min<std::int64_t>(left, 3'600'000));
    }
    const int socket = PQsocket(connection_.get());
    if (socket < 0) return Woken::ready;  // lost: libpq says so at the next call
    std::array<pollfd, 2> fds{{{socket, events, 0}, {stop_signal_.fd(), POLLIN, 0}}};
    const int ready = ::poll(fds.data(), patience.heeds_stop ? 2 : 1, timeout);
    if (ready < 0 && errno != EINTR) {
      throw Error(ErrorKind::internal,
                  fmt::format("waiting for {}: {}", server_, std::generic_category().message(errno)));
    }
    if (ready > 0 && fds[0].revents != 0) return Woken::ready;
  }
}

// False: the connection was given up, which the answer then says.
bool Session::await(short events, Patience& patience, Answer& answer) {
  const Woken woken = wait(events, patience);
  if (woken == Woken::ready) return true;
  if (answer.interruption != Answer::Interruption::none) {  // and the grace is over
    close();
    answer.lost = "no answer to the request to cancel";
    if (!patience.cancels) answer.lost = "no answer in time";
    return false;
  }
  answer.interruption = woken == Woken::stopped ? Answer::Interruption::stopped : Answer::Interruption::late;
  if (patience.cancels) cancel();
  patience.deadline = steady_clock::now() + options_.grace;
  patience.heeds_stop = false;
  return true;
}

Answer Session::ask(const Statement& statement, Patience patience) {
  Answer answer;
  notices_.clear();
  log_.debug(statement.shown());
  if (!alive()) {
    answer.lost = "it had been lost before";
    return answer;
  }
  const Asking asking(*this, statement);
  if (PQsendQuery(connection_.get(), statement.text().c_str()) == 0) {
    answer.lost = trimmed_end(PQerrorMessage(connection_.get()));
    close();
    return answer;
  }
  answer.sent = true;
  if (!flush(patience, answer) || !collect(patience, answer)) return answer;
  if (!alive() && !answer.lost) answer.lost = trimmed_end(PQerrorMessage(connection_.get()));
  return answer;
}

bool Session::flush(Patience& patience, Answer& answer) {
  // -1 is no end: what the server had to say before it hung up is still to be read
  while (PQflush(connection_.get()) == 1) {
    if (!await(POLLIN | POLLOUT, patience, answer)) return false;
    if (PQconsumeInput(connection_.get()) == 0) break;
  }
  return true;
}

bool Session::input_pending() const {
  // OpenSSL may hold bytes that it has decrypted and libpq not yet asked for; the socket does not show them
  auto* const ssl = static_cast<SSL*>(PQsslStruct(connection_.get(), "OpenSSL"));
  return ssl != nullptr && SSL_pending(ssl) > 0;
}

bool Session::collect(Patience& patience, Answer& answer) {
  while (true) {
    while (PQisBusy(connection_.get()) != 0) {
      if (!input_pending() && !await(POLLIN, patience, answer)) return false;
      if (PQconsumeInput(connection_.get()) == 0) break;
    }
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQgetResult(connection_.get()), &PQclear);
    if (!result) return true;
    take(*result, answer);
    if (!alive() && !answer.lost) answer.lost = trimmed_end(PQerrorMessage(connection_.get()));
    if (answer.lost) return true;
  }
}

void Session::take(const PGresult& result, Answer& answer) {
  switch (PQresultStatus(&result)) {
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY: {
      answer.result = rows_of(result);
      auto* const counted = const_cast<PGresult*>(&result);  // libpq's two functions only read
      answer.result->tag = PQcmdStatus(counted);
      const std::string_view count = PQcmdTuples(counted);
      std::from_chars(count.data(), count.data() + count.size(), answer.result->affected);
      return;
    }
    case PGRES_FATAL_ERROR: {
      Answer::Failure failure{.sqlstate = field(result, PG_DIAG_SQLSTATE),
                              .primary = asked_->masked(field(result, PG_DIAG_MESSAGE_PRIMARY)),
                              .detail = asked_->masked(field(result, PG_DIAG_MESSAGE_DETAIL))};
      if (failure.sqlstate.empty()) {  // not the server's: libpq's word on the connection
        if (!answer.lost) answer.lost = trimmed_end(PQresultErrorMessage(&result));
        if (alive()) close();
      } else if (!answer.failure) {
        answer.failure = std::move(failure);
      }
      return;
    }
    default:  // COPY's data and what else we never ask for: there is no way back into step
      answer.lost =
          fmt::format("the server began {}, which penstock does not speak", PQresStatus(PQresultStatus(&result)));
      close();
  }
}

void Session::take_notice(const PGresult& notice) noexcept {
  try {
    std::string text = field(notice, PG_DIAG_MESSAGE_PRIMARY);
    if (asked_ != nullptr) text = asked_->masked(std::move(text));
    log_.debug(fmt::format("{}: {}", field(notice, PG_DIAG_SEVERITY), printable(text)));
    if (notices_.size() < kMaxNotices) notices_.push_back(std::move(text));
  } catch (const std::exception&) {  // called by C; a notice that does not fit into memory is dropped
    return;
  }
}

Result Session::judged(Answer answer, std::string_view doing) const {
  if (answer.interruption == Answer::Interruption::stopped) {
    throw Error(ErrorKind::cancelled, fmt::format("{}: stopped on request", doing));
  }
  const bool late = answer.interruption == Answer::Interruption::late;
  if (late && answer.failure && answer.failure->sqlstate == "57014") {
    throw Error(ErrorKind::busy, fmt::format("{}: not done by its deadline, and cancelled", doing));
  }
  if (answer.failure) {
    throw ServerError(kind_of(answer.failure->sqlstate, answer.failure->primary),
                      fmt::format("{}: {}", doing, in_one_line(answer.failure->primary, answer.failure->detail)),
                      answer.failure->sqlstate, answer.failure->primary, answer.failure->detail);
  }
  if (answer.lost) {
    throw Error(ErrorKind::unavailable,
                fmt::format("{}: the connection to {} was lost: {}", doing, server_, in_one_line(*answer.lost, {})));
  }
  if (!answer.result) throw Error(ErrorKind::internal, fmt::format("{}: the server gave no result", doing));
  return std::move(*answer.result);
}

void Session::throw_if_stopped(std::string_view doing) const {
  if (options_.stop.stop_requested()) {
    throw Error(ErrorKind::cancelled, fmt::format("{}: stopped on request", doing));
  }
}

void Session::cancel() noexcept {
  const auto request = cancel_.with([](auto& cancel) { return cancel; });
  if (!request) return;
  if (const std::string why = request->send(options_.grace); !why.empty()) {
    log_.warning("the request to cancel was not taken: " + why);
  }
}

void Session::close() noexcept {
  cancel_.with([](auto& cancel) { cancel.reset(); });
  connection_.reset();
}

bool Session::alive() const noexcept { return connection_ && PQstatus(connection_.get()) == CONNECTION_OK; }

PGTransactionStatusType Session::transaction_status() const noexcept {
  return connection_ ? PQtransactionStatus(connection_.get()) : PQTRANS_UNKNOWN;
}

}  // namespace penstock::redshift
