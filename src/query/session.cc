#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <chrono>
#include <utility>

#include "base/text.h"
#include "penstock/error.h"
#include "penstock/query.h"
#include "postgres/address.h"
#include "pq/link.h"
#include "pq/server_message.h"
#include "query/values.h"
#include "redshift/conninfo.h"
#include "redshift/sql.h"

namespace penstock {
namespace {

using pq::in_one_line;
using pq::trimmed_end;
using pq::Woken;
using std::chrono::steady_clock;

constexpr char kApplication[] = "penstock";
constexpr std::chrono::milliseconds kConnectTimeout{30'000};
constexpr std::chrono::milliseconds kGrace{10'000};  // for the answer to a cancelled statement, then we hang up

std::string field(const PGresult& result, int code) {
  const char* text = PQresultErrorField(&result, code);
  return text == nullptr ? std::string() : std::string(text);
}

struct Clear {
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using Received = std::unique_ptr<PGresult, Clear>;

Secret conninfo_of(const QueryServer& server) {
  if (const auto* cluster = std::get_if<ConnectionConfig>(&server)) {
    return redshift::conninfo(*cluster, kApplication, kConnectTimeout);
  }
  return postgres::conninfo(std::get<ServerUri>(server), kApplication);
}

std::string name_of(const QueryServer& server) {
  if (const auto* cluster = std::get_if<ConnectionConfig>(&server)) {
    return fmt::format("{}@{}:{}/{}", printable(cluster->user), printable(cluster->host), cluster->port,
                       printable(cluster->database));
  }
  const auto& uri = std::get<ServerUri>(server);
  return fmt::format("postgresql://{}@{}{}/{}", printable(uri.user), printable(uri.host),
                     uri.port == 0 ? "" : fmt::format(":{}", uri.port), printable(uri.database));
}

}  // namespace

struct QuerySession::Impl {
  Log& log;
  const std::string name;
  const std::string querying = "run a query on " + name;
  pq::Link link;
  bool heeds_stop = true;
  bool is_cancelled = false;
  std::optional<steady_clock::time_point> deadline{};
  bool is_running = false;  // a text was sent, and not all of its results were taken
  std::optional<bool> backslash_escapes{};
  Received row{};
  std::vector<QueryColumn> columns{};
  bool has_described = false;  // the columns, of the statement whose rows come now
  std::size_t results = 0;
  std::string tag{};

  Impl(const QueryServer& server, Log& of, const std::stop_token& stop) : log(of), name(name_of(server)), link(stop) {
    const std::string doing = "connect to " + name;
    throw_if_stopped(doing);
    link.connect(
        conninfo_of(server), doing, kConnectTimeout,
        [](void* self, const PGresult* notice) { static_cast<Impl*>(self)->take_notice(*notice); }, this);
    send("SET datestyle TO 'ISO, MDY'", "prepare the session on " + name);
    finish("prepare the session on " + name);
  }

  ~Impl() {
    if (is_running) cancel();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void throw_if_stopped(std::string_view doing) const {
    if (link.stop_signal().requested()) {
      throw Error(ErrorKind::cancelled, fmt::format("{}: stopped on request", doing));
    }
  }

  void cancel() noexcept {
    if (const std::string why = link.cancel(kGrace); !why.empty()) {
      log.warning(fmt::format("{}: the request to cancel was not taken: {}", name, why));
    }
  }

  [[noreturn]] void lose(std::string_view doing, std::string_view words) {
    link.close();
    is_running = false;
    throw Error(ErrorKind::in_doubt,
                fmt::format("{}: the connection was lost before the answer came ({}): whether it was done is not known",
                            doing, in_one_line(words, {})));
  }

  void wait(short events, std::string_view doing) {
    const Woken woken = link.wait(events, deadline, heeds_stop);
    if (woken == Woken::ready) return;
    if (is_cancelled) lose(doing, "no answer to the request to cancel");
    is_cancelled = true;
    heeds_stop = false;
    deadline = steady_clock::now() + kGrace;
    cancel();
  }

  void send(const std::string& text, std::string_view doing) {
    throw_if_stopped(doing);
    if (!link.alive()) throw Error(ErrorKind::unavailable, fmt::format("{}: the connection had been lost", doing));
    columns.clear();
    row.reset();
    results = 0;
    has_described = false;
    tag.clear();
    if (PQsendQuery(link.get(), text.c_str()) == 0) {
      const std::string words = trimmed_end(PQerrorMessage(link.get()));
      link.close();
      throw Error(ErrorKind::unavailable, fmt::format("{}: the connection was lost: {}", doing, words));
    }
    is_running = true;
    PQsetSingleRowMode(link.get());
    // -1 is no end: what the server had to say before it hung up is still to be read
    while (PQflush(link.get()) == 1) {
      wait(POLLIN | POLLOUT, doing);
      if (PQconsumeInput(link.get()) == 0) break;
    }
  }

  Received next_result(std::string_view doing) {
    while (PQisBusy(link.get()) != 0) {
      if (!link.input_pending()) wait(POLLIN, doing);
      if (PQconsumeInput(link.get()) == 0) break;
    }
    Received result(PQgetResult(link.get()));
    if (!result && !link.alive()) lose(doing, trimmed_end(PQerrorMessage(link.get())));
    return result;
  }

  void describe(const PGresult& result) {
    columns.clear();
    for (int c = 0; c < PQnfields(&result); ++c) {
      columns.push_back({.name = PQfname(&result, c), .type = PQftype(&result, c)});
    }
    has_described = true;
    ++results;
  }

  bool next(std::string_view doing) {
    if (!is_running) return false;
    while (Received result = next_result(doing)) {
      switch (PQresultStatus(result.get())) {
        case PGRES_SINGLE_TUPLE:
          if (!has_described) describe(*result);
          row = std::move(result);
          return true;
        case PGRES_TUPLES_OK:  // the end of a statement's rows
          if (!has_described) describe(*result);
          has_described = false;
          tag = PQcmdStatus(result.get());
          break;
        case PGRES_COMMAND_OK:
        case PGRES_EMPTY_QUERY:
          tag = PQcmdStatus(result.get());
          break;
        case PGRES_FATAL_ERROR:
          fail(*result, doing);
        default:  // COPY's data: there is no way back into step
          link.close();
          is_running = false;
          throw Error(
              ErrorKind::refused,
              fmt::format("{}: a COPY from or to the client is not taken here: COPY from S3, or penstock upsert",
                          doing));
      }
    }
    row.reset();
    is_running = false;
    return false;
  }

  void finish(std::string_view doing) {
    while (next(doing)) continue;
  }

  [[noreturn]] void fail(const PGresult& result, std::string_view doing) {
    const std::string sqlstate = field(result, PG_DIAG_SQLSTATE);
    if (sqlstate.empty()) lose(doing, trimmed_end(PQresultErrorMessage(&result)));
    const std::string primary = field(result, PG_DIAG_MESSAGE_PRIMARY);
    std::string said = in_one_line(primary, field(result, PG_DIAG_MESSAGE_DETAIL));
    if (const std::string at = field(result, PG_DIAG_STATEMENT_POSITION); !at.empty()) said += ", at character " + at;
    const ErrorKind kind = is_cancelled && sqlstate == "57014" ? ErrorKind::cancelled : pq::kind_of(sqlstate, primary);
    const std::string message = kind == ErrorKind::cancelled ? fmt::format("{}: stopped on request", doing)
                                                             : fmt::format("{}: {}", doing, said);
    try {
      while (next_result(doing)) continue;
      is_running = false;
    } catch (const Error&) {  // the server hung up behind its word, which counts
      is_running = false;
    }
    throw Error(kind, message);
  }

  void take_notice(const PGresult& notice) noexcept {
    try {
      log.debug(
          fmt::format("{}: {}", field(notice, PG_DIAG_SEVERITY), printable(field(notice, PG_DIAG_MESSAGE_PRIMARY))));
    } catch (const std::exception&) {  // called by C; a notice that does not fit into memory is dropped
      return;
    }
  }

  // Redshift reads '\\' as one backslash, and so do sessions of PostgreSQL that are set to.
  bool reads_backslashes_as_escapes() {
    if (!backslash_escapes) {
      const std::string doing = "ask how backslashes are read on " + name;
      send(R"(SELECT length('\\'))", doing);
      bool escapes = false;
      while (next(doing)) escapes = std::string_view(PQgetvalue(row.get(), 0, 0)) == "1";
      backslash_escapes = escapes;
    }
    return *backslash_escapes;
  }

  std::string quoted(std::string_view text) {
    const redshift::Literal literal(text);  // and refuses what is no text
    if (text.find('\\') == std::string_view::npos || reads_backslashes_as_escapes()) return literal.quoted();
    std::string out = "'";
    for (const char c : text) {
      if (c == '\'') out += '\'';
      out += c;
    }
    return out += '\'';
  }

  std::string bound(std::string_view text, const std::optional<QueryValues>& values) {
    if (text.find('\0') != std::string_view::npos) throw Error(ErrorKind::invalid, "a statement holds a NUL byte");
    if (!values) return std::string(text);
    return with_values(text, *values, [this](std::string_view value) { return quoted(value); });
  }

  // What is left of another text's rows would come before an answer.
  void give_up_rows(std::string_view doing) {
    if (!is_running) return;
    cancel();
    try {
      finish(doing);
    } catch (const Error& e) {
      if (!link.alive()) throw Error(ErrorKind::unavailable, e.what());
    }
  }
};

QuerySession::QuerySession(const QueryServer& server, Log& log, const std::stop_token& stop)
    : impl_(std::make_unique<Impl>(server, log, stop)) {}

QuerySession::~QuerySession() = default;

std::string QuerySession::execute(std::string_view text, const std::optional<QueryValues>& values) {
  const std::string doing = "run a statement on " + impl_->name;
  impl_->give_up_rows(doing);
  impl_->send(impl_->bound(text, values), doing);
  impl_->finish(doing);
  return impl_->tag;
}

void QuerySession::execute_together(const std::vector<BoundText>& texts) {
  const std::string doing = "run statements in one transaction on " + impl_->name;
  impl_->give_up_rows(doing);
  const auto run = [&](const std::string& text) {
    impl_->send(text, doing);
    impl_->finish(doing);
  };
  run("BEGIN");
  try {
    for (const auto& [text, values] : texts) run(impl_->bound(text, values));
  } catch (const Error& e) {
    impl_->link.close();  // which rolls back
    if (e.kind() != ErrorKind::in_doubt) throw Error(e.kind(), fmt::format("{}; nothing of it holds", e.what()));
    throw Error(ErrorKind::unavailable, fmt::format("{}: the connection was lost; nothing of it holds", doing));
  }
  run("COMMIT");
  if (impl_->tag != "COMMIT") {
    throw Error(ErrorKind::refused, fmt::format("{}: the server rolled back, and says {}; nothing of it holds", doing,
                                                printable(impl_->tag)));
  }
}

void QuerySession::query(std::string_view text, const std::optional<QueryValues>& values) {
  impl_->give_up_rows(impl_->querying);
  impl_->send(impl_->bound(text, values), impl_->querying);
}

bool QuerySession::next() { return impl_->next(impl_->querying); }

std::optional<std::string_view> QuerySession::value(std::size_t column) const {
  const int c = static_cast<int>(column);
  if (!impl_->row || c >= PQnfields(impl_->row.get())) throw Error(ErrorKind::internal, "there is no such value");
  if (PQgetisnull(impl_->row.get(), 0, c) != 0) return std::nullopt;
  return std::string_view(PQgetvalue(impl_->row.get(), 0, c),
                          static_cast<std::size_t>(PQgetlength(impl_->row.get(), 0, c)));
}

const std::vector<QueryColumn>& QuerySession::columns() const noexcept { return impl_->columns; }
std::size_t QuerySession::results() const noexcept { return impl_->results; }
const std::string& QuerySession::server() const noexcept { return impl_->name; }

}  // namespace penstock
