#include "postgres/session.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "penstock/error.h"
#include "postgres/address.h"
#include "pq/server_message.h"

namespace penstock::postgres {
namespace {

// Of the transaction alone: between us and the server may be a pool, whose sessions are others' afterwards.
constexpr char kSettings[] =
    "SET LOCAL timezone TO 'UTC'; SET LOCAL datestyle TO 'ISO, MDY'; SET LOCAL intervalstyle TO 'postgres'; "
    "SET LOCAL bytea_output TO 'hex'; SET LOCAL extra_float_digits TO 3; SET LOCAL lc_monetary TO 'C'";
// A server looks after its client while it runs a query, so that one that was killed, or whose request to cancel came
// before the query did, leaves nothing running.
constexpr char kLookAfterClient[] = "SET LOCAL client_connection_check_interval TO '1s'";
constexpr int kLooksAfterClients = 140'000;

std::string field(const PGresult& result, int code) {
  const char* text = PQresultErrorField(&result, code);
  return text == nullptr ? std::string() : std::string(text);
}

std::string word(const char* text) { return text == nullptr ? std::string() : printable(text); }

std::string name_of(PGconn* connection) {
  const std::string host = word(PQhost(connection));
  return fmt::format("postgresql://{}@{}:{}/{}", word(PQuser(connection)), host, word(PQport(connection)),
                     word(PQdb(connection)));
}

}  // namespace

Session::Session(const ServerUri& server, const SessionOptions& options, Log& log, std::string_view snapshot)
    : options_(options), log_(log), name_("postgresql://" + printable(server.host)), link_(options.stop) {
  link_.connect(
      conninfo(server, options_.application_name), "connect to " + name_, options_.connect_timeout,
      [](void* self, const PGresult* notice) { static_cast<Session*>(self)->take_notice(*notice); }, this);
  name_ = name_of(link_.get());
  const std::string doing = fmt::format("begin to {} {}", options_.writes ? "write into" : "read", name_);
  execute(options_.writes ? "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
                          : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
          doing);
  if (options_.writes) execute(fmt::format("SET LOCAL lock_timeout TO '{}s'", options_.lock_timeout.count()), doing);
  if (!snapshot.empty()) execute("SET TRANSACTION SNAPSHOT " + literal(std::string(snapshot)), doing);
  execute(kSettings, doing);
  if (version() >= kLooksAfterClients) execute(kLookAfterClient, doing);
}

std::vector<Row> Session::execute(const std::string& sql, std::string_view doing) {
  send(sql, doing);
  std::vector<Row> rows;
  while (const Result result = next_result(doing)) {
    for (int r = 0; r < PQntuples(result.get()); ++r) {
      Row& row = rows.emplace_back();
      for (int c = 0; c < PQnfields(result.get()); ++c) {
        if (PQgetisnull(result.get(), r, c) != 0) {
          row.emplace_back();
        } else {
          row.emplace_back(PQgetvalue(result.get(), r, c));
        }
      }
    }
  }
  return rows;
}

std::vector<Column> Session::describe(const std::string& query) {
  const std::string doing = fmt::format("look at the query for {}", name_);
  throw_if_stopped(doing);
  PQsendPrepare(link_.get(), "", query.c_str(), 0, nullptr);
  only_result(doing);
  PQsendDescribePrepared(link_.get(), "");
  const Result described = only_result(doing);
  if (PQnparams(described.get()) > 0) {
    throw Error(ErrorKind::refused, doing + ": it has parameters ($1), and there is nothing to give for them");
  }
  const int count = PQnfields(described.get());
  if (count == 0) throw Error(ErrorKind::refused, doing + ": it gives no columns");
  std::string types = "SELECT";
  for (int c = 0; c < count; ++c) {
    types += fmt::format("{} format_type({}, {})", c == 0 ? "" : ",", PQftype(described.get(), c),
                         PQfmod(described.get(), c));
  }
  const std::vector<Row> found = execute(types, doing);
  std::vector<Column> columns;
  for (int c = 0; c < count; ++c) {
    columns.push_back(
        {.name = PQfname(described.get(), c), .type = found.front()[static_cast<std::size_t>(c)].value_or("unknown")});
  }
  return columns;
}

bool Session::commit(std::string_view doing) {
  throw_if_stopped(doing);
  while (const Result rest = next_result(doing)) continue;  // of a statement that failed
  heeds_stop_ = false;
  PQsendQuery(link_.get(), "COMMIT");
  std::string tag;
  try {
    while (const Result result = next_result(doing)) tag = PQcmdStatus(result.get());
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::unavailable) return false;
    throw;
  }
  heeds_stop_ = true;
  if (tag != "COMMIT") {
    throw Error(ErrorKind::refused, fmt::format("{}: the server rolled back, and says {}", doing, printable(tag)));
  }
  return true;
}

std::string Session::export_snapshot() {
  return execute("SELECT pg_export_snapshot()", "share what is seen of " + name_).front().front().value_or("");
}

int Session::version() const { return PQserverVersion(link_.get()); }

std::string Session::literal(const std::string& text) const {
  const std::unique_ptr<char, decltype(&PQfreemem)> quoted(PQescapeLiteral(link_.get(), text.data(), text.size()),
                                                           &PQfreemem);
  if (!quoted) throw Error(ErrorKind::invalid, fmt::format("'{}' is no text for {}", printable(text), name_));
  return quoted.get();
}

std::string Session::identifier(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out += '"';
}

void Session::send(const std::string& sql, std::string_view doing) {
  throw_if_stopped(doing);
  PQsendQuery(link_.get(), sql.c_str());  // what failed is in the result; a query may hold secrets, and is not logged
}

void Session::flush(std::string_view doing) {
  while (PQflush(link_.get()) == 1) {
    wait(POLLIN | POLLOUT, doing);
    if (PQconsumeInput(link_.get()) == 0) break;
  }
}

Session::Result Session::next_result(std::string_view doing) {
  flush(doing);
  while (PQisBusy(link_.get()) != 0) {
    if (!link_.input_pending()) wait(POLLIN, doing);
    if (PQconsumeInput(link_.get()) == 0) break;
  }
  Result result(PQgetResult(link_.get()), &PQclear);
  if (!result) {
    if (!link_.alive()) {
      throw Error(ErrorKind::unavailable,
                  fmt::format("{}: the connection was lost: {}", doing,
                              pq::in_one_line(pq::trimmed_end(PQerrorMessage(link_.get())), {})));
    }
    return result;
  }
  if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) throw_failure(*result, doing);
  return result;
}

Session::Result Session::only_result(std::string_view doing) {
  Result result = next_result(doing);
  while (const Result more = next_result(doing)) continue;
  if (!result) throw Error(ErrorKind::internal, fmt::format("{}: the server gave no result", doing));
  return result;
}

void Session::wait(short events, std::string_view doing) {
  if (link_.wait(events, std::nullopt, heeds_stop_) == pq::Woken::stopped) throw_stopped(doing);
}

void Session::throw_if_stopped(std::string_view doing) {
  if (link_.stop_signal().requested()) throw_stopped(doing);
}

void Session::throw_stopped(std::string_view doing) {
  cancel();
  throw Error(ErrorKind::cancelled, fmt::format("{}: stopped on request", doing));
}

void Session::throw_failure(const PGresult& result, std::string_view doing) {
  const std::string sqlstate = field(result, PG_DIAG_SQLSTATE);
  if (sqlstate.empty()) {  // not the server's: libpq's word on the connection
    throw Error(ErrorKind::unavailable,
                fmt::format("{}: the connection was lost: {}", doing,
                            pq::in_one_line(pq::trimmed_end(PQresultErrorMessage(&result)), {})));
  }
  const std::string primary = field(result, PG_DIAG_MESSAGE_PRIMARY);
  std::string said = pq::in_one_line(primary, field(result, PG_DIAG_MESSAGE_DETAIL));
  // of COPY: "COPY users, line 3, column age: "x""
  if (const std::string where = field(result, PG_DIAG_CONTEXT); where.starts_with("COPY ")) {
    said += "; " + pq::in_one_line(std::string_view(where).substr(0, where.find('\n')), {});
  }
  if (const std::string at = field(result, PG_DIAG_STATEMENT_POSITION); !at.empty()) said += ", at character " + at;
  throw Error(pq::kind_of(sqlstate, primary), fmt::format("{}: {}", doing, said));
}

// What runs is not waited for: the session is over.
void Session::cancel() noexcept {
  if (const std::string why = link_.cancel(options_.grace); !why.empty()) {
    log_.warning(fmt::format("{}: the request to cancel was not taken: {}", name_, why));
  }
  link_.close();
}

void Session::take_notice(const PGresult& notice) noexcept {
  ++notices_;
  try {
    log_.debug(
        fmt::format("{}: {}", field(notice, PG_DIAG_SEVERITY), printable(field(notice, PG_DIAG_MESSAGE_PRIMARY))));
  } catch (const std::exception&) {  // called by C; a notice that does not fit into memory is dropped
    return;
  }
}

}  // namespace penstock::postgres
