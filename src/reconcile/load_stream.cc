#include "reconcile/load_stream.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <set>
#include <utility>

#include "base/text.h"
#include "base/utf8.h"
#include "load/instant.h"
#include "load/target.h"
#include "penstock/error.h"
#include "reconcile/copies.h"
#include "reconcile/number_in.h"
#include "reconcile/own_loads.h"
#include "reconcile/row_spool.h"
#include "reconcile/session_name.h"
#include "reconcile/sql_files.h"
#include "redshift/connection.h"
#include "redshift/cursor.h"

namespace penstock::reconcile {
namespace {

using redshift::Connection;
using redshift::Cursor;
using redshift::fill;
using redshift::Literal;
using redshift::Qualified;
using redshift::ServerError;
using redshift::Sql;
using redshift::Statement;

constexpr std::size_t kLedgersPerSession = 64;
constexpr std::size_t kCharacter = 4;  // bytes of the longest: one that would not fit whole is left out
constexpr std::chrono::hours kDay{24};

const Qualified kLoads{kLedgerSchema, "loads"};
constexpr int kRecordedColumns = 10;  // of recorded_objects.sql
constexpr int kFileColumns = 8;       // of history_files.sql
constexpr char kReadingLedger[] = "reading the ledger";
const std::string kNone;

std::optional<std::chrono::sys_seconds> seconds_in(std::string_view text) {
  const auto instant = read_sql_instant(text);
  if (!instant) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(*instant);
}

bool may_be_cut(std::size_t bytes_of_name) { return bytes_of_name > kSystemName - kCharacter; }

std::uint64_t count_in(const redshift::Result& counted) {
  return number_in<std::uint64_t>(counted.scalar().value_or(""));
}

std::size_t characters_in(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// That the column begins with the text. Blanks at its end and, in some databases, case don't count there: more rows
// than asked for may come, and never fewer.
Statement begins_with(Sql column, std::string_view text) {
  if (text.empty()) return Sql("true");
  return Sql("left(") << Statement(column) << Sql(", ") << static_cast<std::int64_t>(characters_in(text)) << Sql(") = ")
                      << Literal(text);
}

// As much of the text as a column of 256 bytes surely keeps, whatever is cut from it.
std::string_view kept_of(std::string_view text) { return whole_characters(text, kSystemName - kCharacter); }

redshift::SessionOptions session_options(const ReconcileContext& context) {
  return {.application_name = std::string(kSessionName), .stop = context.stop};
}

struct Asked {
  std::string bucket;
  std::string prefix;
  std::string start;  // s3://bucket/
  std::optional<Target> table{};
  bool is_the_only_one_called_so = false;
};

// Loads of one key, as one source after the other adds to them.
class Group {
 public:
  std::vector<KeyLoad> loads;

  KeyLoad* of_load(std::string_view load_id) {
    const auto found = std::ranges::find(loads, load_id, &KeyLoad::load_id);
    return found == loads.end() || load_id.empty() ? nullptr : &*found;
  }
};

// Rows in bytewise order of their keys.
class KeyRows {
 public:
  virtual ~KeyRows() = default;
  // Of the row that is to be taken next; nullptr: there is none.
  [[nodiscard]] const std::string* key() const { return at_end_ ? nullptr : &key_; }
  void start() { advance(); }
  void take_into(Group& group) {
    add_to(group);
    advance();
  }

 protected:
  KeyRows(std::unique_ptr<Rows> rows, std::string doing) : doing_(std::move(doing)), rows_(std::move(rows)) {}
  [[nodiscard]] const Rows& row() const { return *rows_; }
  virtual void add_to(Group& group) = 0;
  // Into key; false: the row is none of ours.
  virtual bool read_key(std::string& key) const = 0;

 private:
  void advance() {
    while (rows_->next()) {
      if (!read_key(read_)) continue;
      if (read_ < key_) {
        throw Error(ErrorKind::refused,
                    fmt::format("{}: the cluster gave its rows out of order: {} after {}. Nothing can be said of what "
                                "is committed",
                                doing_, printable(read_), printable(key_)));
      }
      std::swap(read_, key_);
      return;
    }
    at_end_ = true;
  }

  std::string doing_;
  std::unique_ptr<Rows> rows_;
  std::string key_;
  std::string read_;
  bool at_end_ = false;
};

// Of the ledger and of the objects in `loads`: see ledger_files.sql, or ledger_keys.sql where the loads are held.
class RecordedRows : public KeyRows {
 public:
  RecordedRows(std::unique_ptr<Rows> rows, const Asked& asked, bool is_uri)
      : KeyRows(std::move(rows), kReadingLedger), asked_(asked), is_uri_(is_uri) {}

  void set_loads(const OwnLoads* loads) { loads_ = loads; }

 protected:
  bool read_key(std::string& key) const override {
    std::string_view name = row().text(0);
    if (is_uri_) {
      if (!name.starts_with(asked_.start)) return false;
      name.remove_prefix(asked_.start.size());
    }
    if (!name.starts_with(asked_.prefix)) return false;
    key.assign(name);
    return true;
  }

  void add_to(Group& group) override {
    const std::string_view load_id = row().text(1);
    const OwnLoad& of = load_of_row(load_id);
    if (KeyLoad* known = group.of_load(load_id); known != nullptr) {
      if (of.is_gone) known->state = LoadState::superseded;  // a moment later
      return;
    }
    KeyLoad& load = group.loads.emplace_back();
    load.state = of.is_gone ? LoadState::superseded : LoadState::committed;
    load.load_id = load_id;
    load.etag = row().text(2);
    if (!row().is_null(3)) load.size = number_in<std::uint64_t>(row().text(3));
    if (!row().is_null(4)) load.last_modified = seconds_in(row().text(4));
    load.table = of.table;
    load.at = of.at;
    load.query = of.query;
    load.in_ledger = true;
  }

 private:
  // Many rows that follow each other are of one load.
  const OwnLoad& load_of_row(std::string_view load_id) {
    if (load_id == load_id_ && !load_id.empty()) return load_;
    load_id_ = load_id;
    load_ = {};
    if (loads_ != nullptr) {
      if (const OwnLoad* const found = loads_->find(load_id); found != nullptr) load_ = *found;
      load_.is_gone = false;  // a ledger has it
      return load_;
    }
    if (!row().is_null(5)) load_.table = fmt::format("{}.{}", row().text(5), row().text(6));
    load_.at = read_sql_instant(row().text(7)).value_or(Microseconds{});
    load_.query = number_in<std::int64_t>(row().text(8));
    load_.is_gone = row().text(9) == "1";
    return load_;
  }

  const Asked& asked_;
  bool is_uri_;
  const OwnLoads* loads_ = nullptr;
  std::string load_id_;
  OwnLoad load_;
};

// Of a witness among the system tables: see history_files.sql.
class FileRows : public KeyRows {
 public:
  FileRows(std::unique_ptr<Rows> rows, const Asked& asked, std::string doing, bool KeyLoad::* witness)
      : KeyRows(std::move(rows), std::move(doing)), asked_(asked), witness_(witness) {}

  // other: to whose numbers of COPYs those in groups belong.
  void set_copies(Copies copies, const Copies* other) {
    copies_ = std::move(copies);
    other_ = other;
  }
  [[nodiscard]] const Copies& copies() const { return copies_; }

 protected:
  bool read_key(std::string& key) const override {
    std::string_view name = row().text(0);
    if (!name.starts_with(asked_.start)) return false;
    const bool is_cut = may_be_cut(name.size());
    name.remove_prefix(asked_.start.size());
    if (!name.starts_with(asked_.prefix) && !(is_cut && asked_.prefix.starts_with(name))) return false;
    key.assign(name);
    return true;
  }

  void add_to(Group& group) override {
    const auto number = number_in<std::int64_t>(row().text(1));
    const Copy* const copy = copies_.find(number);
    if (copy != nullptr && copy->loads_nothing) return;
    const std::int64_t query = same_query(number, copy);
    std::string_view etag = row().text(2);
    if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
    bool is_known = false;
    for (KeyLoad& load : group.loads) {
      if (load.query != query) continue;
      if (!load.in_ledger && !etag.empty() && !load.etag.empty() && load.etag != etag) continue;
      add_to(load, copy, etag);
      is_known = true;
    }
    if (is_known) return;
    const bool is_cut = may_be_cut(asked_.start.size() + key()->size());
    if (is_cut && copy != nullptr && copy->is_in_ledger) return;  // which has its objects by their whole names
    KeyLoad& load = group.loads.emplace_back();
    load.query = query;
    load.state = copy == nullptr ? LoadState::unknown : copy->state;
    load.name_may_be_cut = is_cut;
    if (copy != nullptr) {
      load.table = copies_.name(copy->table);
      load.load_id = copies_.name(copy->load);
    }
    add_to(load, copy, etag);
  }

 private:
  // The views may number a COPY otherwise than the tables beneath them.
  [[nodiscard]] std::int64_t same_query(std::int64_t query, const Copy* copy) const {
    if (copy == nullptr || other_ == nullptr || other_->find(query) != nullptr) return query;
    const Copy* const same = other_->find(copy->transaction, copy->started);
    return same == nullptr ? query : same->query;
  }

  void add_to(KeyLoad& load, const Copy* copy, std::string_view etag) const {
    load.*witness_ = true;
    if (copy != nullptr) {
      if (!load.in_ledger) load.state = agreed(load.state, copy->state);
      load.at = copy->started;
      load.ended = copy->ended;
    }
    if (load.in_ledger && !etag.empty() && load.etag != etag) {
      load.etag.clear();  // two witnesses, two objects: which one it was is not known
    } else if (!load.in_ledger && !etag.empty()) {
      load.etag = etag;
    }
    if (!load.last_modified) load.last_modified = seconds_in(row().text(3));
    if (row().text(4) == "0" || !load.error.empty()) return;
    load.error =
        fmt::format("line {}, column {}: {}", row().text(5), printable(row().text(6)), printable(row().text(7)));
    if (row().text(6).empty()) load.error = fmt::format("line {}: {}", row().text(5), printable(row().text(7)));
    if (const auto errors = number_in<std::uint64_t>(row().text(4)); errors > 1) {
      load.error += fmt::format(" (and {} more)", errors - 1);
    }
  }

  const Asked& asked_;
  bool KeyLoad::* witness_;
  Copies copies_;
  const Copies* other_ = nullptr;
};

bool cannot_be_asked(const ServerError& e) { return e.kind() == ErrorKind::denied || e.kind() == ErrorKind::not_found; }

// One of the two witnesses among the system tables.
struct SystemWitness {
  std::string name;
  Sql oldest;
  Sql files;
  Sql column;
  bool KeyLoad::* flag;
};

const SystemWitness& history_witness() {
  static const SystemWitness kWitness{"SYS_LOAD_HISTORY and SYS_LOAD_DETAIL", Sql(sql::kHistoryOldest),
                                      Sql(sql::kHistoryFiles), Sql("file_name"), &KeyLoad::in_sys};
  return kWitness;
}

const SystemWitness& log_witness() {
  static const SystemWitness kWitness{"STL_LOAD_COMMITS", Sql(sql::kLogOldest), Sql(sql::kLogFiles), Sql("filename"),
                                      &KeyLoad::in_stl};
  return kWitness;
}

class AllLoads : public LoadStream {
 public:
  AllLoads(const std::string& bucket, const std::string& prefix, const ReconcileOptions& options,
           const ReconcileContext& context, std::size_t most_held, LedgerJoin* join)
      : context_(context),
        from_(options.from),
        most_held_(most_held),
        join_(join),
        questions_(context.connection, session_options(context), context.log) {
    asked_.bucket = bucket;
    asked_.prefix = prefix;
    asked_.start = "s3://" + bucket + "/";
    if (!options.table.empty()) ask_about_table(options.table);
    open_ledgers();
    const auto history_begin = open(history_witness(), history_);
    const auto log_begin = open(log_witness(), log_);
    if (!has_ledger_ && history_ == nullptr && log_ == nullptr) {
      throw Error(ErrorKind::denied,
                  fmt::format("reconcile: {} may read nothing that tells what was loaded:\n  {}\nGRANT SELECT on one "
                              "of these, or ask as a superuser",
                              questions_.server(), fmt::join(denied_, "\n  ")));
    }
    read_copies(history_begin, log_begin);
    note_visibility();
    if (history_ != nullptr) ask_what_runs();
    if (join_ != nullptr) {
      sources_.insert(sources_.begin(), std::make_unique<RecordedRows>(join_->held(), asked_, false));
    }
    for (const auto& rows : sources_) rows->start();
  }

  std::optional<LoadOfKey> next() override {
    while (ready_.empty()) {
      const std::string* least = nullptr;
      for (const auto& rows : sources_) {
        if (rows->key() != nullptr && (least == nullptr || *rows->key() < *least)) least = rows->key();
      }
      if (least == nullptr) return std::nullopt;
      gather(*least);
    }
    LoadOfKey load{ready_.size() == 1 ? std::move(key_) : key_, std::move(ready_.front())};
    ready_.pop_front();
    return load;
  }

  [[nodiscard]] std::vector<std::string> notes() const override { return notes_; }
  [[nodiscard]] std::vector<RunningCopy> running() const override { return running_; }

 private:
  void ask_about_table(const std::string& name) {
    const auto dot = name.find('.');
    asked_.table = target_of(name.substr(0, dot), dot == std::string::npos ? "" : name.substr(dot + 1));
    const auto others = questions_.execute(
        fill(sql::kTablesCalled, {{"schema", Literal(asked_.table->schema)}, {"table", Literal(asked_.table->table)}}),
        "looking for tables of that name");
    asked_.is_the_only_one_called_so = others.scalar() == "0";
  }

  void deny(const std::string& what, const ServerError& e) {
    denied_.push_back(fmt::format("{}: {}", what, printable(e.primary())));
    notes_.push_back(fmt::format("{} can't be read: {}", what, printable(e.primary())));
  }

  // Over a session of its own; with a join, read to the end.
  std::unique_ptr<Rows> rows_of(const Statement& query, const std::string& doing, int columns = 0) {
    auto coming =
        std::make_unique<ComingRows>(context_.connection, session_options(context_), context_.log, query, doing);
    if (join_ == nullptr) return coming;
    RowSpool kept(join_->folder(), columns);
    while (coming->next()) {
      const std::string_view name = coming->text(0);
      if (!name.starts_with(asked_.start)) continue;
      join_->add_name(name.substr(asked_.start.size()));
      kept.add(*coming);
    }
    return kept.rows();
  }

  // --- the ledger

  void open_ledgers() {
    std::vector<std::string> ledgers;
    bool has_loads = false;
    for (const auto& row :
         questions_.execute(fill(sql::kLedgerTables, {{"schema", Literal(kLedgerSchema)}}), "looking for the ledger")
             .rows) {
      const std::string name = row.at(0).value_or("");
      if (name == "loads") has_loads = true;
      if (name == "loads.kind") has_kind_ = true;
      if (name.starts_with("ledger_") && (!asked_.table || name == asked_.table->ledger().name)) {
        ledgers.push_back(name);
      }
    }
    if (!has_loads) {
      notes_.emplace_back("penstock's ledger: there is none in this database");
      return;
    }
    std::ranges::sort(ledgers);
    in_ledger_ = ids_in(ledgers);
    try {
      read_ledgers(ledgers);
      has_ledger_ = true;
      notes_.push_back(fmt::format("penstock's ledger: all of penstock's own loads, of {} table{}", ledgers.size(),
                                   ledgers.size() == 1 ? "" : "s"));
    } catch (const ServerError& e) {
      if (!cannot_be_asked(e)) throw;
      deny("penstock's ledger", e);
    }
  }

  void read_ledgers(std::span<const std::string> ledgers) {
    const bool are_few =
        count_in(questions_.execute(Sql("SELECT count(*) FROM ") << kLoads, kReadingLedger)) <= most_held_;
    std::vector<std::unique_ptr<RecordedRows>> all;
    std::vector<Statement> held;
    for (std::size_t at = 0; at < ledgers.size(); at += kLedgersPerSession) {
      const auto some = ledgers.subspan(at, std::min(kLedgersPerSession, ledgers.size() - at));
      if (join_ != nullptr) {
        held.push_back(branches(some, false));
      } else {
        all.push_back(std::make_unique<RecordedRows>(rows_of(in_byte_order(branches(some, are_few)), kReadingLedger),
                                                     asked_, false));
      }
    }
    if (join_ != nullptr) join_->hold(held);
    // After the ledgers: a load that leaves its ledger in between is found here, and none is missed.
    bool has_recorded = true;
    if (are_few) {
      has_recorded = hold_loads();
      for (const auto& rows : all) rows->set_loads(&*own_loads_);
    }
    if (has_recorded) {
      all.push_back(std::make_unique<RecordedRows>(
          rows_of(in_byte_order(recorded_objects()), kReadingLedger, kRecordedColumns), asked_, true));
      note_cut_records();
    }
    std::ranges::move(all, std::back_inserter(sources_));
  }

  // Whether there are any whose objects are in their records alone.
  bool hold_loads() {
    OwnLoads& held = own_loads_.emplace();
    bool has_recorded = false;
    for (auto& row : questions_.execute(own_loads(Sql("true")), kReadingLedger).rows) {
      const auto text = [&](std::size_t column) -> const std::string& { return row.at(column) ? *row[column] : kNone; };
      held.add(text(0), own_load(text(1), text(2), text(3), text(4), text(5), text(6), text(7)));
      has_recorded = has_recorded || text(8) == "1";
    }
    return has_recorded;
  }

  // As own_loads.sql gives it.
  static OwnLoad own_load(std::string_view attempt, std::string_view schema, std::string_view table,
                          std::string_view committed, std::string_view query, std::string_view gone,
                          std::string_view listed) {
    return {.attempt_id = std::string(attempt),
            .table = fmt::format("{}.{}", schema, table),
            .at = read_sql_instant(committed).value_or(Microseconds{}),
            .query = number_in<std::int64_t>(query),
            .is_gone = gone == "1",
            .is_in_ledger = listed == "1"};
  }

  [[nodiscard]] Statement own_loads(const Statement& which) const {
    return fill(sql::kOwnLoads, {{"is_load", is_load()},
                                 {"loads", kLoads},
                                 {"in_ledger", in_ledger_},
                                 {"replaced", replaced()},
                                 {"of_table", of_table()},
                                 {"which", which}});
  }

  static Statement ids_in(const std::vector<std::string>& ledgers) {
    Statement ids;
    for (const std::string& name : ledgers) {
      if (!ids.empty()) ids << Sql(" UNION ");
      ids << Sql("SELECT load_id FROM ") << Qualified{kLedgerSchema, name};
      if (ledgers.size() == 1) ids << Sql(" GROUP BY load_id");
    }
    if (ids.empty()) ids << Sql("SELECT load_id FROM ") << kLoads << Sql(" WHERE false");
    return ids;
  }

  [[nodiscard]] Statement branches(std::span<const std::string> ledgers, bool are_loads_held) const {
    Statement all;
    for (const std::string& name : ledgers) {
      if (!all.empty()) all << Sql(" UNION ALL ");
      if (are_loads_held) {
        all << fill(sql::kLedgerKeys, {{"ledger", Qualified{kLedgerSchema, name}},
                                       {"bucket", Literal(asked_.bucket)},
                                       {"begins", begins_with("g.key", asked_.prefix)}});
        continue;
      }
      all << fill(sql::kLedgerFiles, {{"ledger", Qualified{kLedgerSchema, name}},
                                      {"loads", kLoads},
                                      {"bucket", Literal(asked_.bucket)},
                                      {"begins", begins_with("g.key", asked_.prefix)}});
    }
    return all;
  }

  static Statement in_byte_order(const Statement& rows) { return fill(sql::kInByteOrder, {{"rows", rows}}); }

  [[nodiscard]] Statement of_table() const {
    if (!asked_.table) return Sql("true");
    return Sql("l.schema_name = ") << Literal(asked_.table->schema) << Sql(" AND l.table_name = ")
                                   << Literal(asked_.table->table);
  }
  [[nodiscard]] Statement is_load() const { return has_kind_ ? Sql("l.kind IS NULL") : Sql("true"); }
  [[nodiscard]] Statement replaced() const {
    if (has_kind_) return fill(sql::kReplacedTables, {{"loads", kLoads}});
    return Sql("SELECT schema_name, table_name, committed_at AS replaced_at FROM ") << kLoads << Sql(" WHERE false");
  }

  [[nodiscard]] Statement recorded_objects() const {
    return fill(sql::kRecordedObjects, {{"is_load", is_load()},
                                        {"loads", kLoads},
                                        {"in_ledger", in_ledger_},
                                        {"replaced", replaced()},
                                        {"of_table", of_table()}});
  }

  void note_cut_records() {
    const auto cut = questions_.execute(
        fill(sql::kCutRecords, {{"loads", kLoads}, {"in_ledger", in_ledger_}, {"of_table", of_table()}}),
        kReadingLedger);
    if (cut.scalar() == "0") return;
    notes_.push_back(fmt::format(
        "penstock's ledger: {} upserts, or loads whose rows were replaced since, read more objects than their records "
        "have room for; the others of their objects are known as long as the system tables remember",
        cut.scalar().value_or("?")));
  }

  // --- the system tables

  // Since when it remembers; nullopt: it can't be asked, or is empty.
  std::optional<Microseconds> open(const SystemWitness& witness, FileRows*& rows) {
    try {
      const auto oldest = questions_.execute(Statement(witness.oldest), "asking " + witness.name);
      const std::string doing = "reading " + witness.name;
      auto files = std::make_unique<FileRows>(
          rows_of(fill(witness.files, {{"begins", begins_in(witness)}}), doing, kFileColumns), asked_, doing,
          witness.flag);
      rows = files.get();
      sources_.push_back(std::move(files));
      const auto since = read_sql_instant(oldest.scalar().value_or(""));
      if (!since) {
        notes_.push_back(witness.name + ": no loads");
        return std::nullopt;
      }
      const bool reaches = from_ && *since <= *from_;
      notes_.push_back(fmt::format("{}: loads since {}{}", witness.name, to_rfc3339(*since),
                                   reaches ? "" : "; older ones are known from penstock's ledger alone"));
      return since;
    } catch (const ServerError& e) {
      if (!cannot_be_asked(e)) throw;
      deny(witness.name, e);
      return std::nullopt;
    }
  }

  [[nodiscard]] Statement begins_in(const SystemWitness& witness) const {
    return begins_with(witness.column, kept_of(asked_.start + asked_.prefix));
  }

  void read_copies(std::optional<Microseconds> history_begin, std::optional<Microseconds> log_begin) {
    if (!history_begin && !log_begin) return;
    const auto since = std::min(history_begin.value_or(Microseconds::max()), log_begin.value_or(Microseconds::max()));
    const OwnCopies own = own_copies(since - kDay);
    if (history_ != nullptr) {
      history_->set_copies(
          read_history_copies(questions_, begins_in(history_witness()), own, context_.connection.database), nullptr);
    }
    if (log_ != nullptr) {
      log_->set_copies(read_log_copies(questions_, begins_in(log_witness()), own),
                       history_ == nullptr ? nullptr : &history_->copies());
    }
  }

  OwnCopies own_copies(Microseconds since) {
    if (!has_ledger_) return {};
    if (own_loads_) return own_loads_->copies_since(since);
    OwnLoads loads;
    Cursor rows(context_.connection, session_options(context_), context_.log,
                own_loads(Sql("l.copy_query IS NOT NULL AND l.committed_at >= ") << Literal(to_sql(since))),
                kReadingLedger);
    while (rows.next()) {
      loads.add(std::string(rows.text(0)), own_load(rows.text(1), rows.text(2), rows.text(3), rows.text(4),
                                                    rows.text(5), rows.text(6), rows.text(7)));
    }
    return loads.copies_since(since);
  }

  void note_visibility() {
    if (history_ == nullptr && log_ == nullptr) return;
    const auto all = questions_.execute(Sql(sql::kSeesAllRows), "asking who we are");
    if (all.scalar() != "0") return;
    notes_.push_back(
        fmt::format("the system tables show {} only its own COPYs, unless it was given SYSLOG ACCESS "
                    "UNRESTRICTED",
                    printable(context_.connection.user)));
  }

  void ask_what_runs() {
    std::string queries;
    for (const auto& row : questions_.execute(Sql(sql::kHistoryRunning), "asking what runs").rows) {
      RunningCopy copy{.query = number_in<std::int64_t>(row.at(0).value_or("")),
                       .from = row.at(1).value_or(""),
                       .table = row.at(2).value_or("")};
      std::erase(copy.from, '\'');
      if (!queries.empty()) queries += ", ";
      queries += std::to_string(copy.query);
      running_.push_back(std::move(copy));
    }
    if (running_.empty()) return;
    notes_.push_back(running_.size() == 1
                         ? fmt::format("a COPY is running (query {}): what it has yet to read is not known", queries)
                         : fmt::format("{} COPYs are running (queries {}): what they have yet to read is not known",
                                       running_.size(), queries));
  }

  // --- the join

  void gather(const std::string& key) {
    key_ = key;
    group_.loads.clear();
    for (const auto& rows : sources_) {
      while (rows->key() != nullptr && *rows->key() == key_) rows->take_into(group_);
    }
    std::erase_if(group_.loads, [&](KeyLoad& load) { return !is_asked_for(load); });
    std::ranges::sort(group_.loads, {}, [](const KeyLoad& load) { return std::pair(load.at, load.query); });
    std::ranges::move(group_.loads, std::back_inserter(ready_));
  }

  // A COPY that names its table without a schema may have meant another one: then it proves nothing.
  bool is_asked_for(KeyLoad& load) const {
    if (!asked_.table || load.in_ledger || load.table == asked_.table->text()) return true;
    if (load.table == asked_.table->table && asked_.is_the_only_one_called_so) {
      load.table = asked_.table->text();
      return true;
    }
    const bool is_untold = load.table.empty() || load.table == asked_.table->table;
    if (is_untold && load.state == LoadState::committed) load.state = LoadState::unknown;
    return is_untold;
  }

  ReconcileContext context_;
  std::optional<Microseconds> from_;
  const std::size_t most_held_;
  LedgerJoin* const join_;
  Asked asked_;
  Connection questions_;
  bool has_kind_ = false;
  bool has_ledger_ = false;
  Statement in_ledger_;
  std::optional<OwnLoads> own_loads_;              // nullopt: more than are held
  std::vector<std::unique_ptr<KeyRows>> sources_;  // the ledger's first
  FileRows* history_ = nullptr;
  FileRows* log_ = nullptr;
  std::vector<RunningCopy> running_;
  std::vector<std::string> notes_;
  std::vector<std::string> denied_;
  std::string key_;
  Group group_;  // of the key
  std::deque<KeyLoad> ready_;
};

}  // namespace

std::size_t surely_kept_of(std::string_view bucket) {
  return kSystemName - kCharacter - fmt::format("s3://{}/", bucket).size();
}

std::unique_ptr<LoadStream> loads_of(const std::string& bucket, const std::string& prefix,
                                     const ReconcileOptions& options, const ReconcileContext& context,
                                     std::size_t most_held, LedgerJoin* join) {
  return std::make_unique<AllLoads>(bucket, prefix, options, context, most_held, join);
}

}  // namespace penstock::reconcile
