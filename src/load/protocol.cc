#include "load/protocol.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <set>
#include <utility>

#include "base/text.h"
#include "load/attempt.h"
#include "load/settlement.h"
#include "load/target_steps.h"
#include "penstock/error.h"

namespace penstock {
namespace {

using redshift::Connection;
using redshift::Identifier;
using redshift::Literal;
using redshift::Sql;
using redshift::Statement;
using redshift::Transaction;

Instant now() { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()); }

// One run through the transaction, from BEGIN to COMMIT.
class Attempt {
 public:
  Attempt(const LoadJob& job, TargetSession& session, const LoadOptions& how, const LoadContext& context)
      : job_(job), session_(session), how_(how), context_(context), connection_(session.connection()) {}

  void run() {
    connection_.execute(Sql("SET query_group TO ") << Literal(to_string(label())), "naming the attempt");
    Transaction transaction(connection_);
    run_in(transaction);
  }

  // Removes what this attempt, and those before it, have put into the bucket. Only after a known outcome.
  void tidy() noexcept {
    if (wrote_manifest_) {
      session_.staging().remove(id_, std::move(leftovers_));
    } else {
      session_.staging().remove(std::move(leftovers_));
    }
    leftovers_.clear();
    wrote_manifest_ = false;
  }

  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] LoadResult result() const {
    if (skipped_) return *skipped_;
    return loaded_;
  }

 private:
  [[nodiscard]] AttemptLabel label() const {
    return {id_, job_.target.schema, job_.target.table, job_.data.file.date_text};
  }

  void run_in(Transaction& transaction) {
    lock_target(transaction, job_.target, how_.lock_timeout, context_.log);
    leftovers_ = session_.staging().leftovers(id_);
    const TableState found = read_state(transaction);
    const LoadPlan plan = plan_load(job_, found, how_, session_.staging().manifest_uri(id_));
    if (plan.skip) {
      skipped_ = Skipped{*plan.skip};
      return;
    }
    wrote_manifest_ = true;  // from here on it may be there
    session_.staging().write_manifest(id_, plan.manifest);
    for (const Statement& statement : plan.make) transaction.execute(statement, "making the table fit its config");
    const bool replaces_loads = remove(transaction, plan);
    copy(transaction, plan);
    refuse_unless_witnessed(transaction, plan, replaces_loads);
    record(transaction, plan);
    transaction.commit();
  }

  TableState read_state(Transaction& transaction) {
    TableState found;
    found.known = known_files(transaction, job_.target, job_.data);
    found.table = redshift::read_table(transaction, job_.target.schema, job_.target.table);
    found.schema_exists = found.table || redshift::schema_exists(transaction, job_.target.schema);
    found.watermark = read_watermark(transaction, job_.target, job_.config.data_date_column, found.table);
    return found;
  }

  // The rows that give way, and the ledger's of theirs. True: loads that the ledger knows gave way.
  bool remove(Transaction& transaction, const LoadPlan& plan) {
    bool replaces_loads = false;
    if (plan.replaced) {
      replaces_loads = rows_loaded(transaction, job_.target, plan.replaced->data_dates).has_value();
    }
    if (plan.remove) loaded_.replaced = transaction.execute(*plan.remove, "removing the rows that give way").affected;
    if (plan.forget) transaction.execute(*plan.forget, "removing their files from the ledger");
    return replaces_loads;
  }

  void copy(Transaction& transaction, const LoadPlan& plan) {
    const Copied copied = run_copy(transaction, session_, plan.copy, to_string(label()), context_);
    loaded_.rows = copied.rows;
    copy_query_ = copied.query;
  }

  // What must hold before the rows may be committed.
  void refuse_unless_witnessed(Transaction& transaction, const LoadPlan& plan, bool replaces_loads) {
    if (loaded_.rows == 0 && loaded_.replaced > 0 && !how_.allow_empty) {
      throw Error(ErrorKind::refused,
                  fmt::format("the data hold no row, and {} rows would give way to them; --allow-empty lets them",
                              loaded_.replaced));
    }
    if (plan.end_of_period) refuse_rows_after(transaction, *plan.end_of_period);
    if (plan.replaced && replaces_loads) refuse_rows_outside(transaction, *plan.replaced);
    if (session_.sees_load_commits()) refuse_missing_files(transaction);
    if (const auto changed = changed_since(context_.buckets, job_.data, context_.stop)) {
      throw ChangedMeanwhile(*changed + " while it was loaded");
    }
  }

  std::uint64_t count_where(Transaction& transaction, const Statement& condition) {
    const auto counted =
        transaction.execute(Sql("SELECT count(*) FROM ") << job_.target.name() << Sql(" WHERE ") << condition,
                            "checking the data dates of the rows");
    return static_cast<std::uint64_t>(number_of(counted.scalar()));
  }

  void refuse_rows_after(Transaction& transaction, Instant end) {
    const auto beyond =
        count_where(transaction, Statement(Identifier(job_.config.data_date_column)) << " >= " << Literal(to_sql(end)));
    if (beyond == 0) return;
    throw Error(ErrorKind::refused,
                fmt::format("{} of the {} rows have a {} of {} or later, which is beyond the {} that the data's name "
                            "stands for: the next load would replace them. --timezone says whose days are meant",
                            beyond, loaded_.rows, printable(job_.config.data_date_column), to_rfc3339(end),
                            how_.granularity == Granularity::hour ? "hour" : "day"));
  }

  void refuse_rows_outside(Transaction& transaction, const ReplacePeriod& replaced) {
    const auto inside = count_where(transaction, rows_within(job_.config.data_date_column, replaced.column));
    if (inside == loaded_.rows) return;
    throw Error(
        ErrorKind::refused,
        fmt::format("{} of the {} rows have a {} outside of [{}, {}), whose rows they replace: such rows of the "
                    "loads before would stay, and be there twice. --granularity and --timezone say what a "
                    "load's period is; --truncate replaces all rows",
                    loaded_.rows - std::min(inside, loaded_.rows), loaded_.rows,
                    printable(job_.config.data_date_column), to_rfc3339(replaced.column.from),
                    to_rfc3339(replaced.column.to)));
  }

  // COPY's own record of what it read has as many files as the manifest. Files without bytes may have none.
  void refuse_missing_files(Transaction& transaction) {
    constexpr std::size_t kFilenameBytes = 256;  // stl_load_commits cuts names there
    std::set<std::string> names;
    std::set<std::string> names_with_bytes;
    for (const SourceObject& object : job_.data.objects) {
      const std::string name = object.uri().substr(0, kFilenameBytes);
      names.insert(name);
      if (object.info.size > 0) names_with_bytes.insert(name);
    }
    const auto counted = transaction.execute(
        Sql("SELECT count(DISTINCT filename) FROM pg_catalog.stl_load_commits WHERE query = ") << *copy_query_,
        "counting the files that COPY read");
    const auto read = static_cast<std::uint64_t>(number_of(counted.scalar()));
    if (read == 0 || (names_with_bytes.size() <= read && read <= names.size())) return;
    throw Error(ErrorKind::refused,
                fmt::format("COPY read {} files, and the manifest has {}", read, job_.data.objects.size()));
  }

  void record(Transaction& transaction, const LoadPlan& plan) {
    const LoadRecord record{.load_id = job_.load_id,
                            .attempt_id = id_,
                            .plan_sha256 = plan.sha256,
                            .rows = loaded_.rows,
                            .replaced = loaded_.replaced,
                            .copy_query = copy_query_,
                            .by = context_.connection.user,
                            .at = now()};
    for (const Statement& statement : record_files(job_.target, job_.data, record)) {
      transaction.execute(statement, "writing the ledger");
    }
    transaction.execute(record_load(job_.target, job_.data, record), "writing the ledger");
  }

  const LoadJob& job_;
  TargetSession& session_;
  const LoadOptions& how_;
  const LoadContext& context_;
  Connection& connection_;
  const std::string id_ = new_id();
  std::vector<std::string> leftovers_;
  bool wrote_manifest_ = false;
  Loaded loaded_;
  std::optional<Skipped> skipped_;
  std::optional<std::int64_t> copy_query_;
};

}  // namespace

std::optional<Instant> read_watermark(Transaction& transaction, const Target& target,
                                      const std::string& data_date_column,
                                      const std::optional<redshift::CatalogTable>& table) {
  if (!table ||
      std::ranges::find(table->columns, data_date_column, &redshift::CatalogColumn::name) == table->columns.end()) {
    return std::nullopt;
  }
  const auto result = transaction.execute(
      Sql("SELECT max(") << Identifier(data_date_column) << Sql(") FROM ") << target.name(), "reading the watermark");
  const auto& newest = result.scalar();
  if (!newest) return std::nullopt;
  const auto instant = read_sql_instant(*newest);
  if (!instant) {
    throw Error(ErrorKind::refused, fmt::format("the newest value of {} is '{}', which is no date of ours",
                                                printable(data_date_column), printable(*newest)));
  }
  return instant;
}

LoadResult run_load(const LoadJob& job, TargetSession& session, const LoadOptions& how, const LoadContext& context) {
  return run_settled(session, how.lock_timeout, context, "load", [&] { return Attempt(job, session, how, context); });
}

LoadPlan dry_run(const LoadJob& job, TargetSession& session, const LoadOptions& how) {
  auto& connection = session.plain_connection();
  const bool has_ledger = ledger_exists(connection, job.target);
  Transaction transaction(connection);
  TableState found;
  if (has_ledger) found.known = known_files(transaction, job.target, job.data);
  found.table = redshift::read_table(transaction, job.target.schema, job.target.table);
  found.schema_exists = found.table || redshift::schema_exists(transaction, job.target.schema);
  found.watermark = read_watermark(transaction, job.target, job.config.data_date_column, found.table);
  return plan_load(job, found, how, session.planned_manifest_uri());
}

}  // namespace penstock
