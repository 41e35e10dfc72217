// One session's part of the history: which transaction a statement belongs to, when it ran, and how it ended.
//
// A transaction gets its number with its first statement. One that the client neither began nor committed is
// remembered with a COMMIT of its own when it wrote: "committed" means that such a row is there.
//
// Threads: the session's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "endpoint/sql/sql_error.h"
#include "endpoint/sql/statement.h"
#include "endpoint/wire/history.h"

namespace penstock::endpoint {

class Journal {
 public:
  Journal(History& history, std::string user, std::int64_t number, std::string database, int process);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  void act_as(const std::string& user) { acting_ = user; }  // empty: who came in

  // A statement begins; its record is to be handed to done() or failed().
  StatementRecord begin(const Recognised& statement, const std::string& label);
  // The statement that begins next reads what runs now: itself, too, and all else is shown.
  void show_activity(const Recognised& statement, const std::string& label);
  void loading(const StatementRecord& copy, const CopyProgress& progress);
  void idle();  // nothing of the session's runs
  void done(StatementRecord record, TransactionEffect effect, std::string_view tag);
  void failed(StatementRecord record, const SqlError& error);  // as the client gets it
  void copied(const StatementRecord& record, const CopyStatement& copy, const TargetTable& target,
              const CopyReport& report);
  // error: why it failed; empty: it didn't
  void unloaded(const StatementRecord& record, const UnloadStatement& unload, const UnloadReport& report,
                std::string_view error);
  // The transaction is over. An explicit COMMIT or ROLLBACK has been done() before.
  void transaction_ended(bool committed);
  void flush() { history_.flush(); }
  [[nodiscard]] std::int64_t transaction() const noexcept { return transaction_; }
  // The number of the table that the statement writes to; else of the one that the transaction wrote to last. 0: none.
  [[nodiscard]] std::int64_t table_written(const StatementRecord* record) const;

 private:
  StatementRecord number(const Recognised& statement, const std::string& label);

  History& history_;
  const std::string user_;
  const std::int64_t number_;
  std::string acting_{};
  const std::string database_;
  const int process_;
  std::int64_t transaction_ = 0;  // 0: none yet
  bool wrote_ = false;            // in a transaction without a COMMIT of the client's
  bool running_ = false;
  std::optional<StatementRecord> announced_;  // shown before it began
  std::string last_write_;                    // of the transaction: the statement
  std::chrono::system_clock::time_point transaction_started_{};
};

}  // namespace penstock::endpoint
