#include "postgres/commit.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <thread>

#include "penstock/error.h"

namespace penstock::postgres {
namespace {

using std::chrono::steady_clock;

struct Begun {
  std::string transaction;
  std::string backend;  // the server's process
};

// "committed" or "aborted"; nullopt: the server does not know yet, or not any more.
std::optional<std::string> outcome_of(const Begun& begun, const ServerUri& server, SessionOptions options, Log& log,
                                      std::string_view doing) {
  options.writes = false;
  Session session(server, options, log);
  auto status = session.execute("SELECT txid_status(" + begun.transaction + ")", doing).front().front();
  if (status != "in progress") return status;
  // it lives on, and waits for us
  session.execute("SELECT pg_terminate_backend(" + begun.backend + ")", doing);
  return std::nullopt;
}

}  // namespace

void commit(Session& session, const ServerUri& server, const SessionOptions& options, Log& log, std::string_view doing,
            std::chrono::seconds patience) {
  const Row asked = session.execute("SELECT txid_current_if_assigned(), pg_backend_pid()", doing).front();
  const std::string name = session.name();
  if (session.commit(doing)) return;
  if (!asked[0]) throw Error(ErrorKind::unavailable, fmt::format("{}: the connection was lost", doing));

  const Begun begun{*asked[0], asked[1].value_or("0")};
  const auto deadline = steady_clock::now() + patience;
  std::string why = "it does not know";
  for (auto pause = std::chrono::milliseconds(100);; pause = std::min(pause * 2, std::chrono::milliseconds(3'000))) {
    std::optional<std::string> outcome;
    try {
      outcome = outcome_of(begun, server, options, log, doing);
    } catch (const Error& e) {
      why = e.what();
      if (e.kind() != ErrorKind::unavailable) break;
    }
    if (outcome == "committed") return;
    if (outcome == "aborted") {
      throw Error(ErrorKind::unavailable,
                  fmt::format("{}: the connection was lost, and the server rolled back", doing));
    }
    if (options.stop.stop_requested() || steady_clock::now() + pause > deadline) break;
    std::this_thread::sleep_for(pause);
  }
  throw Error(ErrorKind::in_doubt,
              fmt::format("{}: the connection was lost in COMMIT, and the server does not say what became of it ({}): "
                          "psql {} -c 'SELECT txid_status({})' says whether it was committed",
                          doing, why, name, begun.transaction));
}

}  // namespace penstock::postgres
