#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "endpoint/wire/copy_target.h"
#include "endpoint/wire/session.h"
#include "endpoint/wire/unload_rows.h"
#include "penstock/error.h"

namespace penstock::endpoint {

namespace {

// What a store says in its own way; what it means for SQL is known here only for a cancel.
SqlError sql_error(const Error& error) {
  if (error.kind() == ErrorKind::cancelled) return {"57014", "canceling statement due to user request"};
  return {"XX000", error.what()};
}

}  // namespace

// Not part of a Services call: whatever is thrown here leaves the transaction failed (fail() sees to that).
std::string Session::run_local(const Statement& statement, bool alone) {
  if (block_ == Block::failed) {
    throw SqlError("25P02", "current transaction is aborted, commands ignored until end of transaction block");
  }
  const auto& recognised = statement.recognised;
  if (recognised.reads_history) journal_.flush();
  if (recognised.reads_activity) journal_.show_activity(recognised, label_);
  tell_last_ids(recognised.logged_text);
  auto record = journal_.begin(recognised, label_);
  query_ = record.query;
  rewritten_ = executed_ = unsynced_ = true;
  std::string tag;
  try {
    if (const auto* script = std::get_if<Script>(&recognised.action)) {
      tag = run(*script, alone);
    } else if (const auto* copy = std::get_if<RunCopy>(&recognised.action)) {
      tag = run(*copy, record);
    } else if (const auto* unload = std::get_if<RunUnload>(&recognised.action)) {
      tag = run(*unload, record);
    } else {
      tag = run(std::get<SetSession>(recognised.action));
    }
  } catch (const BackendError& error) {
    const Report report = told(error.report, &record);
    journal_.failed(std::move(record), sql_error_of(report));
    throw BackendError(report);
  } catch (const SqlError& error) {
    journal_.failed(std::move(record), error);
    throw;
  } catch (const std::runtime_error& error) {
    journal_.failed(std::move(record), {"XX000", error.what()});
    throw;
  }
  completed(statement, std::move(record), tag);
  if (const auto* script = std::get_if<Script>(&recognised.action); script != nullptr && script->commits) commit();
  return tag;
}

// alone: nothing else has been executed in what would be one transaction with it.
std::string Session::run(const Script& script, bool alone) {
  const std::string& named = script.refused_as.empty() ? script.tag : script.refused_as;
  if (script.outside_block && block_ != Block::none) {
    throw SqlError("25001", fmt::format("{} cannot run inside a transaction block", named));
  }
  if (script.outside_block && !alone) {
    throw SqlError("25001", fmt::format("{} cannot run inside a multiple commands statement", named));
  }
  const bool instead = block_ == Block::none && !script.instead.empty();
  for (const auto& sql : instead ? script.instead : script.statements) {
    backend_.run(sql);
    if (!script.outside_block) continue;
    if (auto result = backend_.sync(); result.failure) throw BackendError(std::move(*result.failure));
  }
  return script.tag;
}

std::string Session::run(const SetSession& setting) {
  if (setting.name == "session_authorization") {
    // PostgreSQL lets change the session's user its superusers only; a role can be taken on by who is a member of it.
    backend_.run(setting.value.empty() ? "RESET ROLE" : "SET ROLE " + quote_name(setting.value));
    acting_ = setting.value;
    journal_.act_as(acting_);
    return setting.tag;
  }
  // SET and not set_config(): it takes no snapshot, so a transaction can still begin with its LOCK.
  backend_.run(fmt::format("SET penstock.{} TO {}", quote_name(setting.name), quote_literal(setting.value)));
  if (setting.name == "query_group") label_ = setting.value.empty() ? kNoLabel : setting.value;
  return setting.tag;
}

// TRUNCATE: commits what came before it, too.
void Session::commit() {
  if (block_ == Block::open) {
    backend_.run("COMMIT");
    block_ = Block::none;
  } else if (auto result = backend_.sync(); result.failure) {
    throw BackendError(std::move(*result.failure));
  }
  executed_ = false;
  transaction_ended(true);
}

std::string Session::run(const RunCopy& run, const StatementRecord& record) {
  const auto& copy = run.copy;
  // First of all: PostgreSQL forgets a cancel that comes between two of its own statements.
  const auto stop = interrupt_.begin_statement();
  const auto target = open_target(backend_, copy);
  Statistics statistics(backend_, copy, target);
  BackendCopySink sink(backend_, target, context());
  const auto failed = [&](CopyReport report) {
    sink.abort();
    report.failed = true;
    last_ids_.copy_failed(record.query);
    journal_.copied(record, copy, target, report);
  };
  CopyReport report;
  try {
    report = services_.run_copy(copy, target, sink,
                                {.connect = services_.connect,
                                 .query_id = record.query,
                                 .stop = stop,
                                 .workers = std::max(2U, std::thread::hardware_concurrency()),
                                 .progress = [&](const CopyProgress& now) { journal_.loading(record, now); }});
  } catch (const SqlError&) {
    // Before the first row it is a statement that was refused, and pg_last_copy_id() stays what it was.
    if (sink.begun()) failed({});
    throw;
  } catch (const Error& error) {
    if (sink.begun()) failed({});
    throw sql_error(error);
  }
  const auto say = [&](const std::string& message) {
    conversation_.client.send(report_message('N', make_report("INFO", "00000", message)));
  };
  if (report.failed) {
    failed(report);
    throw SqlError("XX000", fmt::format("Load into table '{}' failed.  Check 'stl_load_errors' system table for "
                                        "details.",
                                        target.name));
  }
  statistics.update();
  last_ids_.copy_done(record.query, report.loaded_rows);
  journal_.copied(record, copy, target, report);
  say(fmt::format("Load into table '{}' completed, {} record(s) loaded successfully.", target.name,
                  report.loaded_rows));
  if (!report.errors.empty()) {
    say(
        fmt::format("Load into table '{}' completed, {} record(s) could not be loaded.  Check 'stl_load_errors' system "
                    "table for details.",
                    target.name, report.errors.size()));
  }
  return "COPY";
}

std::string Session::run(const RunUnload& run, const StatementRecord& record) {
  const auto& unload = run.unload;
  BackendRows rows(backend_, context());
  UnloadReport report;
  const auto failed = [&](const std::exception& error) {
    journal_.unloaded(record, unload, report, error.what());
    // Before its query ran it is a statement that was refused, and pg_last_unload_id() stays what it was.
    if (rows.begun()) last_ids_.unload_failed(record.query);
  };
  const auto stop = interrupt_.begin_statement();
  try {
    services_.run_unload(unload, rows, {.connect = services_.connect, .query_id = record.query, .stop = stop}, report);
  } catch (const SqlError& error) {
    failed(error);
    throw;
  } catch (const Error& error) {
    failed(error);
    throw sql_error(error);
  }
  last_ids_.unload_done(record.query, report.rows);
  journal_.unloaded(record, unload, report, {});
  conversation_.client.send(report_message(
      'N',
      make_report("INFO", "00000", fmt::format("UNLOAD completed, {} record(s) unloaded successfully.", report.rows))));
  return "UNLOAD";
}

}  // namespace penstock::endpoint
