#include "endpoint/wire/journal.h"

#include <algorithm>
#include <array>
#include <utility>

#include "endpoint/wire/error_rules.h"

namespace penstock::endpoint {

namespace {

bool writes(const StatementRecord& record, std::string_view tag) {
  if (record.kind == Recognised::Kind::ddl) return true;
  constexpr std::array<std::string_view, 6> kWriting{"INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "TRUNCATE"};
  return std::ranges::any_of(kWriting, [&](auto verb) { return tag.starts_with(verb); });
}

}  // namespace

Journal::Journal(History& history, std::string user, std::int64_t number, std::string database, int process)
    : history_(history), user_(std::move(user)), number_(number), database_(std::move(database)), process_(process) {}

Journal::~Journal() { history_.activity().left(process_); }

StatementRecord Journal::begin(const Recognised& statement, const std::string& label) {
  StatementRecord record = announced_ && announced_->text == statement.logged_text ? *std::exchange(announced_, {})
                                                                                   : number(statement, label);
  history_.activity().began(record);
  running_ = true;
  return record;
}

void Journal::show_activity(const Recognised& statement, const std::string& label) {
  if (!announced_ || announced_->text != statement.logged_text) announced_ = number(statement, label);
  history_.activity().began(*announced_);
  running_ = true;
  history_.publish_activity();
}

void Journal::loading(const StatementRecord& copy, const CopyProgress& progress) {
  history_.activity().loading(copy, progress);
}

void Journal::idle() {
  if (running_) history_.activity().idle(process_);
  running_ = false;
}

StatementRecord Journal::number(const Recognised& statement, const std::string& label) {
  if (transaction_ == 0) {
    transaction_ = history_.next_transaction();
    transaction_started_ = std::chrono::system_clock::now();
  }
  StatementRecord record;
  if (statement.kind == Recognised::Kind::query) record.query = history_.next_query();
  record.transaction = transaction_;
  record.session = process_;
  record.user = acting_.empty() ? user_ : acting_;
  record.user_number = acting_.empty() ? number_ : 0;
  record.database = database_;
  record.label = label;
  record.text = statement.logged_text;
  record.kind = statement.kind;
  record.transaction_started = transaction_started_;
  record.started = std::chrono::system_clock::now();
  return record;
}

void Journal::done(StatementRecord record, TransactionEffect effect, std::string_view tag) {
  idle();
  record.finished = std::chrono::system_clock::now();
  if (writes(record, tag)) {
    wrote_ = true;
    last_write_ = record.text;
  }
  if (effect == TransactionEffect::commit || effect == TransactionEffect::rollback) {
    // By what happened, not by what was asked: COMMIT of a failed transaction rolls back. In the one spelling that
    // queries for committed loads compare with.
    record.text = tag == "COMMIT" ? "COMMIT" : "ROLLBACK";
    wrote_ = false;
  }
  history_.record(std::move(record));
}

void Journal::failed(StatementRecord record, const SqlError& error) {
  idle();
  record.finished = std::chrono::system_clock::now();
  record.aborted = true;
  record.error = error.what();
  record.error_detail = error.detail;
  if (const auto* refusal = dynamic_cast<const S3Refusal*>(&error)) {
    record.refused = {.method = refusal->method, .uri = refusal->uri, .words = refusal->words};
  }
  if (record.error == kSerializationFailure) record.conflict_table = table_written(&record);
  history_.record(std::move(record));
}

std::int64_t Journal::table_written(const StatementRecord* record) const {
  auto table = record == nullptr ? std::nullopt : written_table(record->text);
  if (!table) table = written_table(last_write_);
  return table ? history_.table_number(table->schema, table->name) : 0;
}

void Journal::copied(const StatementRecord& record, const CopyStatement& copy, const TargetTable& target,
                     const CopyReport& report) {
  StatementRecord finished = record;
  finished.finished = std::chrono::system_clock::now();
  finished.aborted = report.failed;
  history_.record_copy(finished, copy, target, report);
}

void Journal::unloaded(const StatementRecord& record, const UnloadStatement& unload, const UnloadReport& report,
                       std::string_view error) {
  StatementRecord finished = record;
  finished.finished = std::chrono::system_clock::now();
  finished.aborted = !error.empty();
  finished.error = error;
  history_.record_unload(finished, unload, report);
}

void Journal::transaction_ended(bool committed) {
  announced_.reset();
  if (transaction_ == 0) return;
  if (committed && wrote_) {
    const Recognised commit{.action = PassThrough{"COMMIT"},
                            .effect = TransactionEffect::commit,
                            .kind = Recognised::Kind::utility,
                            .logged_text = "COMMIT"};
    done(begin(commit, "default"), TransactionEffect::commit, "COMMIT");
  }
  wrote_ = false;
  last_write_.clear();
  transaction_ = 0;
  running_ = false;
  history_.activity().transaction_ended(process_);
}

}  // namespace penstock::endpoint
