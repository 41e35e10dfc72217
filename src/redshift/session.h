// A libpq connection on which nothing waits without an end: every wait heeds a deadline and a request to stop.
//
// Threads: one, but for cancel(). Errors: as Connection's. What connection.cc and transaction.cc share; not for others.
#pragma once

#include <libpq-fe.h>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "pq/link.h"
#include "redshift/connection.h"

namespace penstock::redshift {

// How long to wait for an answer, and what to do when that is over.
struct Patience {
  std::optional<Deadline> deadline{};
  bool heeds_stop = true;
  bool cancels = true;      // the statement, at the deadline or when asked to stop; else only the wait for it ends
  bool keeps_rows = false;  // as libpq has them: Answer::rows
};

struct Clear {
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using Received = std::unique_ptr<PGresult, Clear>;

// What a statement came to. The server's failure and a lost connection may come together (it was shut down).
struct Answer {
  enum class Interruption { none, stopped, late };
  struct Failure {
    std::string sqlstate;
    std::string primary;
    std::string detail;
  };
  std::optional<Result> result;
  Received rows;
  std::optional<Failure> failure;
  bool sent = false;
  std::optional<std::string> lost;  // libpq's words
  Interruption interruption = Interruption::none;
};

class Session {
 public:
  Session(const ConnectionConfig& config, SessionOptions options, Log& log);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Answer ask(const Statement& statement, Patience patience);
  // ask() in two: the answer's way is what the caller works in. In between nothing else may be asked.
  Answer send(const Statement& statement, Patience patience);
  Answer receive(const Statement& statement, Answer sent, Patience patience);
  // The result, or what stands against it as an Error.
  Result judged(Answer answer, std::string_view doing) const;
  void throw_if_stopped(std::string_view doing) const;

  void cancel() noexcept;
  void close() noexcept;
  [[nodiscard]] bool alive() const noexcept;
  [[nodiscard]] PGTransactionStatusType transaction_status() const noexcept;
  [[nodiscard]] std::chrono::milliseconds grace() const noexcept { return options_.grace; }
  [[nodiscard]] int backend_pid() const noexcept { return backend_pid_; }
  [[nodiscard]] const std::vector<std::string>& notices() const noexcept { return notices_; }
  [[nodiscard]] const std::string& server() const noexcept { return server_; }

 private:
  // While it lives, the session knows what was asked, to mask its secrets in what the server says.
  class Asking {
   public:
    Asking(Session& session, const Statement& statement) : session_(session) { session_.asked_ = &statement; }
    ~Asking() { session_.asked_ = nullptr; }
    Asking(const Asking&) = delete;
    Asking& operator=(const Asking&) = delete;

   private:
    Session& session_;
  };

  void connect(const ConnectionConfig& config);
  void prepare();
  void read_backslashes_as_escapes(const Patience& patience, std::string_view doing);
  bool await(short events, Patience& patience, Answer& answer);
  bool flush(Patience& patience, Answer& answer);
  bool collect(Patience& patience, Answer& answer);
  void take(const PGresult& result, Answer& answer);
  void take_notice(const PGresult& notice) noexcept;

  SessionOptions options_;
  Log& log_;
  std::string server_;
  pq::Link link_;
  int backend_pid_ = 0;
  std::vector<std::string> notices_;
  const Statement* asked_ = nullptr;
};

struct Connection::Impl {
  Session session;
};

}  // namespace penstock::redshift
