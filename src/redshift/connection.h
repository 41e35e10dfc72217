// A session on a Redshift cluster, and a transaction in it.
//
// Threads:  one at a time, but for cancel(), which may be called from any.
// Lifetime: a Transaction must not outlive its Connection.
// Errors:   Error. denied (login, privileges), not_found (no such schema, table, database), refused (the server's own
//           verdict on a statement), conflict never; unavailable (connection lost or refused: nothing of an open
//           transaction holds), in_doubt (connection lost in COMMIT), cancelled, busy. A ServerError is an Error
//           that the server sent, with its fields.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/connection.h"
#include "penstock/error.h"
#include "penstock/log.h"
#include "redshift/sql.h"

namespace penstock::redshift {

class ServerError : public Error {
 public:
  ServerError(ErrorKind kind, const std::string& message, std::string sqlstate, std::string primary, std::string detail)
      : Error(kind, message),
        sqlstate_(std::move(sqlstate)),
        primary_(std::move(primary)),
        detail_(std::move(detail)) {}
  [[nodiscard]] const std::string& sqlstate() const noexcept { return sqlstate_; }
  [[nodiscard]] const std::string& primary() const noexcept { return primary_; }  // the server's message
  [[nodiscard]] const std::string& detail() const noexcept { return detail_; }
  // The transaction lost against another and may be run again from BEGIN.
  [[nodiscard]] bool serialization_failure() const noexcept;

 private:
  std::string sqlstate_;
  std::string primary_;
  std::string detail_;
};

struct ColumnType {
  std::uint32_t oid = 0;
  int modifier = -1;  // what stands in the parentheses of numeric(10,2), as the protocol packs it
};

struct Result {
  std::vector<std::string> columns;
  std::vector<ColumnType> types{};                            // of them
  std::vector<std::vector<std::optional<std::string>>> rows;  // as text, nullopt is NULL
  std::string tag;                                            // "DELETE 5", "COMMIT", ...
  std::uint64_t affected = 0;                                 // of the tag, 0 where it has no count

  // The one value of a result that has one row and one column (or more, and then the first); internal otherwise.
  [[nodiscard]] const std::optional<std::string>& scalar() const;
};

// When to give up on a statement.
using Deadline = std::chrono::steady_clock::time_point;

struct SessionOptions {
  std::string application_name = "penstock";
  std::chrono::milliseconds connect_timeout{30'000};  // until the session is prepared
  std::chrono::milliseconds grace{10'000};            // for the answer to a cancelled statement, then we hang up
  std::stop_token stop{};  // requested: the running statement is cancelled, and the call throws cancelled
};

class Connection {
 public:
  // Sets timezone UTC, datestyle ISO, query_group to the application name, keepalives and tcp_user_timeout, and has
  // backslashes read as Redshift reads them. Password prompts, ~/.pgpass, client certificates and libpq's environment
  // variables are not used: the config is all there is.
  Connection(const ConnectionConfig& config, SessionOptions options, Log& log);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;

  // One statement, by the simple protocol. Logs it as shown() at debug. `doing` starts every error message. At the
  // deadline the statement is cancelled, and unless it was done by then the call throws busy.
  Result execute(const Statement& statement, std::string_view doing, std::optional<Deadline> deadline = {});
  // INFO, NOTICE and WARNING texts that came with the last execute().
  [[nodiscard]] const std::vector<std::string>& notices() const noexcept;
  [[nodiscard]] int backend_pid() const noexcept;
  [[nodiscard]] bool alive() const noexcept;                 // as far as is known without asking
  [[nodiscard]] const std::string& server() const noexcept;  // "user@host:port/database", for messages
  void cancel() noexcept;

 private:
  friend class Transaction;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// BEGIN … COMMIT. Without commit(): ROLLBACK.
class Transaction {
 public:
  explicit Transaction(Connection& connection);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  Result execute(const Statement& statement, std::string_view doing, std::optional<Deadline> deadline = {});
  // Returns only if the server's tag says COMMIT. A tag of ROLLBACK throws refused (nothing holds); a lost connection
  // throws in_doubt: a blind retry would load twice, and the ledger can tell. A request to stop does not cancel a
  // COMMIT, it bounds how long its answer is waited for; then in_doubt.
  void commit();
  void rollback() noexcept;
  [[nodiscard]] Connection& connection() noexcept { return connection_; }

 private:
  Connection& connection_;
  bool open_ = true;
};

}  // namespace penstock::redshift
