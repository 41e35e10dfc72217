#include "penstock/upsert.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <set>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/text.h"
#include "codec/decompress.h"
#include "columnar/c_stream.h"
#include "load/attempt.h"
#include "load/batch_supply.h"
#include "load/batch_upsert.h"
#include "load/fingerprint.h"
#include "load/ledger.h"
#include "load/looked_at.h"
#include "load/parts_supply.h"
#include "load/postgres_supply.h"
#include "load/redshift_supply.h"
#include "load/settlement.h"
#include "load/source_name.h"
#include "load/supply.h"
#include "load/table_fit.h"
#include "load/target_session.h"
#include "load/target_steps.h"
#include "load/upsert_plan.h"
#include "load/write_kind.h"
#include "penstock/error.h"
#include "penstock/staged_write.h"
#include "penstock/uri.h"
#include "redshift/catalog.h"

namespace penstock {
namespace {

using redshift::Literal;
using redshift::Sql;
using redshift::Statement;
using redshift::Transaction;
using std::chrono::steady_clock;

Target target_named(const std::string& into) {
  const std::size_t dot = into.find('.');
  return target_of(into.substr(0, dot), into.substr(dot + 1));
}

// Everything that the transaction is given, fixed before it begins.
struct Job {
  Target target;
  std::string load_id{};
  std::vector<discovery::Column> columns{};  // of the source, where the table is to be made of them, or to get them
  Batch batch{};
  Provided provided{};
};

// One run through the transaction, from BEGIN to COMMIT.
class UpsertAttempt {
 public:
  UpsertAttempt(const Job& job, Supply& supply, TargetSession& session, const UpsertOptions& how,
                const LoadContext& context, std::string id)
      : job_(job), supply_(supply), session_(session), how_(how), context_(context), id_(std::move(id)) {}

  void run() {
    auto& connection = session_.connection();
    connection.execute(Sql("SET query_group TO ") << Literal(label()), "naming the attempt");
    Transaction transaction(connection);
    lock_target(transaction, job_.target, how_.lock_timeout, context_.log);
    outcome_.known_as = supply_.known_as(transaction, job_.target);
    if (!outcome_.known_as.empty()) return;
    const TableFit fit = fit_target(transaction);
    // another may have made the table meanwhile, or changed it
    const Batch batch = how_.create || how_.evolve ? supply_.batch(fit.table) : job_.batch;
    const UpsertPlan plan = plan_upsert(job_.target, fit.table, batch, how_, supply_.manifest_uri());
    write(transaction, plan, fit.table);
    const UpsertRecord entry = record(plan);
    for (const Statement& statement : supply_.remember(job_.target, job_.load_id, entry.at)) {
      transaction.execute(statement, "writing the ledger");
    }
    transaction.execute(record_upsert(job_.target, entry), "writing the ledger");
    transaction.commit();
  }

  void tidy() const noexcept {}  // what is staged is of all attempts
  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] const UpsertOutcome& result() const noexcept { return outcome_; }

 private:
  [[nodiscard]] std::string label() const {
    return to_string(AttemptLabel{id_, job_.target.schema, job_.target.table, std::string(kind_of(how_.mode))});
  }

  TableFit fit_target(Transaction& transaction) {
    const auto found = redshift::read_table(transaction, job_.target.schema, job_.target.table);
    if (!found && job_.columns.empty()) throw Error(ErrorKind::not_found, "the table is not there any more");
    TableFit fit = fit_table(job_.target, found, job_.columns, how_);
    for (const Statement& statement : fit.statements) {
      transaction.execute(statement, found ? "adding a column" : "making the table");
      outcome_.table_changes.push_back(statement.shown());
    }
    return fit;
  }

  void write(Transaction& transaction, const UpsertPlan& plan, const redshift::CatalogTable& table) {
    if (plan.make_stage) transaction.execute(*plan.make_stage, "making the stage table");
    if (plan.clear) outcome_.replaced = transaction.execute(*plan.clear, "removing the rows that give way").affected;
    copy(transaction, plan, table);
    if (plan.null_keys) refuse_null_keys(transaction, *plan.null_keys);
    if (plan.repeated_keys) refuse_repeated_keys(transaction, *plan.repeated_keys);
    if (plan.drop_older) transaction.execute(*plan.drop_older, "dropping what is older than the table's rows");
    if (plan.remove) outcome_.replaced = transaction.execute(*plan.remove, "removing the rows that give way").affected;
    std::uint64_t written = outcome_.read;
    if (plan.insert) written = transaction.execute(*plan.insert, "inserting").affected;
    if (plan.drop_stage) transaction.execute(*plan.drop_stage, "dropping the stage table");
    if (plan.forget) transaction.execute(*plan.forget, "removing the replaced rows' files from the ledger");
    if (how_.mode == WriteMode::upsert) outcome_.updated = std::min(outcome_.replaced, written);
    outcome_.inserted = written - outcome_.updated;
    outcome_.superseded = outcome_.read - written;
    if (written == 0 && outcome_.replaced > 0 && !how_.allow_empty) {
      throw Error(ErrorKind::refused,
                  fmt::format("the source holds no record, and {} rows would give way to it; --allow-empty lets them",
                              outcome_.replaced));
    }
  }

  // COPY names a part of ours and a line in it: said is the source's own.
  Copied run_copy(Transaction& transaction, const UpsertPlan& plan, const redshift::CatalogTable& table) {
    try {
      return penstock::run_copy(transaction, session_, plan.copy, label(), context_);
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::refused) throw;
      const auto found = supply_.look_again(table, job_.batch);
      if (found.empty()) throw;
      constexpr std::size_t kShown = 10;
      std::string text = fmt::format("{}\n  in the source:", e.what());
      for (std::size_t i = 0; i < std::min(kShown, found.size()); ++i) {
        BadValue place = found[i];
        place.value.clear();  // of a failure, which is logged
        text += "\n  " + in_words(place);
      }
      if (found.size() > kShown) text += "\n  and more: --check tells them all";
      throw Error(e.kind(), text);
    }
  }

  void copy(Transaction& transaction, const UpsertPlan& plan, const redshift::CatalogTable& table) {
    if (job_.provided.objects > 0) {  // a manifest names at least one object
      const Copied copied = run_copy(transaction, plan, table);
      copy_query_ = copied.query;
      outcome_.read = copied.rows;
      supply_.verify();
    }
    if (job_.provided.records && outcome_.read != *job_.provided.records) {
      throw Error(ErrorKind::refused, fmt::format("COPY read {} rows of the {} records that were staged", outcome_.read,
                                                  *job_.provided.records));
    }
  }

  static std::uint64_t count(Transaction& transaction, const Statement& query, std::string_view doing) {
    return static_cast<std::uint64_t>(number_of(transaction.execute(query, doing).scalar()));
  }

  void refuse_null_keys(Transaction& transaction, const Statement& query) const {
    const auto rows = count(transaction, query, "looking for rows without a key");
    if (rows == 0) return;
    throw Error(ErrorKind::refused,
                fmt::format("{} of the {} records have no {}: --null-keys match takes NULL for a key as others, "
                            "--null-keys insert for a new row each",
                            rows, outcome_.read, key_in_words()));
  }

  void refuse_repeated_keys(Transaction& transaction, const Statement& query) const {
    const auto found = transaction.execute(query, "looking for repeated keys");
    if (found.rows.empty()) return;
    std::string examples;
    for (const auto& row : found.rows) {
      std::vector<std::string> values;
      for (auto value = row.begin() + 1; value != row.end(); ++value)
        values.push_back(printable(value->value_or("NULL")));
      examples += fmt::format("\n  {}: {} records", fmt::join(values, ", "), row.front().value_or("?"));
    }
    throw Error(ErrorKind::refused,
                fmt::format("the source has several records of one {}: --duplicates last takes the newest by "
                            "--order-by, else the last; --duplicates keep takes all{}",
                            key_in_words(), examples));
  }

  [[nodiscard]] std::string key_in_words() const {
    return fmt::format("key ({})", printable(fmt::format("{}", fmt::join(how_.key, ", "))));
  }

  UpsertRecord record(const UpsertPlan& plan) const {
    std::string statements;
    for (const Statement& statement : statements_of(plan)) statements += statement.shown() + ";\n";
    return {.load_id = job_.load_id,
            .attempt_id = id_,
            .plan_sha256 = sha256_hex(statements),
            .kind = std::string(kind_of(how_.mode)),
            .source = supply_.name(),
            .objects = supply_.objects(),
            .parts = job_.provided.objects,
            .bytes = job_.provided.bytes_stored,
            .read = outcome_.read + job_.provided.rejected,
            .inserted = outcome_.inserted,
            .updated = outcome_.updated,
            .superseded = outcome_.superseded,
            .rejected = job_.provided.rejected,
            .replaced = outcome_.replaced,
            .copy_query = copy_query_,
            .by = context_.connection.user,
            .at = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now())};
  }

  const Job& job_;
  Supply& supply_;
  TargetSession& session_;
  const UpsertOptions& how_;
  const LoadContext& context_;
  const std::string id_;
  UpsertOutcome outcome_;
  std::optional<std::int64_t> copy_query_;
};

using OpenSupply = std::function<std::unique_ptr<Supply>(const UpsertOptions&, const LoadContext&, const StagingBase&,
                                                         const std::string& load_id)>;

class Upsert {
 public:
  Upsert(const UpsertOptions& options, OpenSupply open, const LoadContext& context,
         const std::function<void(const UpsertProgress&)>& on_progress)
      : options_(options),
        context_(context),
        open_(std::move(open)),
        on_progress_(on_progress),
        base_(staging_base(context.environment, options.staging_bucket)),
        target_(target_named(options.into)),
        session_(context, base_, target_, "penstock upsert") {}

  UpsertOutcome run() {
    const auto start = steady_clock::now();
    Job job{.target = target_, .load_id = new_id()};
    const auto supply = open_(options_, context_, base_, job.load_id);
    const TableFit fit = plan_table(job, *supply);
    job.batch = supply->batch(fit.table);
    // what can't be is said before anything is uploaded
    const UpsertPlan plan = plan_upsert(job.target, fit.table, job.batch, options_, supply->manifest_uri());
    if (options_.check || !options_.rejects.empty()) supply->inspect(fit.table, job.batch);
    if (options_.dry_run) return planned(*supply, fit, plan, job.batch);
    supply->prepare(session_.connection(), target_);  // as is a database in which no ledger can be made

    job.provided = recorded(job, *supply, [&] { return supply->provide(job.batch, on_progress_); });
    if (options_.check && job.provided.rejected > 0) {
      UpsertOutcome outcome = begun_outcome();
      found(outcome, job.provided);
      return outcome;
    }
    context_.log.info(fmt::format("{}: {} is in S3, in {} object{} of {} bytes", name(), printable(supply->name()),
                                  job.provided.objects, job.provided.objects == 1 ? "" : "s",
                                  job.provided.bytes_stored));
    UpsertOutcome outcome = recorded(job, *supply, [&] { return settled(job, *supply); });
    supply->keep_rejects();
    supply->committed();
    outcome.schema = target_.schema;
    outcome.table = target_.table;
    outcome.seconds = std::chrono::duration<double>(steady_clock::now() - start).count();
    if (!outcome.known_as.empty()) return as_it_was(std::move(outcome));
    outcome.load_id = job.load_id;
    outcome.read += job.provided.rejected;
    outcome.rejected = job.provided.rejected;
    outcome.findings_in_all = job.provided.findings_in_all;
    outcome.findings = std::move(job.provided.findings);
    outcome.bytes_read = job.provided.bytes_read;
    if (!job.provided.in_place) outcome.bytes_staged = job.provided.bytes_stored;
    maintain(outcome);
    outcome.seconds = std::chrono::duration<double>(steady_clock::now() - start).count();
    return outcome;
  }

 private:
  [[nodiscard]] std::string name() const { return printable(target_.text()); }

  // The table as it will be. Only where that depends on them, the source is read for the types of its columns.
  TableFit plan_table(Job& job, Supply& supply) {
    const auto found = read_target();
    if (needs_types(found, supply.column_names(), options_)) job.columns = wanted_columns(supply);
    return fit_table(target_, found, job.columns, options_);
  }

  std::vector<discovery::Column> wanted_columns(Supply& supply) {
    auto columns = supply.columns(on_progress_);
    const auto is_wanted = [&](const discovery::Column& column) {
      return options_.columns.empty() || std::ranges::any_of(options_.columns, [&](const std::string& name) {
               return equal_ignoring_case(name, column.name);
             });
    };
    std::erase_if(columns, [&](const discovery::Column& column) { return !is_wanted(column); });
    for (const discovery::Column& column : columns) {
      context_.log.info(fmt::format("{}: {}: {}", printable(column.name), to_string(column.type), column.why));
    }
    return columns;
  }

  std::optional<redshift::CatalogTable> read_target() {
    Transaction transaction(session_.plain_connection());
    auto table = redshift::read_table(transaction, target_.schema, target_.table);
    if (!table && options_.create && !redshift::schema_exists(transaction, target_.schema)) {
      throw Error(ErrorKind::not_found,
                  fmt::format("there is no schema {}: make it first, by CREATE SCHEMA", printable(target_.schema)));
    }
    return table;
  }

  // Of rows that an earlier run committed: what it did.
  UpsertOutcome as_it_was(UpsertOutcome outcome) {
    context_.log.info(fmt::format("{}: these rows were committed before, by load {}: nothing was done", name(),
                                  fmt::join(outcome.known_as, ", ")));
    const LoadCounts counts = counts_of(session_.plain_connection(), outcome.known_as);
    outcome.load_id = outcome.known_as.front();
    outcome.read = counts.read;
    outcome.inserted = counts.inserted;
    outcome.updated = counts.updated;
    outcome.superseded = counts.superseded;
    outcome.replaced = counts.replaced;
    return outcome;
  }

  [[nodiscard]] UpsertOutcome begun_outcome() const {
    UpsertOutcome outcome;
    outcome.schema = target_.schema;
    outcome.table = target_.table;
    return outcome;
  }

  // By a check: nothing is written where that is something.
  static void found(UpsertOutcome& outcome, const Provided& provided) {
    outcome.read = provided.records.value_or(0);
    outcome.bytes_read = provided.bytes_read;
    outcome.rejected = provided.rejected;
    outcome.refused = provided.rejected > 0;
    outcome.findings_in_all = provided.findings_in_all;
    outcome.findings = provided.findings;
  }

  UpsertOutcome planned(Supply& supply, const TableFit& fit, const UpsertPlan& plan, const Batch& batch) const {
    UpsertOutcome outcome = begun_outcome();
    if (options_.check) found(outcome, supply.provide(batch, on_progress_));
    outcome.plan.push_back(supply.provide_in_words());
    outcome.plan.emplace_back("BEGIN");
    outcome.plan.push_back(lock_statement(target_).shown());
    for (const Statement& statement : fit.statements) outcome.plan.push_back(statement.shown());
    for (const Statement& statement : statements_of(plan)) outcome.plan.push_back(statement.shown());
    if (!supply.remember(target_, "", {}).empty()) {
      outcome.plan.push_back((Sql("INSERT INTO ") << target_.parts()).shown() + ", by which the parts are known");
    }
    outcome.plan.emplace_back("INSERT INTO \"penstock\".\"loads\", the row that is the commit");
    outcome.plan.emplace_back("COMMIT");
    return outcome;
  }

  UpsertOutcome settled(const Job& job, Supply& supply) {
    try {
      return run_settled(session_, options_.lock_timeout, context_, "upsert",
                         [&] { return UpsertAttempt(job, supply, session_, options_, context_, attempt_ = new_id()); });
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::in_doubt) throw;
      supply.leave();
      supply.keep_rejects();
      throw Error(ErrorKind::in_doubt,
                  fmt::format("{}; penstock history --schema {} --table {} shows load {} if it was "
                              "committed",
                              e.what(), printable(target_.schema), printable(target_.table), job.load_id));
    }
  }

  // What fails in it is in the ledger for who asks later why.
  template <typename Act>
  std::invoke_result_t<Act> recorded(const Job& job, const Supply& supply, Act act) {
    try {
      return act();
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::in_doubt) record(job, supply, e);
      throw;
    }
  }

  // Best effort, and never the cause of another failure: a session that was lost or stopped stays so.
  void record(const Job& job, const Supply& supply, const Error& e) noexcept {
    if (!session_.lives() || context_.stop.stop_requested()) return;
    try {
      session_.connection().execute(
          record_failure(target_,
                         {.load_id = job.load_id,
                          .attempt_id = attempt_,
                          .kind = std::string(kind_of(options_.mode)),
                          .source = supply.name(),
                          .error = e.what(),
                          .by = context_.connection.user,
                          .at = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now())}),
          "writing down the failure");
    } catch (const std::exception& other) {
      context_.log.debug(other.what());
    }
  }

  // After the commit, outside of any transaction, and of no consequence for what was written.
  void maintain(const UpsertOutcome& outcome) noexcept {
    if (!options_.maintenance || context_.stop.stop_requested()) return;
    try {
      auto& connection = session_.plain_connection();
      const auto table = target_.name();
      if (outcome.replaced > 0) connection.execute(Sql("VACUUM DELETE ONLY ") << table, "VACUUM after the upsert");
      connection.execute(Sql("ANALYZE ") << table, "ANALYZE after the upsert");
    } catch (const std::exception& e) {
      context_.log.warning(fmt::format("{}: written; what comes after it was not done: {}", name(), e.what()));
    }
  }

  const UpsertOptions& options_;
  const LoadContext& context_;
  const OpenSupply open_;
  const std::function<void(const UpsertProgress&)>& on_progress_;
  const StagingBase base_;
  const Target target_;
  TargetSession session_;
  std::string attempt_;  // the last one
};

bool is_one_of(char c, std::string_view these) { return these.find(c) != std::string_view::npos; }

void check_target(const std::string& into, std::vector<std::string>& problems) {
  const std::size_t dot = into.find('.');
  if (into.empty()) {
    problems.emplace_back("--into is missing");
  } else if (dot == std::string::npos || dot == 0 || dot + 1 == into.size() ||
             into.find('.', dot + 1) != std::string::npos) {
    problems.push_back(fmt::format("--into '{}' is not schema.table", printable(into)));
  } else if (!is_utf8(into) || into.find('\0') != std::string::npos) {
    problems.push_back(fmt::format("--into '{}' is not UTF-8 text", printable(into)));
  }
}

void check_sources(const std::vector<std::string>& sources, std::vector<std::string>& problems) {
  if (sources.empty()) {
    problems.emplace_back(
        "SOURCE is missing: a file, a glob, - for stdin, what lies in S3, postgresql:// or redshift://");
    return;
  }
  for (const std::string& source : sources) {
    if (source == "-" && sources.size() > 1) problems.emplace_back("stdin (-) must be the only source");
    if (place_of(source) == SourcePlace::unknown) {  // the rest of a URI may hold a password
      problems.push_back(
          fmt::format("{} is not a source that upsert reads: files, stdin, s3://, postgresql:// and redshift:// are",
                      printable(source.substr(0, source.find("://") + 3))));
    }
    if (!is_s3_uri(source)) continue;
    try {
      parse_s3_uri(source);
    } catch (const Error& e) {
      problems.push_back(printable(e.what()));
    }
  }
  const auto is_in_s3 = [](const std::string& source) { return place_of(source) == SourcePlace::s3; };
  if (std::ranges::any_of(sources, is_in_s3) && !std::ranges::all_of(sources, is_in_s3)) {
    problems.emplace_back("some sources lie in S3, and some don't: upsert them one after the other");
  }
}

// What COPY reads where it lies, nobody could number or rewrite on the way.
void check_in_s3(const UpsertOptions& options, std::vector<std::string>& problems) {
  const bool in_s3 = !options.sources.empty() && place_of(options.sources.front()) == SourcePlace::s3;
  if (in_s3 && options.duplicates == Duplicates::last && options.order_by.empty()) {
    problems.emplace_back("--duplicates last needs --order-by here: records that lie in S3 have no position");
  }
  if (in_s3 && options.escape) {
    problems.emplace_back(
        "--escape can't be used for what lies in S3: COPY reads it, whose CSV knows only doubled quotes");
  }
  if (!in_s3 && options.empty_as_null) {
    problems.emplace_back("--empty-as-null is for what lies in S3: of other sources, an unquoted empty field is NULL");
  }
}

void check_keys(const UpsertOptions& options, std::vector<std::string>& problems) {
  const bool has_key = !options.key.empty();
  if (options.mode == WriteMode::upsert && !has_key) {
    problems.emplace_back(
        "--key is missing: the columns that say which row is which; --append and --replace need none");
  }
  if (options.mode == WriteMode::append && has_key) problems.emplace_back("--append and --key exclude each other");
  if (!has_key && !options.order_by.empty()) problems.emplace_back("--order-by needs --key");
  if (!has_key && options.duplicates != Duplicates::refuse) problems.emplace_back("--duplicates needs --key");
  if (!has_key && options.null_keys != NullKeys::refuse) problems.emplace_back("--null-keys needs --key");
  if (options.duplicates == Duplicates::keep && !options.order_by.empty()) {
    problems.emplace_back("--order-by and --duplicates keep exclude each other: one takes the newest, one takes all");
  }
  std::set<std::string> names;
  for (const std::string& name : options.key) {
    if (!names.insert(lower(name)).second) problems.push_back(fmt::format("--key: {} twice", printable(name)));
  }
}

void check_new_table(const UpsertOptions& options, std::vector<std::string>& problems) {
  if (!options.create && !options.dist_key.empty()) problems.emplace_back("--distkey needs --create");
  if (!options.create && !options.sort_key.empty()) problems.emplace_back("--sortkey needs --create");
  std::set<std::string> names;
  for (const std::string& name : options.sort_key) {
    if (!names.insert(lower(name)).second) problems.push_back(fmt::format("--sortkey: {} twice", printable(name)));
  }
}

void check_inspection(const UpsertOptions& options, std::vector<std::string>& problems) {
  if (options.check && !options.rejects.empty()) {
    problems.emplace_back(
        "--check and --rejects exclude each other: one writes nothing where a record is bad, one all others");
  }
  if (options.rejects == "-") problems.emplace_back("--rejects - : rejects go to a file, not to stdout");
  if (codec_of(options.rejects) != Codec::none) {
    problems.push_back(
        fmt::format("--rejects {}: rejects are written as they came, not compressed", printable(options.rejects)));
  }
}

void check_dialect(const UpsertOptions& options, std::vector<std::string>& problems) {
  const char delimiter = options.delimiter.value_or(',');
  const auto is_plain = [](char c) { return static_cast<unsigned char>(c) < 0x80 && !is_one_of(c, {"\n\r\0", 3}); };
  if (!is_plain(delimiter)) problems.emplace_back("--delimiter must be one ASCII character, and no line end");
  if (!is_plain(options.quote)) problems.emplace_back("--quote must be one ASCII character, and no line end");
  if (options.escape && !is_plain(*options.escape)) {
    problems.emplace_back("--escape must be one ASCII character, and no line end");
  }
  if (delimiter == options.quote || options.escape == delimiter) {
    problems.emplace_back("--delimiter must differ from --quote and --escape");
  }
  if (options.escape == options.quote) {
    problems.emplace_back("--escape must differ from --quote: a quote is doubled without it, too");
  }
}

std::vector<std::string> problems_in(const UpsertOptions& options, bool has_rows) {
  std::vector<std::string> problems;
  if (has_rows) {
    problems = problems_of_batches(options);
  } else {
    check_sources(options.sources, problems);
  }
  check_in_s3(options, problems);
  check_target(options.into, problems);
  check_keys(options, problems);
  check_new_table(options, problems);
  check_dialect(options, problems);
  check_inspection(options, problems);
  std::ranges::move(problems_of_server(options), std::back_inserter(problems));
  std::ranges::move(problems_of_redshift(options), std::back_inserter(problems));
  if (options.lock_timeout < std::chrono::seconds(1)) problems.emplace_back("--lock-timeout is less than a second");
  return problems;
}

// open: of rows in place of the options' sources; empty: of those.
UpsertOutcome upsert_of(OpenSupply open, const UpsertOptions& options, const LoadContext& context,
                        const std::function<void(const UpsertProgress&)>& on_progress) {
  const bool has_rows = static_cast<bool>(open);
  if (const auto problems = problems_in(options, has_rows); !problems.empty()) {
    throw Error(ErrorKind::invalid, fmt::format("{}", fmt::join(problems, "\n")));
  }
  UpsertOptions settled = options;
  if (settled.staging_bucket.empty() && !has_rows && is_s3_uri(settled.sources.front())) {
    settled.staging_bucket = parse_s3_uri(settled.sources.front()).bucket;
  }
  if (!has_rows) open = open_supply;
  // an order says which of several rows is the last
  if (!settled.order_by.empty() && settled.duplicates == Duplicates::refuse) settled.duplicates = Duplicates::last;
  try {
    const auto work = std::make_unique<Upsert>(settled, std::move(open), context, on_progress);
    return work->run();
  } catch (const Error& e) {
    std::string text = fmt::format("upsert {}: {}", printable(options.into), e.what());
    if (e.kind() != ErrorKind::in_doubt) {
      text += text.find('\n') == std::string::npos ? "; " : "\n";
      text += "nothing was changed";
    }
    throw Error(e.kind(), text);
  }
}

}  // namespace

std::string in_words(const BadValue& value) {
  std::string text = fmt::format("{} line {}", printable(value.source), value.line);
  if (!value.column.empty()) text += fmt::format(", column {}", printable(value.column));
  text += ": " + value.reason;
  if (!value.value.empty()) text += fmt::format("; value '{}'", printable(value.value));
  return text;
}

std::vector<std::string> problems_of(const UpsertOptions& options) {
  return problems_in(options, options.stream != nullptr);
}

UpsertOutcome upsert(const UpsertOptions& options, const LoadContext& context,
                     const std::function<void(const UpsertProgress&)>& on_progress) {
  if (options.stream == nullptr) return upsert_of({}, options, context, on_progress);
  return upsert(columnar::batches_of(*options.stream, options.stream_name), options, context, on_progress);
}

UpsertOutcome upsert(std::shared_ptr<columnar::BatchReader> rows, const UpsertOptions& options,
                     const LoadContext& context, const std::function<void(const UpsertProgress&)>& on_progress) {
  const auto open = [&](const UpsertOptions& how, const LoadContext& of, const StagingBase& base,
                        const std::string& load_id) { return batch_supply(std::move(rows), how, of, base, load_id); };
  return upsert_of(open, options, context, on_progress);
}

UpsertOutcome commit(std::span<const StagedPart> parts, const UpsertOptions& options, const LoadContext& context) {
  std::vector<std::string> problems;
  if (parts.empty()) problems.emplace_back("there is no part");
  if (options.stream != nullptr) problems.emplace_back("a stream is staged first");
  if (!options.columns.empty()) problems.emplace_back("staged parts have all their columns: --columns can't choose");
  if (!problems.empty()) {
    throw Error(ErrorKind::invalid, fmt::format("commit into {}: {}; nothing was changed", printable(options.into),
                                                fmt::join(problems, "; ")));
  }
  UpsertOptions how = options;
  if (how.staging_bucket.empty()) how.staging_bucket = parts.front().bucket;
  const auto open = [&](const UpsertOptions& of, const LoadContext& in, const StagingBase& base,
                        const std::string& load_id) { return parts_supply(parts, of, in, base, load_id); };
  return upsert_of(open, how, context, {});
}

UpsertOutcome upsert(const LookedAt& source, const UpsertOptions& options, const LoadContext& context,
                     const std::function<void(const UpsertProgress&)>& on_progress) {
  const auto open = [&](const UpsertOptions& how, const LoadContext& of, const StagingBase& base,
                        const std::string& load_id) { return looked_at_supply(source, how, of, base, load_id); };
  return upsert_of(open, options, context, on_progress);
}

}  // namespace penstock
