#include <fmt/format.h>

#include "endpoint/wire/session.h"

namespace penstock::endpoint {

namespace {

template <typename T>
T must(std::optional<T> message, const char* name) {
  if (!message) throw ProtocolError(fmt::format("invalid {} message", name));
  return std::move(*message);
}

}  // namespace

void Session::handle_parse(const Message& message) {
  const auto parse = must(read_parse(message.body), "Parse");
  const auto pieces = services_.split_statements(parse.sql);
  if (pieces.size() > 1) throw SqlError("42601", "cannot insert multiple commands into a prepared statement");
  const auto statement = settled(recognise(pieces.empty() ? std::string_view() : pieces.front()));
  if (skipping_) return;
  const auto found = statements_.find(parse.statement);
  const auto before = found == statements_.end() ? nullptr : found->second;
  if (before && !parse.statement.empty() && (before->local() || statement->local())) {
    throw SqlError("42P05", fmt::format("prepared statement \"{}\" already exists", parse.statement));
  }
  if (statement->local()) {
    answer(bare_message('1'));
    if (!skipping_) statements_[std::string(parse.statement)] = statement;
    return;
  }
  prepare_for(*statement);
  if (skipping_) return;
  statements_[std::string(parse.statement)] = statement;
  const Expected::Kind kind = Expected::Kind::parse;
  Expected expected{.kind = kind, .name = std::string(parse.statement), .before = before};
  if (statement->rewritten) {
    expect(parse_message(parse.statement, statement->sql, parse.types), std::move(expected));
  } else {
    expect(message.whole, std::move(expected));
  }
}

// A statement that isn't known here may still be PostgreSQL's: PREPARE in SQL makes them, too.
void Session::handle_bind(const Message& message) {
  const auto bind = must(read_bind(message.body), "Bind");
  const auto found = statements_.find(bind.statement);
  const auto statement = found == statements_.end() ? nullptr : found->second;
  if (statement && statement->local()) {
    if (bind.parameters != 0) {
      throw SqlError("08P01",
                     fmt::format("bind message supplies {} parameters, but prepared statement \"{}\" requires 0",
                                 bind.parameters, bind.statement));
    }
    answer(bare_message('2'));
    if (!skipping_) portals_[std::string(bind.portal)] = {statement};
    return;
  }
  if (statement) prepare_for(*statement);
  if (skipping_) return;
  portals_[std::string(bind.portal)] = {statement};
  expect(message.whole, {.kind = Expected::Kind::bind, .name = std::string(bind.portal)});
}

void Session::handle_describe(const Message& message) {
  const auto described = must(read_named(message.body), "Describe");
  if (described.what == 'S') {
    const auto found = statements_.find(described.name);
    if (found != statements_.end() && found->second->local()) {
      return answer(MessageWriter('t').i16(0).finish() + bare_message('n'));
    }
  } else {
    const auto found = portals_.find(described.name);
    if (found != portals_.end() && found->second.statement && found->second.statement->local()) {
      return answer(bare_message('n'));
    }
  }
  expect(message.whole, {.kind = Expected::Kind::describe});
}

void Session::handle_execute(const Message& message) {
  const auto execute = must(read_execute(message.body), "Execute");
  const auto found = portals_.find(execute.portal);
  if (found == portals_.end() || !found->second.statement) {
    executed_ = true;
    return expect(message.whole, {.kind = Expected::Kind::execute});
  }
  auto& portal = found->second;
  if (portal.statement->local()) return execute_local(portal, execute.portal);
  Expected expected{.kind = Expected::Kind::execute, .runs = {portal.statement}};
  // A portal that was left half read and goes on is one statement.
  if (!portal.ran) expected.record = journal_.begin(portal.statement->recognised, label_);
  portal.ran = executed_ = true;
  expect(message.whole, std::move(expected));
}

void Session::execute_local(Portal& portal, std::string_view name) {
  drain();
  if (skipping_) return;
  if (portal.ran) throw SqlError("55000", fmt::format("portal \"{}\" cannot be run", name));
  portal.ran = true;
  const auto statement = portal.statement;  // what runs may end the transaction, and the portal with it
  const auto tag = run_local(*statement, !executed_);
  conversation_.client.send(command_complete(tag));
}

void Session::handle_close(const Message& message) {
  const auto closed = must(read_named(message.body), "Close");
  if (closed.what == 'S') {
    if (const auto found = statements_.find(closed.name); found != statements_.end()) statements_.erase(found);
  } else {
    if (const auto found = portals_.find(closed.name); found != portals_.end()) portals_.erase(found);
  }
  // PostgreSQL is asked in any case: closing what it doesn't have is no error.
  expect(message.whole, {.kind = Expected::Kind::close});
}

void Session::handle_sync() {
  expect(bare_message('S'), {.kind = Expected::Kind::sync});
  drain();
}

// In its turn: behind what PostgreSQL still has to say.
void Session::answer(std::string_view messages) {
  drain();
  if (!skipping_) conversation_.client.send(messages);
}

}  // namespace penstock::endpoint
