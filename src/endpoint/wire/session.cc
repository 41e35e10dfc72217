#include "endpoint/wire/session.h"

#include <fmt/format.h>

#include "endpoint/sql/lexer.h"
#include "penstock/error.h"

namespace penstock::endpoint {

namespace {

// What the drivers of Redshift compare with: they read later versions' answers in other ways.
constexpr std::string_view kServerVersion = "8.0.2";
constexpr std::size_t kBacklog = 1 << 20;
constexpr std::size_t kStatementLimit = 16 << 20;

bool is_reset_all(std::string_view sql) {
  const auto tokens = lex(sql);
  return tokens.size() > 2 && is_keyword(tokens[1], "ALL");
}

Report fatal(std::string_view sqlstate, std::string_view message) { return make_report("FATAL", sqlstate, message); }

}  // namespace

Session::Session(const Services& services, const Login& login, MessageStream client, BackendSession backend,
                 BackendKey client_key, Interrupt& interrupt, const Socket& stop_event)
    : services_(services),
      interrupt_(interrupt),
      conversation_(std::move(client), std::move(backend.stream), stop_event),
      backend_(conversation_, [this](const Message& message) { relay_aside(message); }),
      journal_(*services.history, login.user, login.number, login.database, backend.key.process),
      process_(backend.key.process) {
  welcome(backend, client_key);
}

void Session::welcome(const BackendSession& backend, BackendKey client_key) {
  auto& client = conversation_.client;
  client.send(authentication_ok());
  for (const auto& [name, value] : backend.parameters) {
    client.send(parameter_status(name, name == "server_version" ? kServerVersion : value));
  }
  client.send(backend_key_data(client_key.process, client_key.secret));
  client.send(ready_for_query('I'));
}

void Session::run() {
  auto& client = conversation_.client;
  const auto end_with = [&](const Report& report) {
    client.send(report_message('E', report));
    conversation_.say_goodbye();
  };
  try {
    while (!left_ && !interrupt_.abandoned()) {
      while (const auto message = conversation_.backend.next()) relay(*message);
      if (client.unsent() < kBacklog && conversation_.backend.unsent() < kBacklog) {
        if (const auto message = client.next()) {
          handle(*message);
          continue;
        }
      }
      if (!conversation_.wait_for_either()) break;
    }
    conversation_.backend.send(bare_message('X'));
    conversation_.backend.flush();
  } catch (const ProtocolError& error) {
    end_with(fatal("08P01", error.what()));
  } catch (const BackendLost& error) {
    end_with(fatal("57P01", error.what()));
  } catch (const Stopped&) {
    end_with(fatal("57P01", "terminating connection due to administrator command"));
  } catch (const std::exception& error) {
    end_with(fatal("XX000", error.what()));
    throw;
  }
}

void Session::handle(const Message& message) {
  // After an error nothing is looked at before the client's next Sync: what it holds was meant for success.
  if (skipping_ && message.type != 'S' && message.type != 'X') return;
  attempt([&] { dispatch(message); });
}

void Session::dispatch(const Message& message) {
  switch (message.type) {
    case 'Q':
      return handle_query(message);
    case 'P':
      return handle_parse(message);
    case 'B':
      return handle_bind(message);
    case 'D':
      return handle_describe(message);
    case 'E':
      return handle_execute(message);
    case 'C':
      return handle_close(message);
    case 'H':
      return conversation_.backend.send(message.whole);
    case 'S':
      return handle_sync();
    case 'X':
      left_ = true;
      return;
    case 'd':
    case 'c':
    case 'f':
      return;  // the rest of a COPY that was refused, as PostgreSQL has it
    case 'F':
      fail(make_report("ERROR", "0A000", "function calls by protocol are not supported: use SELECT"));
      return handle_sync();
    default:
      throw ProtocolError(fmt::format("invalid frontend message type {}", static_cast<int>(message.type)));
  }
}

// The one place where an exception becomes the client's error. What is not caught here ends the session.
void Session::attempt(const std::function<void()>& act) {
  try {
    act();
  } catch (const SqlError& error) {
    fail(report_of(error));
  } catch (const BackendError& error) {
    fail(told(error.report));
  } catch (const Error& error) {
    fail(make_report("ERROR", "XX000", error.what()));
  }
}

// ---- What PostgreSQL answers

void Session::expect(std::string_view message, Expected expected) {
  conversation_.backend.send(message);
  expected_.push_back(std::move(expected));
  unsynced_ = true;
}

void Session::drain() {
  if (expected_.empty()) return;
  const auto last = expected_.back().kind;
  if (last != Expected::Kind::sync && last != Expected::Kind::query) conversation_.backend.send(bare_message('H'));
  while (!expected_.empty()) relay(conversation_.next_from_backend());
}

void Session::relay(const Message& message) {
  auto& client = conversation_.client;
  switch (message.type) {
    case 'N':
    case 'S':
    case 'A':
      return relay_aside(message);
    case 'E':
      return relay_error(message);
    case 'C':
    case 'I':
    case 's':
      return relay_end(message);
    case 'Z':
      ready(message.body.empty() ? 'I' : message.body[0]);
      expected_.clear();
      break;
    case 'G':
      // recognise() refuses COPY … FROM STDIN, and PostgreSQL would now wait for data that no client of ours sends.
      throw ProtocolError("COPY from the client is not supported");
    case '1':
    case '2':
    case '3':
    case 'n':
      if (!expected_.empty()) expected_.pop_front();
      break;
    case 'T':
      if (!expected_.empty() && expected_.front().kind == Expected::Kind::describe) expected_.pop_front();
      client.send(row_description_with_varchar(message.whole));
      return;
    default:
      break;
  }
  client.send(message.whole);
}

void Session::relay_aside(const Message& message) {
  auto& client = conversation_.client;
  if (message.type == 'N') {
    if (auto report = read_report(message.body); report && is_told(*report)) {
      client.send(report_message('N', translate_notice(*std::move(report))));
    }
  } else {
    client.send(message.whole);
  }
}

void Session::relay_error(const Message& message) {
  auto report = read_report(message.body);
  if (!report) throw ProtocolError("PostgreSQL sent an error that can't be read");
  const bool of_query = !expected_.empty() && expected_.front().kind == Expected::Kind::query;
  if (!expected_.empty()) {
    auto& front = expected_.front();
    rewritten_ = front.done < front.runs.size() && front.runs[front.done]->rewritten;
    if (front.record) {
      query_ = front.record->query;
      *report = told(std::move(*report), &*front.record);
      journal_.failed(std::move(*front.record), sql_error_of(*report));
      front.record.reset();
    }
  }
  conversation_.client.send(report_message('E', told(std::move(*report))));
  failing_ = true;
  if (block_ == Block::open) block_ = Block::failed;
  if (of_query || expected_.empty()) return;  // a Query is followed by ReadyForQuery whatever happens
  backend_.note_failure();
  undo_expected();
}

// PostgreSQL skips to the Sync: what was on its way before it has not happened.
void Session::undo_expected() {
  const bool sync_is_on_its_way = expected_.back().kind == Expected::Kind::sync;
  for (auto& expected : expected_) {
    if (expected.kind == Expected::Kind::parse) {
      if (expected.before) {
        statements_[expected.name] = expected.before;
      } else {
        statements_.erase(expected.name);
      }
    }
    if (expected.kind == Expected::Kind::bind) portals_.erase(expected.name);
  }
  expected_.clear();
  if (sync_is_on_its_way) {
    expected_.push_back({.kind = Expected::Kind::sync});
  } else {
    skipping_ = true;
  }
}

// CommandComplete, EmptyQueryResponse, PortalSuspended: of an Execute, or of one statement of a Query.
void Session::relay_end(const Message& message) {
  conversation_.client.send(message.whole);
  if (expected_.empty()) return;
  auto& front = expected_.front();
  const auto tag = message.type == 'C' ? read_command_tag(message.body).value_or("") : "";
  if (front.record) {
    completed(*front.runs[front.done], std::move(*front.record), tag);
    front.record.reset();
  }
  ++front.done;
  if (front.kind == Expected::Kind::execute) {
    expected_.pop_front();
  } else if (front.done < front.runs.size()) {
    front.record = journal_.begin(front.runs[front.done]->recognised, label_);
  }
}

void Session::ready(char state) {
  backend_.note_sync();
  block_ = state == 'T' ? Block::open : state == 'E' ? Block::failed : Block::none;
  if (block_ == Block::none) {
    transaction_ended(!failing_);
    portals_.clear();
  }
  unsynced_ = executed_ = skipping_ = failing_ = false;
  journal_.idle();
}

// ---- What follows from it

void Session::completed(const Statement& statement, StatementRecord record, std::string_view tag) {
  if (record.query != 0 && statement.computes) last_ids_.query_done(record.query);
  const auto effect = statement.recognised.effect;
  journal_.done(std::move(record), effect, tag);
  switch (effect) {
    case TransactionEffect::none:
      break;
    case TransactionEffect::begin:
      block_ = Block::open;
      break;
    case TransactionEffect::commit:
    case TransactionEffect::rollback:
      block_ = Block::none;
      transaction_ended(tag == "COMMIT");
      break;
  }
  if (tag == "DEALLOCATE ALL" || tag == "DISCARD ALL") statements_.clear();
  if (tag == "DISCARD ALL" || (tag == "RESET" && is_reset_all(statement.sql))) {
    last_ids_.forgotten();
    label_ = kNoLabel;
  }
}

void Session::transaction_ended(bool committed) {
  journal_.transaction_ended(committed);
  last_ids_.transaction_ended(committed);
  if (committed) {
    label_before_ = label_;
    acting_before_ = acting_;
  } else {
    label_ = label_before_;
    acting_ = acting_before_;
    journal_.act_as(acting_);
  }
}

void Session::fail(const Report& report) {
  drain();
  if (skipping_) return;  // something before it failed: that is what the client hears of
  if (executed_ || block_ == Block::open) backend_.abort();
  conversation_.client.send(report_message('E', report));
  failing_ = skipping_ = true;
  if (block_ == Block::open) block_ = Block::failed;
}

ErrorContext Session::context() const { return {query_, journal_.transaction(), process_, rewritten_}; }

Report Session::told(Report report, const StatementRecord* record) const {
  ErrorContext about = context();
  if (report.field('C') == "40001") about.table = journal_.table_written(record);
  return translate_error(std::move(report), about);
}

Session::StatementPtr Session::recognise(std::string_view sql, const Aliases& resolved) const {
  if (sql.size() > kStatementLimit) {
    throw SqlError("54000", fmt::format("Statement is too large. Statement Size: {} bytes. Maximum Allowed: {} bytes",
                                        sql.size(), kStatementLimit));
  }
  auto statement = std::make_shared<Statement>();
  statement->recognised = services_.recognise(sql, resolved);
  if (!statement->recognised.open_aliases.names.empty()) statement->written = sql;
  if (const auto* passed = std::get_if<PassThrough>(&statement->recognised.action)) {
    statement->sql = passed->sql;
    statement->rewritten = passed->sql != sql;
  }
  statement->computes = !statement->recognised.reads_history && !is_leader_only(sql);
  return statement;
}

// Asks PostgreSQL, alias by alias, whether there is a column of that name.
Session::StatementPtr Session::settled(const StatementPtr& statement) {
  if (statement->recognised.open_aliases.names.empty() || block_ == Block::failed) return statement;
  drain();
  if (skipping_) return statement;
  Aliases resolved;
  StatementPtr latest = statement;
  while (!latest->recognised.open_aliases.names.empty()) {
    const auto answer =
        backend_.run("SELECT pg_catalog.penstock_column_missing_in($1)", {latest->recognised.open_aliases.query});
    const auto& missing = answer.rows.at(0).at(0);
    if (!missing || !latest->recognised.open_aliases.names.contains(*missing)) break;
    resolved.insert(*missing);
    latest = recognise(statement->written, resolved);
  }
  if (block_ == Block::none && !unsynced_) backend_.sync();
  return latest;
}

// Before PostgreSQL takes its snapshot: at the statement's first message.
void Session::prepare_for(const Statement& statement) {
  if (statement.recognised.reads_history) {
    drain();  // what is before it in the pipeline is history, too
    journal_.flush();
    if (statement.recognised.reads_activity) journal_.show_activity(statement.recognised, label_);
  }
  tell_last_ids(statement.sql);
}

void Session::tell_last_ids(std::string_view sql) {
  if (!last_ids_.must_tell(sql) || block_ == Block::failed) return;
  drain();
  if (skipping_) return;
  backend_.run(last_ids_.telling());
  last_ids_.told();
  // By itself where that is possible: a transaction that begins with it would have its snapshot before its first LOCK.
  if (block_ == Block::none && !unsynced_) backend_.sync();
}

}  // namespace penstock::endpoint
