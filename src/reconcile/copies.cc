#include "reconcile/copies.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <set>
#include <span>
#include <utility>

#include "load/attempt.h"
#include "load/instant.h"
#include "reconcile/copy_text.h"
#include "reconcile/number_in.h"
#include "reconcile/session_name.h"
#include "reconcile/sql_files.h"

namespace penstock::reconcile {
namespace {

using redshift::comma_separated;
using redshift::Connection;
using redshift::fill;
using redshift::Result;
using redshift::ServerError;
using redshift::Sql;
using redshift::Statement;

constexpr char kHistory[] = "asking SYS_LOAD_HISTORY";
constexpr char kLog[] = "asking STL_LOAD_COMMITS";
constexpr std::size_t kCopiesPerQuestion = 5000;
constexpr std::size_t kPieceOfHistory = 4000;  // characters of sys_query_text
constexpr std::size_t kPieceOfLog = 200;       // of stl_querytext
constexpr std::size_t kWholeText = 3900;       // of the 4000 bytes that one row of either has
// The system tables are written a while after what they tell of. Generous: it makes a key ambiguous, not lost.
constexpr std::chrono::minutes kUntilWritten{10};

using Row = std::vector<std::optional<std::string>>;

std::string text_at(const Row& row, std::size_t column) {
  std::string text = row.at(column).value_or("");
  text.erase(text.find_last_not_of(' ') + 1);  // char(n) comes padded
  return text;
}

std::int64_t number_at(const Row& row, std::size_t column) {
  return number_in<std::int64_t>(row.at(column).value_or(""));
}

Microseconds instant_at(const Row& row, std::size_t column) {
  return read_sql_instant(row.at(column).value_or("")).value_or(Microseconds{});
}

Statement list_of(std::span<const std::int64_t> numbers) {
  return comma_separated(numbers, [](std::int64_t number) { return Statement(number); });
}

struct Ends {
  bool has_commit = false;
  bool has_rollback = false;
  bool has_failed_statement = false;

  void add(std::string_view status, std::string_view statement) {
    if (status == "failed" || status == "canceled") {
      has_failed_statement = true;
      return;
    }
    const TransactionEnd end = read_end(statement);
    has_commit = has_commit || end == TransactionEnd::commit;
    has_rollback = has_rollback || end == TransactionEnd::rollback;
  }
};

// A COPY, as it is put together from the answers.
struct Draft {
  Copy copy{};
  CopyEvidence evidence{};
  std::string label{};
  std::string text{};
  std::string table_name{};
  std::string database{};
};

class Reader {
 public:
  Reader(Connection& connection, const OwnCopies& own) : connection_(connection), own_(own) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  virtual ~Reader() = default;

  Copies read() {
    const std::vector<std::int64_t> queries = all_queries();
    for (std::size_t at = 0; at < queries.size(); at += kCopiesPerQuestion) {
      const auto some = std::span(queries).subspan(at, std::min(kCopiesPerQuestion, queries.size() - at));
      read_some(some);
    }
    copies_.sort();
    return std::move(copies_);
  }

 protected:
  virtual Statement queries() = 0;
  virtual std::map<std::int64_t, Draft> drafts(std::span<const std::int64_t> queries) = 0;
  virtual void add_ends(std::span<const std::int64_t> transactions, std::map<std::int64_t, Ends>& ends) = 0;
  virtual Statement text_of(std::int64_t query) = 0;
  [[nodiscard]] virtual std::size_t piece() const = 0;
  // Since when the end of each transaction is known; nullopt: of none for certain.
  virtual std::optional<Microseconds> ends_since() = 0;

  Result ask(const Statement& statement) { return connection_.execute(statement, doing()); }
  // nullopt: it may not be read, or is not there.
  std::optional<Result> ask_if_allowed(const Statement& statement) {
    try {
      return ask(statement);
    } catch (const ServerError& e) {
      if (e.kind() != ErrorKind::denied && e.kind() != ErrorKind::not_found) throw;
      return std::nullopt;
    }
  }
  [[nodiscard]] virtual const char* doing() const = 0;

  Microseconds now_{};  // of the cluster

 private:
  std::vector<std::int64_t> all_queries() {
    std::vector<std::int64_t> numbers;
    for (const auto& row : ask(queries()).rows) numbers.push_back(number_at(row, 0));
    std::ranges::sort(numbers);
    return numbers;
  }

  void read_some(std::span<const std::int64_t> queries) {
    auto found = drafts(queries);
    std::set<std::int64_t> distinct;
    for (const auto& [query, draft] : found) distinct.insert(draft.copy.transaction);
    if (distinct.empty()) return;
    const std::vector<std::int64_t> transactions(distinct.begin(), distinct.end());
    // Which are open, and only then which have ended: what ends in between has ended.
    std::set<std::int64_t> open;
    for (const auto& row : ask(Sql(sql::kOpenTransactions)).rows) open.insert(number_at(row, 0));
    std::map<std::int64_t, Ends> ends;
    const auto since = ends_since();
    add_ends(transactions, ends);
    for (auto& [query, draft] : found) {
      const Ends& end = ends[draft.copy.transaction];
      draft.evidence.has_commit = end.has_commit;
      draft.evidence.has_rollback = end.has_rollback;
      draft.evidence.has_failed_statement = end.has_failed_statement;
      draft.evidence.is_open = open.contains(draft.copy.transaction);
      draft.evidence.end_would_be_known =
          since && *since <= draft.copy.started && draft.copy.ended + kUntilWritten < now_;
      add(std::move(draft));
    }
  }

  void add(Draft draft) {
    if (draft.text.size() >= kWholeText) draft.text = whole_text(draft.copy.query);
    const CopyText text = read_copy(draft.text);
    draft.evidence.has_text = text.is_copy;
    draft.copy.loads_nothing = text.is_noload || draft.label == kSessionName;
    draft.copy.state = state_of(draft.evidence);
    std::string table = text.table.empty() ? draft.table_name : text.table;
    const auto label = read_label(draft.label);
    if (label && !label->schema.empty())
      table = label->schema + "." + label->table;  // where COPY is into a stage table
    const auto own = own_.find(draft.copy.query);
    if (own != own_.end() && (!label || label->attempt_id == own->second.attempt_id)) {
      table = own->second.table;
      draft.copy.load = copies_.number_of(own->second.load_id);
      draft.copy.is_in_ledger = own->second.is_in_ledger;
      draft.copy.state = own->second.is_gone ? LoadState::superseded : LoadState::committed;
    }
    if (!draft.database.empty()) table = draft.database + "." + table;
    draft.copy.table = copies_.number_of(table);
    copies_.add(draft.copy);
  }

  // Blanks at a piece's end are lost, and there may have been some.
  std::string whole_text(std::int64_t query) {
    std::string text;
    for (const auto& row : ask(text_of(query)).rows) {
      if (!text.empty()) text.resize(((text.size() + piece() - 1) / piece()) * piece(), ' ');
      text += text_at(row, 0);
    }
    return text;
  }

  Connection& connection_;
  const OwnCopies& own_;
  Copies copies_;
};

class History : public Reader {
 public:
  History(Connection& connection, const Statement& begins, const OwnCopies& own, std::string database)
      : Reader(connection, own), begins_(begins), database_(std::move(database)) {}

 protected:
  [[nodiscard]] const char* doing() const override { return kHistory; }
  Statement queries() override { return fill(sql::kHistoryCopyIds, {{"begins", begins_}}); }

  std::map<std::int64_t, Draft> drafts(std::span<const std::int64_t> queries) override {
    std::map<std::int64_t, Draft> found;
    for (const auto& row : ask(fill(sql::kHistoryCopies, {{"queries", list_of(queries)}})).rows) {
      Draft& draft = found[number_at(row, 0)];
      draft.copy.query = number_at(row, 0);
      draft.copy.transaction = number_at(row, 1);
      const std::string status = text_at(row, 2);
      draft.evidence.status = status == "running"     ? CopyEvidence::Status::running
                              : status == "completed" ? CopyEvidence::Status::completed
                                                      : CopyEvidence::Status::aborted;
      draft.copy.started = instant_at(row, 3);
      draft.copy.ended = instant_at(row, 4);
      draft.table_name = text_at(row, 5);
      if (const std::string database = text_at(row, 6); database != database_) draft.database = database;
    }
    for (const auto& row : ask(fill(sql::kHistoryStatements, {{"queries", list_of(queries)}})).rows) {
      const auto draft = found.find(number_at(row, 0));
      if (draft == found.end()) continue;
      draft->second.label = text_at(row, 1);
      draft->second.text = text_at(row, 2);
    }
    return found;
  }

  void add_ends(std::span<const std::int64_t> transactions, std::map<std::int64_t, Ends>& ends) override {
    for (const auto& row : ask(fill(sql::kHistoryEnds, {{"transactions", list_of(transactions)}})).rows) {
      ends[number_at(row, 0)].add(text_at(row, 1), text_at(row, 2));
    }
    const auto ended = ask_if_allowed(fill(sql::kHistoryTransactions, {{"transactions", list_of(transactions)}}));
    if (!ended) return;
    for (const auto& row : ended->rows) {
      Ends& end = ends[number_at(row, 0)];
      const bool is_committed = text_at(row, 1) == "committed";
      const bool is_undone = row.at(2) && number_at(row, 2) > 0;
      end.has_commit = end.has_commit || is_committed;
      end.has_rollback = end.has_rollback || !is_committed || is_undone;
    }
  }

  // That the views have no end of a transaction says nothing: which statements they show is not documented, and their
  // own view of transactions is for superusers, and short.
  std::optional<Microseconds> ends_since() override { return std::nullopt; }
  Statement text_of(std::int64_t query) override { return fill(sql::kHistoryText, {{"query", query}}); }
  [[nodiscard]] std::size_t piece() const override { return kPieceOfHistory; }

 private:
  Statement begins_;
  std::string database_;
};

class StlLog : public Reader {
 public:
  StlLog(Connection& connection, const Statement& begins, const OwnCopies& own)
      : Reader(connection, own), begins_(begins) {}

 protected:
  [[nodiscard]] const char* doing() const override { return kLog; }
  Statement queries() override { return fill(sql::kLogCopyIds, {{"begins", begins_}}); }

  std::map<std::int64_t, Draft> drafts(std::span<const std::int64_t> queries) override {
    std::map<std::int64_t, Draft> found;
    for (const auto& row : ask(fill(sql::kLogCopies, {{"queries", list_of(queries)}})).rows) {
      Draft& draft = found[number_at(row, 0)];
      draft.copy.query = number_at(row, 0);
      draft.copy.transaction = number_at(row, 1);
      draft.evidence.status = number_at(row, 2) == 0 ? CopyEvidence::Status::completed : CopyEvidence::Status::aborted;
      draft.copy.started = instant_at(row, 3);
      draft.copy.ended = instant_at(row, 4);
      draft.label = text_at(row, 5);
      draft.text = text_at(row, 6);
    }
    return found;
  }

  void add_ends(std::span<const std::int64_t> transactions, std::map<std::int64_t, Ends>& ends) override {
    const Statement list = list_of(transactions);
    for (const auto& row : ask(fill(sql::kLogEnds, {{"transactions", list}})).rows) {
      ends[number_at(row, 0)].add(text_at(row, 1), text_at(row, 2));
    }
    const auto undone = ask_if_allowed(fill(sql::kLogUndone, {{"transactions", list}}));
    if (!undone) return;
    for (const auto& row : undone->rows) ends[number_at(row, 0)].has_rollback = true;
  }

  // That STL_UTILITYTEXT has no COMMIT of a transaction is how Redshift's manual tells that it did not commit.
  std::optional<Microseconds> ends_since() override {
    if (!since_) {
      const auto rows = ask(Sql(sql::kLogEndsOldest)).rows;
      since_ = rows.empty() || !rows[0].at(0) ? Microseconds::max() : instant_at(rows[0], 0);
      now_ = rows.empty() ? Microseconds{} : instant_at(rows[0], 1);
    }
    return since_;
  }
  Statement text_of(std::int64_t query) override { return fill(sql::kLogText, {{"query", query}}); }
  [[nodiscard]] std::size_t piece() const override { return kPieceOfLog; }

 private:
  Statement begins_;
  std::optional<Microseconds> since_;
};

}  // namespace

LoadState state_of(const CopyEvidence& evidence) {
  if (evidence.status == CopyEvidence::Status::aborted) return LoadState::failed;
  if (evidence.has_rollback) return evidence.has_commit ? LoadState::unknown : LoadState::rolled_back;
  if (evidence.has_commit) {
    return evidence.has_failed_statement || !evidence.has_text ? LoadState::unknown : LoadState::committed;
  }
  if (evidence.is_open || evidence.status == CopyEvidence::Status::running) return LoadState::in_progress;
  return evidence.end_would_be_known ? LoadState::rolled_back : LoadState::unknown;
}

LoadState agreed(LoadState one, LoadState other) {
  if (one == other || other == LoadState::unknown) return one;
  if (one == LoadState::unknown) return other;
  // One was asked a moment after the other.
  if (one == LoadState::in_progress) return other;
  if (other == LoadState::in_progress) return one;
  if (one == LoadState::superseded || other == LoadState::superseded) return LoadState::superseded;
  return LoadState::unknown;
}

const Copy* Copies::find(std::int64_t query) const {
  const auto found = std::ranges::lower_bound(copies_, query, {}, &Copy::query);
  return found == copies_.end() || found->query != query ? nullptr : &*found;
}

const Copy* Copies::find(std::int64_t transaction, Microseconds at) const {
  const auto transaction_of = [&](std::uint32_t index) { return copies_[index].transaction; };
  for (const std::uint32_t index : std::ranges::equal_range(by_transaction_, transaction, {}, transaction_of)) {
    const Copy& copy = copies_[index];
    if (copy.started <= at && at <= copy.ended) return &copy;
  }
  return nullptr;
}

std::uint32_t Copies::number_of(const std::string& name) {
  const auto [at, is_new] = numbers_.try_emplace(name, static_cast<std::uint32_t>(names_.size()));
  if (is_new) names_.push_back(name);
  return at->second;
}

Copies read_history_copies(Connection& connection, const Statement& begins, const OwnCopies& own,
                           const std::string& database) {
  return History(connection, begins, own, database).read();
}

Copies read_log_copies(Connection& connection, const Statement& begins, const OwnCopies& own) {
  return StlLog(connection, begins, own).read();
}

void Copies::sort() {
  std::ranges::sort(copies_, {}, &Copy::query);
  by_transaction_.resize(copies_.size());
  std::iota(by_transaction_.begin(), by_transaction_.end(), 0U);
  std::ranges::sort(by_transaction_, {}, [&](std::uint32_t index) { return copies_[index].transaction; });
}

}  // namespace penstock::reconcile
