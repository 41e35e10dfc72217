#include "endpoint/catalog/recorder.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <deque>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "base/guarded.h"
#include "endpoint/catalog/postgres.h"
#include "endpoint/catalog/system_rows.h"
#include "penstock/error.h"

namespace penstock::endpoint {
namespace {

constexpr std::size_t kMostWaiting = 2'000;  // records; beyond, who records waits
constexpr std::size_t kEnough = 1'000;       // records that are written at once, without waiting for more
constexpr std::chrono::milliseconds kGathering{50};
constexpr std::size_t kRowsAStatement = 1'000;  // of one INSERT
constexpr int kIdsAtOnce = 100;
constexpr auto kIdSequences = std::to_array<const char*>({"query_ids", "transaction_ids"});

std::int64_t number(const std::string& text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

struct CopyPart {
  CopyStatement copy;
  TargetTable target;
  CopyReport report;
};

struct UnloadPart {
  UnloadStatement unload;
  UnloadReport report;
};

struct WhatRuns {};  // now, to be shown

struct Pending {
  StatementRecord statement{};
  std::variant<std::monostate, CopyPart, UnloadPart, WhatRuns> part{};  // none: the statement itself
};

std::vector<SystemRow> rows_of(const Pending& record, std::int64_t user) {
  if (const auto* copy = std::get_if<CopyPart>(&record.part)) {
    return copy_rows(record.statement, user, copy->copy, copy->target, copy->report);
  }
  if (const auto* unload = std::get_if<UnloadPart>(&record.part)) {
    return unload_rows(record.statement, user, unload->unload, unload->report);
  }
  return statement_rows(record.statement, user);
}

struct Waiting {
  std::vector<Pending> records;
  std::uint64_t recorded = 0;
  std::uint64_t written = 0;
  std::uint64_t wanted = 0;  // somebody waits until so many are written
  bool closed = false;
};

// The sequences of ids, some drawn ahead so that a statement seldom waits for them.
struct Ids {
  std::optional<Postgres> postgres;
  std::array<std::deque<std::int64_t>, kIdSequences.size()> drawn;
};

// A system table: how a row gets in, and how long its texts may be.
struct Target {
  std::string insert;
  std::map<std::string, std::size_t> widths;
};

// The writing side; touched by the thread only.
class Writer {
 public:
  Writer(std::string conninfo, Activity& activity, Log& log)
      : conninfo_(std::move(conninfo)), activity_(activity), log_(log) {}

  void connect() {
    postgres_.emplace(conninfo_with(conninfo_, {{"application_name", "penstock recorder"}}));
    targets_.clear();
    const auto columns = postgres_->query(
        "SELECT c.relname, string_agg(quote_ident(attname), ', ' ORDER BY attnum),"
        "       json_object_agg(attname, atttypmod - 4) FILTER (WHERE atttypmod > 4)::text"
        "  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE relnamespace = 'pg_internal'::regnamespace AND relkind = 'r' AND relname ~ '^(stl|sys|stv|now)_'"
        "   AND attnum > 0 AND NOT attisdropped AND attname <> 'recorded_at' GROUP BY c.relname");
    for (const auto& row : columns) {
      Target& target = targets_[row.at(0).value()];
      target.insert = fmt::format(
          "INSERT INTO pg_internal.{0} ({1}) SELECT {1} FROM json_populate_recordset(NULL::pg_internal.{0}, $1)",
          row.at(0).value(), row.at(1).value());
      if (row.at(2)) target.widths = nlohmann::json::parse(*row[2]).get<std::map<std::string, std::size_t>>();
    }
  }

  void drop_what_is_old() noexcept {
    dropped_ = std::chrono::steady_clock::now();
    try {
      if (!postgres_ || !postgres_->connected()) connect();
      delete_what_is_old();
    } catch (const std::exception& failure) {
      log_.error(fmt::format("system tables: rows older than seven days stay for now: {}", failure.what()));
      postgres_.reset();
    }
  }

  [[nodiscard]] std::chrono::steady_clock::duration since_dropped() const {
    return std::chrono::steady_clock::now() - dropped_;
  }

  void write(std::vector<Pending>& records, const std::function<std::int64_t()>& next_query) noexcept {
    try {
      if (!postgres_ || !postgres_->connected()) connect();
      users_.clear();  // a name may be another's by now
      std::map<std::string, std::vector<std::string>> rows;
      bool shows_activity = false;
      for (Pending& record : records) {
        if (std::holds_alternative<WhatRuns>(record.part)) {
          shows_activity = true;
          continue;
        }
        if (record.statement.query == 0) record.statement.query = next_query();
        const auto known = record.statement.user_number;
        const std::int64_t user = known != 0 ? known : number_of(record.statement.user);
        for (SystemRow& row : rows_of(record, user)) rows[row.table].push_back(text_of(row));
      }
      if (shows_activity) {
        for (const SessionNow& session : activity_.now()) {
          const auto known = session.statement.user_number;
          const std::int64_t user = known != 0 ? known : number_of(session.statement.user);
          for (SystemRow& row : activity_rows(session, user)) rows[row.table].push_back(text_of(row));
        }
      }
      postgres_->run("BEGIN");
      if (shows_activity) {
        for (const std::string_view table : activity_tables()) {
          postgres_->run(fmt::format("DELETE FROM pg_internal.{}", table));
        }
      }
      for (const auto& [table, texts] : rows) insert(targets_.at(table).insert, texts);
      postgres_->run("COMMIT");
    } catch (const std::exception& failure) {
      log_.error(fmt::format("system tables: {} records are lost: {}", records.size(), failure.what()));
      postgres_.reset();
    }
  }

 private:
  void delete_what_is_old() {
    for (const auto& [table, target] : targets_) {
      postgres_->run(fmt::format("DELETE FROM pg_internal.{} WHERE recorded_at < now() - interval '7 days'", table));
    }
  }

  std::int64_t number_of(const std::string& user) {
    const auto known = users_.find(user);
    if (known != users_.end()) return known->second;
    const auto found = postgres_->value("SELECT oid FROM pg_roles WHERE rolname = $1", {user});
    return users_[user] = found ? number(*found) : 0;
  }

  std::string text_of(SystemRow& row) const {
    const auto& widths = targets_.at(row.table).widths;
    for (auto& [column, value] : row.row.items()) {
      if (!value.is_string()) continue;
      const auto width = widths.find(column);
      value =
          storable(value.get_ref<const std::string&>(), width == widths.end() ? std::string_view::npos : width->second);
    }
    return row.row.dump();
  }

  void insert(const std::string& statement, const std::vector<std::string>& rows) {
    for (std::size_t at = 0; at < rows.size(); at += kRowsAStatement) {
      std::string array = "[";
      for (std::size_t i = at; i < std::min(at + kRowsAStatement, rows.size()); ++i) {
        if (i > at) array += ',';
        array += rows[i];
      }
      postgres_->query(statement, {array + "]"});
    }
  }

  std::string conninfo_;
  Activity& activity_;
  Log& log_;
  std::optional<Postgres> postgres_;
  std::map<std::string, Target> targets_;
  std::map<std::string, std::int64_t> users_;
  std::chrono::steady_clock::time_point dropped_;
};

}  // namespace

struct Recorder::Impl {
  Impl(std::string server, Log& log, std::chrono::seconds sweep)
      : conninfo(std::move(server)), sweep_every(sweep), writer(conninfo, activity, log) {
    writer.connect();
    writer.drop_what_is_old();
    thread = std::jthread([this] { work(); });
  }

  ~Impl() {
    waiting.change([](Waiting& w) { w.closed = true; });
  }

  void work() {
    while (true) {
      std::vector<Pending> batch;
      waiting.wait([](const Waiting& w) { return w.closed || !w.records.empty(); }, [](const Waiting&) {});
      // A transaction for each statement would take more of the machine than most statements do.
      waiting.wait_until(
          std::chrono::steady_clock::now() + kGathering,
          [](const Waiting& w) { return w.closed || w.wanted > w.written || w.records.size() >= kEnough; },
          [](const Waiting&) {});
      const bool more = waiting.with([&](Waiting& w) {
        batch.swap(w.records);
        return !batch.empty();
      });
      if (!more) return;
      writer.write(batch, [this] { return next(0); });
      if (writer.since_dropped() >= sweep_every) writer.drop_what_is_old();
      waiting.change([&](Waiting& w) { w.written += batch.size(); });
    }
  }

  void add(Pending record) {
    const auto count = waiting.wait([](const Waiting& w) { return w.records.size() < kMostWaiting; },
                                    [&](Waiting& w) {
                                      w.records.push_back(std::move(record));
                                      ++w.recorded;
                                      return w.records.size();
                                    });
    if (count == 1 || count == kEnough) waiting.change([](Waiting&) {});  // what the thread waits for
  }

  Postgres& connected(Ids& i) const {
    if (!i.postgres || !i.postgres->connected()) {
      i.postgres.emplace(conninfo_with(conninfo, {{"application_name", "penstock ids"}}));
    }
    return *i.postgres;
  }

  std::int64_t next(std::size_t sequence) {
    return ids.with([&](Ids& i) {
      auto& drawn = i.drawn.at(sequence);
      if (drawn.empty()) {
        const auto rows = connected(i).query(fmt::format("SELECT nextval('pg_internal.{}') FROM generate_series(1, {})",
                                                         kIdSequences.at(sequence), kIdsAtOnce));
        for (const auto& row : rows) drawn.push_back(number(row.at(0).value()));
      }
      const std::int64_t id = drawn.front();
      drawn.pop_front();
      return id;
    });
  }

  const std::string conninfo;
  const std::chrono::seconds sweep_every;
  Guarded<Waiting> waiting;
  Guarded<Ids> ids;
  Activity activity;
  Writer writer;
  std::jthread thread;  // last: it is joined before what it uses goes
};

Recorder::Recorder(std::string conninfo, Log& log, std::chrono::seconds sweep_every)
    : impl_(std::make_unique<Impl>(std::move(conninfo), log, sweep_every)) {}
Recorder::~Recorder() = default;

std::int64_t Recorder::next_query() { return impl_->next(0); }
std::int64_t Recorder::next_transaction() { return impl_->next(1); }

std::int64_t Recorder::table_number(const std::string& schema, const std::string& table) {
  return impl_->ids.with([&](Ids& i) {
    const auto found = impl_->connected(i).value(
        "SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE relkind = 'r' AND relname = $1 AND ($2 = '' OR nspname = $2) ORDER BY nspname = 'public' DESC, c.oid"
        " LIMIT 1",
        {table, schema});
    return found ? number(*found) : 0;
  });
}

void Recorder::record(StatementRecord statement) { impl_->add({.statement = std::move(statement)}); }

void Recorder::record_copy(const StatementRecord& statement, const CopyStatement& copy, const TargetTable& target,
                           const CopyReport& report) {
  CopyPart part{.copy = copy, .target = target, .report = report};
  part.copy.secret_access_key = Secret();
  part.copy.session_token = Secret();
  impl_->add({.statement = statement, .part = std::move(part)});
}

void Recorder::record_unload(const StatementRecord& statement, const UnloadStatement& unload,
                             const UnloadReport& report) {
  UnloadPart part{.unload = unload, .report = report};
  part.unload.secret_access_key = Secret();
  part.unload.session_token = Secret();
  impl_->add({.statement = statement, .part = std::move(part)});
}

void Recorder::flush() {
  const std::uint64_t recorded = impl_->waiting.change([](Waiting& w) { return w.wanted = w.recorded; });
  impl_->waiting.wait([&](const Waiting& w) { return w.written >= recorded; }, [](const Waiting&) {});
}

Activity& Recorder::activity() { return impl_->activity; }

void Recorder::publish_activity() {
  impl_->add({.part = WhatRuns{}});
  flush();
}

}  // namespace penstock::endpoint
