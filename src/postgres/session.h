// A session on a PostgreSQL server, in one transaction: it reads, and sees one state of the database throughout; or it
// writes, and what it wrote is gone unless commit() is called.
//
// Values come as Redshift's COPY reads them: timestamps in UTC and ISO, bytea in hexadecimal digits, floats with all
// their digits. The transaction ends with the session.
//
// Threads: one. Errors: Error: denied, not_found, refused (the server's verdict), busy (a lock that was not to be had
// in time), unavailable (no connection, or lost), cancelled (a statement that ran is cancelled at the server, too).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/log.h"
#include "penstock/uri.h"
#include "pq/link.h"

namespace penstock::postgres {

struct SessionOptions {
  std::string application_name = "penstock";
  std::chrono::milliseconds connect_timeout{30'000};
  std::chrono::milliseconds grace{5'000};  // for a request to cancel to be taken
  bool writes = false;
  std::chrono::seconds lock_timeout{600};  // of a session that writes
  std::stop_token stop{};
};

struct Column {
  std::string name;
  std::string type;  // as format_type says it: "numeric(10,2)", "integer[]"; of a domain what is under it
};

using Row = std::vector<std::optional<std::string>>;

class Session {
 public:
  // snapshot: what another session exported, to see what that sees; empty: what is committed now.
  Session(const ServerUri& server, const SessionOptions& options, Log& log, std::string_view snapshot = {});

  std::vector<Row> execute(const std::string& sql, std::string_view doing);
  // Of what one statement will give, which is not run. refused: several statements, parameters, nothing that gives
  // rows.
  std::vector<Column> describe(const std::string& query);
  // True: the server says that it committed. False: the connection was lost, or the server went away, before it said
  // so. refused: it rolled back. A request to stop does not cancel it.
  bool commit(std::string_view doing);
  std::string export_snapshot();      // for other sessions, as long as this one lives
  [[nodiscard]] int version() const;  // 150004
  [[nodiscard]] const std::string& name() const noexcept { return name_; }  // postgresql://user@host:port/database
  [[nodiscard]] std::string literal(const std::string& text) const;
  static std::string identifier(std::string_view name);

 private:
  friend class CopyIn;
  friend class CopyOut;
  using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

  void send(const std::string& sql, std::string_view doing);
  void flush(std::string_view doing);
  // The next result; nullptr behind the last.
  Result next_result(std::string_view doing);
  Result only_result(std::string_view doing);
  void wait(short events, std::string_view doing);
  void throw_if_stopped(std::string_view doing);
  [[noreturn]] void throw_stopped(std::string_view doing);
  [[noreturn]] void throw_failure(const PGresult& result, std::string_view doing);
  void cancel() noexcept;
  void take_notice(const PGresult& notice) noexcept;

  const SessionOptions options_;
  Log& log_;
  std::string name_;
  pq::Link link_;
  bool heeds_stop_ = true;
  std::uint64_t notices_ = 0;  // that came
};

}  // namespace penstock::postgres
