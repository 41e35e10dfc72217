// A server that speaks just enough of PostgreSQL's protocol to answer simple queries by a script: for what a real one
// does only by bad luck, such as going away in the middle of a COMMIT.
//
//     ScriptedServer server([](const std::string& query) -> ScriptedReply {
//       if (query == "COMMIT") return ScriptedReply::hang_up();
//       return ScriptedReply::done(query);  // the tag
//     });
//
// Threads: the script is called from the server's threads, one connection at a time each. Lifetime: what the script
// captures must outlive the server. The server takes any user and password.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "penstock/connection.h"

namespace penstock::servers {

struct ScriptedReply {
  std::string bytes;  // sent as they are
  enum class Then { go_on, hang_up, stall, await_cancel } then = Then::go_on;

  // CommandComplete with the tag, and ready: in a transaction after BEGIN, until COMMIT, ROLLBACK or END.
  static ScriptedReply done(std::string_view tag);
  static ScriptedReply row(const std::vector<std::optional<std::string>>& values, std::string_view tag = "SELECT 1");
  static ScriptedReply error(std::string_view sqlstate, std::string_view message, std::string_view detail = {});
  // Without an answer; after an ErrorResponse of severity FATAL; after an answer.
  static ScriptedReply hang_up();
  static ScriptedReply fatal(std::string_view sqlstate, std::string_view message);
  static ScriptedReply done_and_hang_up(std::string_view tag);
  // Runs until a request to cancel comes, and then is cancelled.
  static ScriptedReply until_cancelled();
  // Says nothing more, and keeps the connection.
  static ScriptedReply stall();
};

class ScriptedServer {
 public:
  using Script = std::function<ScriptedReply(const std::string& query)>;
  explicit ScriptedServer(Script script);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] ConnectionConfig config() const;
  [[nodiscard]] std::vector<std::string> queries() const;  // of all connections, in order
  [[nodiscard]] int cancel_requests() const;
  // From now on new connections are taken and never answered, as those of a server that was frozen.
  void freeze();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::servers
