#include <algorithm>

#include "endpoint/wire/session.h"

namespace penstock::endpoint {

// A Query may hold several statements, which are one transaction unless they say otherwise. What PostgreSQL can do
// alone it is given whole; a string with something of the endpoint's in it is run statement by statement.
void Session::handle_query(const Message& message) {
  const auto sql = read_query(message.body);
  if (!sql) throw ProtocolError("invalid Query message");
  drain();
  if (skipping_) return;
  statements_.erase("");
  portals_.erase("");
  std::optional<std::string> tag;
  bool forwarded = false;
  attempt([&] {
    std::vector<StatementPtr> statements;
    for (const auto piece : services_.split_statements(*sql)) statements.push_back(recognise(piece));
    if (statements.size() == 1) statements.front() = settled(statements.front());
    // Aliases are open until what is before the statement has been done.
    if (std::ranges::any_of(statements, [](const auto& s) { return s->local() || !s->written.empty(); }) &&
        (statements.size() > 1 || statements.front()->local())) {
      tag = run_one_by_one(statements);
    } else {
      forward_query(*sql, std::move(statements));
      forwarded = true;
    }
  });
  if (!forwarded) finish_query(tag);
}

void Session::forward_query(std::string_view sql, std::vector<StatementPtr> statements) {
  std::string text;
  for (const auto& statement : statements) {
    prepare_for(*statement);
    text += statement->sql + "\n;\n";
  }
  const bool rewritten = std::ranges::any_of(statements, [](const auto& s) { return s->rewritten; });
  Expected expected{.kind = Expected::Kind::query};
  if (!statements.empty()) expected.record = journal_.begin(statements.front()->recognised, label_);
  expected.runs = std::move(statements);
  expect(query_message(rewritten ? std::string_view(text) : sql), std::move(expected));
  drain();
}

// Gives the last statement's tag, which the client must not see before the commit that follows it.
std::string Session::run_one_by_one(const std::vector<StatementPtr>& statements) {
  std::string tag;
  for (const auto& each : statements) {
    if (each != statements.front()) conversation_.client.send(command_complete(tag));
    const auto statement = settled(each);
    tag = statement->local() ? run_local(*statement, statements.size() == 1) : run_passed(*statement);
  }
  return tag;
}

std::string Session::run_passed(const Statement& statement) {
  prepare_for(statement);
  auto record = journal_.begin(statement.recognised, label_);
  query_ = record.query;
  rewritten_ = statement.rewritten;
  executed_ = unsynced_ = true;
  std::string tag;
  try {
    tag = backend_.pass(statement.sql, [&](const Message& result) {
      conversation_.client.send(result.type == 'T' ? row_description_with_varchar(result.whole)
                                                   : std::string(result.whole));
    });
  } catch (const BackendError& error) {
    const Report report = told(error.report, &record);
    journal_.failed(std::move(record), sql_error_of(report));
    throw BackendError(report);
  }
  completed(statement, std::move(record), tag);
  return tag;
}

void Session::finish_query(const std::optional<std::string>& tag) {
  const auto result = backend_.sync();
  if (result.failure && !failing_) {
    failing_ = true;
    conversation_.client.send(report_message('E', told(*result.failure)));
  } else if (tag) {
    conversation_.client.send(command_complete(*tag));
  }
  ready(result.state);
  conversation_.client.send(ready_for_query(result.state));
}

}  // namespace penstock::endpoint
