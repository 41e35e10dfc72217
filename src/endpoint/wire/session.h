// One client's session: its messages, in order, each answered by PostgreSQL or by the endpoint itself.
//
// What the endpoint can do beyond passing bytes through is handed in (Services): new statements, formats and system
// tables don't touch this code. The session is in four files: session.cc (the loop, and what PostgreSQL answers),
// simple_query.cc, extended_query.cc, local_statements.cc (what the endpoint runs by itself).
//
// Threads: run() is one thread's. Errors: none leave run() but Stopped; the client has been told before.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "endpoint/copy/copy_run.h"
#include "endpoint/sql/statement.h"
#include "endpoint/unload/unload_run.h"
#include "endpoint/wire/backend.h"
#include "endpoint/wire/error_rules.h"
#include "endpoint/wire/greeting.h"
#include "endpoint/wire/history.h"
#include "endpoint/wire/interrupt.h"
#include "endpoint/wire/journal.h"
#include "endpoint/wire/last_ids.h"

namespace penstock::endpoint {

struct Services {
  std::function<std::vector<std::string_view>(std::string_view)> split_statements;
  std::function<Recognised(std::string_view, const Aliases&)> recognise;
  std::function<CopyReport(const CopyStatement&, const TargetTable&, CopySink&, const CopyEnvironment&)> run_copy;
  std::function<void(const UnloadStatement&, UnloadSource&, const UnloadEnvironment&, UnloadReport&)> run_unload;
  std::function<std::unique_ptr<Buckets>(const Authorization&)> connect;
  std::function<std::optional<KnownUser>(const std::string&)> find_user{};  // besides the first one
  History* history = nullptr;
};

class Session {
 public:
  Session(const Services& services, const Login& login, MessageStream client, BackendSession backend,
          BackendKey client_key, Interrupt& interrupt, const Socket& stop_event);
  void run();  // until the client leaves
  [[nodiscard]] int client_descriptor() const noexcept { return conversation_.client.descriptor(); }

 private:
  // A statement of the client's: recognised, and perhaps prepared under a name.
  struct Statement {
    Recognised recognised;
    std::string sql;         // what PostgreSQL gets; empty for what the endpoint runs
    bool rewritten = false;  // …which is not what the client wrote
    bool computes = false;   // pg_last_query_id() counts it
    std::string written{};   // …by the client, where aliases are open
    [[nodiscard]] bool local() const { return !std::holds_alternative<PassThrough>(recognised.action); }
  };
  using StatementPtr = std::shared_ptr<const Statement>;

  // What PostgreSQL still owes an answer to, in order.
  struct Expected {
    enum class Kind { parse, bind, describe, execute, close, sync, query } kind;
    std::string name{};                       // parse: of the statement; bind: of the portal
    StatementPtr before{};                    // parse: what had the name before
    std::vector<StatementPtr> runs{};         // execute: one; query: all of its statements
    std::optional<StatementRecord> record{};  // of the one that runs now
    std::size_t done = 0;                     // of runs
  };
  struct Portal {
    StatementPtr statement;
    bool ran = false;
  };

  enum class Block { none, open, failed };

  // session.cc
  void welcome(const BackendSession& backend, BackendKey client_key);
  void handle(const Message& message);
  void dispatch(const Message& message);
  void attempt(const std::function<void()>& act);            // its failure is the answer to the client's message
  void expect(std::string_view message, Expected expected);  // sends it, and remembers that an answer is due
  void drain();                                              // until PostgreSQL owes nothing
  void relay(const Message& message);
  void relay_aside(const Message& message);
  void relay_error(const Message& message);
  void relay_end(const Message& message);
  void undo_expected();
  void ready(char state);
  void completed(const Statement& statement, StatementRecord record, std::string_view tag);
  void transaction_ended(bool committed);
  void fail(const Report& report);  // answers the client's message with an error, as PostgreSQL would
  [[nodiscard]] ErrorContext context() const;
  // PostgreSQL's error as the client gets it. record: of the statement that it is about, if there is one.
  [[nodiscard]] Report told(Report report, const StatementRecord* record = nullptr) const;
  [[nodiscard]] StatementPtr recognise(std::string_view sql, const Aliases& resolved = {}) const;
  [[nodiscard]] StatementPtr settled(const StatementPtr& statement);  // without open aliases
  void prepare_for(const Statement& statement);
  void tell_last_ids(std::string_view sql);

  // simple_query.cc
  void handle_query(const Message& message);
  void forward_query(std::string_view sql, std::vector<StatementPtr> statements);
  std::string run_one_by_one(const std::vector<StatementPtr>& statements);
  std::string run_passed(const Statement& statement);
  void finish_query(const std::optional<std::string>& tag);

  // extended_query.cc
  void handle_parse(const Message& message);
  void handle_bind(const Message& message);
  void handle_describe(const Message& message);
  void handle_execute(const Message& message);
  void execute_local(Portal& portal, std::string_view name);
  void handle_close(const Message& message);
  void handle_sync();
  void answer(std::string_view messages);

  // local_statements.cc: each gives the tag of what it ran
  std::string run_local(const Statement& statement, bool alone);
  std::string run(const Script& script, bool alone);
  std::string run(const RunCopy& copy, const StatementRecord& record);
  std::string run(const RunUnload& unload, const StatementRecord& record);
  std::string run(const SetSession& setting);
  void commit();

  const Services& services_;
  Interrupt& interrupt_;
  Conversation conversation_;
  Backend backend_;
  Journal journal_;
  LastIds last_ids_;
  const int process_;

  std::deque<Expected> expected_;
  std::map<std::string, StatementPtr, std::less<>> statements_;
  std::map<std::string, Portal, std::less<>> portals_;

  bool left_ = false;  // the client said Terminate
  Block block_ = Block::none;
  bool unsynced_ = false;   // messages of the extended protocol went to PostgreSQL since the last Sync
  bool executed_ = false;   // …and something was executed
  bool skipping_ = false;   // after an error, up to the client's Sync
  bool failing_ = false;    // what is between two Syncs has failed
  bool rewritten_ = false;  // the statement that runs now: errors' positions mean nothing
  std::int64_t query_ = 0;  // its number
  static constexpr auto* kNoLabel = "default";
  std::string label_ = kNoLabel;         // SET query_group
  std::string label_before_ = kNoLabel;  // what a rollback goes back to
  std::string acting_{};                 // SET SESSION AUTHORIZATION; empty: who came in
  std::string acting_before_{};          // what a rollback goes back to
};

}  // namespace penstock::endpoint
