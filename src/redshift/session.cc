#include "redshift/session.h"

#include <fmt/format.h>
#include <poll.h>

#include <charconv>

#include "base/text.h"
#include "pq/server_message.h"
#include "redshift/conninfo.h"

namespace penstock::redshift {
namespace {

using pq::in_one_line;
using pq::trimmed_end;
using pq::Woken;
using std::chrono::steady_clock;

constexpr std::size_t kMaxNotices = 1000;

std::string field(const PGresult& result, int code) {
  const char* text = PQresultErrorField(&result, code);
  return text == nullptr ? std::string() : std::string(text);
}

Result rows_of(const PGresult& result) {
  Result out;
  const int columns = PQnfields(&result);
  for (int c = 0; c < columns; ++c) {
    out.columns.emplace_back(PQfname(&result, c));
    out.types.push_back({.oid = PQftype(&result, c), .modifier = PQfmod(&result, c)});
  }
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

Session::Session(const ConnectionConfig& config, SessionOptions options, Log& log)
    : options_(std::move(options)),
      log_(log),
      server_(fmt::format("{}@{}:{}/{}", printable(config.user), printable(config.host), config.port,
                          printable(config.database))),
      link_(options_.stop) {
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
  link_.connect(
      info, doing, options_.connect_timeout,
      [](void* self, const PGresult* notice) { static_cast<Session*>(self)->take_notice(*notice); }, this);
  backend_pid_ = PQbackendPID(link_.get());
}

void Session::prepare() {
  const std::string doing = fmt::format("prepare the session on {}", server_);
  const Patience patience{.deadline = steady_clock::now() + options_.connect_timeout};
  judged(ask(Sql("SET timezone TO 'UTC'"), patience), doing);
  judged(ask(Sql("SET datestyle TO 'ISO, MDY'"), patience), doing);
  read_backslashes_as_escapes(patience, doing);
  Answer grouped = ask(Sql("SET query_group TO ") << Literal(options_.application_name), patience);
  if (grouped.failure && !grouped.lost) {  // a label for people; no reason to stop
    log_.debug(fmt::format("{}: no query_group: {}", doing, in_one_line(grouped.failure->primary, {})));
  } else {
    judged(std::move(grouped), doing);
  }
}

// Literal doubles backslashes, for Redshift reads them as escapes. A server that says that it does not is asked, and
// then told.
void Session::read_backslashes_as_escapes(const Patience& patience, std::string_view doing) {
  const char* const standard = PQparameterStatus(link_.get(), "standard_conforming_strings");
  if (standard == nullptr || std::string_view(standard) != "on") return;
  if (judged(ask(Sql(R"(SELECT '\\')"), patience), doing).scalar() == "\\") return;
  judged(ask(Sql("SET standard_conforming_strings TO off"), patience), doing);
  judged(ask(Sql("SET escape_string_warning TO off"), patience), doing);
}

// False: the connection was given up, which the answer then says.
bool Session::await(short events, Patience& patience, Answer& answer) {
  const Woken woken = link_.wait(events, patience.deadline, patience.heeds_stop);
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
  return receive(statement, send(statement, patience), patience);
}

Answer Session::send(const Statement& statement, Patience patience) {
  Answer answer;
  notices_.clear();
  log_.debug(statement.shown());
  if (!alive()) {
    answer.lost = "it had been lost before";
    return answer;
  }
  const Asking asking(*this, statement);
  if (PQsendQuery(link_.get(), statement.text().c_str()) == 0) {
    answer.lost = trimmed_end(PQerrorMessage(link_.get()));
    close();
    return answer;
  }
  answer.sent = true;
  flush(patience, answer);
  return answer;
}

Answer Session::receive(const Statement& statement, Answer answer, Patience patience) {
  if (answer.lost) return answer;
  const Asking asking(*this, statement);
  if (answer.interruption != Answer::Interruption::none) {  // cancelled while it was sent
    patience.deadline = steady_clock::now() + options_.grace;
    patience.heeds_stop = false;
  }
  if (!collect(patience, answer)) return answer;
  if (!alive() && !answer.lost) answer.lost = trimmed_end(PQerrorMessage(link_.get()));
  return answer;
}

bool Session::flush(Patience& patience, Answer& answer) {
  // -1 is no end: what the server had to say before it hung up is still to be read
  while (PQflush(link_.get()) == 1) {
    if (!await(POLLIN | POLLOUT, patience, answer)) return false;
    if (PQconsumeInput(link_.get()) == 0) break;
  }
  return true;
}

bool Session::collect(Patience& patience, Answer& answer) {
  while (true) {
    while (PQisBusy(link_.get()) != 0) {
      if (!link_.input_pending() && !await(POLLIN, patience, answer)) return false;
      if (PQconsumeInput(link_.get()) == 0) break;
    }
    Received result(PQgetResult(link_.get()));
    if (!result) return true;
    if (patience.keeps_rows && PQresultStatus(result.get()) == PGRES_TUPLES_OK) {
      answer.result.emplace();
      answer.rows = std::move(result);
    } else {
      take(*result, answer);
    }
    if (!alive() && !answer.lost) answer.lost = trimmed_end(PQerrorMessage(link_.get()));
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
    throw ServerError(pq::kind_of(answer.failure->sqlstate, answer.failure->primary),
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
  if (const std::string why = link_.cancel(options_.grace); !why.empty()) {
    log_.warning("the request to cancel was not taken: " + why);
  }
}

void Session::close() noexcept { link_.close(); }

bool Session::alive() const noexcept { return link_.alive(); }

PGTransactionStatusType Session::transaction_status() const noexcept {
  return link_.get() != nullptr ? PQtransactionStatus(link_.get()) : PQTRANS_UNKNOWN;
}

}  // namespace penstock::redshift
