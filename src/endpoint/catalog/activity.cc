#include "endpoint/catalog/activity.h"

namespace penstock::endpoint {
namespace {

constexpr std::size_t kShownText = 600;  // of stv_recents

}  // namespace

void Activity::began(const StatementRecord& statement) {
  sessions_.with([&](auto& sessions) {
    SessionNow& session = sessions[statement.session];
    StatementRecord& shown = session.statement;
    shown.query = statement.query;
    shown.transaction = statement.transaction;
    shown.session = statement.session;
    shown.user = statement.user;
    shown.user_number = statement.user_number;
    shown.database = statement.database;
    shown.label = statement.label;
    shown.text.assign(statement.text, 0, kShownText);
    shown.kind = statement.kind;
    shown.started = statement.started;
    shown.transaction_started = statement.transaction_started;
    session.runs = session.in_transaction = true;
  });
}

void Activity::idle(int session) {
  sessions_.with([&](auto& sessions) {
    if (const auto found = sessions.find(session); found != sessions.end()) found->second.runs = false;
  });
}

void Activity::transaction_ended(int session) {
  sessions_.with([&](auto& sessions) {
    const auto found = sessions.find(session);
    if (found != sessions.end()) found->second.runs = found->second.in_transaction = false;
  });
}

void Activity::loading(const StatementRecord& copy, const CopyProgress& progress) {
  sessions_.with([&](auto& sessions) {
    sessions[copy.session].load =
        LoadState{.query = copy.query, .progress = progress, .at = std::chrono::system_clock::now()};
  });
}

void Activity::left(int session) {
  sessions_.with([&](auto& sessions) { sessions.erase(session); });
}

std::vector<SessionNow> Activity::now() {
  return sessions_.with([](auto& sessions) {
    std::vector<SessionNow> all;
    for (const auto& [process, session] : sessions) all.push_back(session);
    return all;
  });
}

}  // namespace penstock::endpoint
