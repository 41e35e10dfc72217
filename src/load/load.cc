#include "penstock/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <ranges>
#include <set>
#include <utility>

#include "base/text.h"
#include "load/access.h"
#include "load/attempt.h"
#include "load/config_file.h"
#include "load/copy_shape.h"
#include "load/data_set.h"
#include "load/discovery.h"
#include "load/ledger.h"
#include "load/period.h"
#include "load/protocol.h"
#include "load/rerun.h"
#include "load/staging.h"
#include "load/target_session.h"

namespace penstock {
namespace {

using redshift::Sql;
using std::chrono::steady_clock;

constexpr int kPlans = 3;  // of one load, when its objects change while it is under way
constexpr std::size_t kIdentifierBytes = 127;

void check_name(std::string_view what, const std::string& name, std::vector<std::string>& problems) {
  if (name.size() > kIdentifierBytes) {
    problems.push_back(fmt::format("{} '{}' is longer than {} bytes", what, printable(name), kIdentifierBytes));
  } else if (!is_utf8(name) || name.find('\0') != std::string::npos) {
    problems.push_back(fmt::format("{} '{}' is not UTF-8 text", what, printable(name)));
  }
}

// What the loads of all tables share.
struct Shared {
  const LoadOptions& options;
  const LoadContext& context;
  StagingBase base;
  redshift::CopyAccess access;
};

// The loads of one table: of one date, or with --catch-up of several.
class TableLoads {
 public:
  TableLoads(const Shared& shared, std::string table)
      : shared_(shared),
        options_(shared.options),
        context_(shared.context),
        table_(std::move(table)),
        location_{folder(options_.prefix), options_.schema, table_},
        session_(context_, shared.base, target_of(options_.schema, table_), "penstock load"),
        store_(context_.buckets.open(options_.bucket)) {}

  std::vector<TableOutcome> run() {
    TableOutcome current = nothing_yet();
    const auto start = steady_clock::now();
    try {
      context_.log.debug(
          fmt::format("{}: looking for data in {}", name(), printable(store_->uri_of(location_.prefix))));
      const auto all = files();
      for (auto file = all.begin(); file != all.end(); ++file) {
        current = nothing_yet();
        if (load(*file, current)) continue;
        if (const auto rest = all.end() - file - 1; rest > 0) {
          context_.log.warning(fmt::format("{}: {} newer data dates wait until this one is loaded", name(), rest));
        }
        break;
      }
    } catch (const Error& e) {
      fail(current, e);
      current.seconds = std::chrono::duration<double>(steady_clock::now() - start).count();
      outcomes_.push_back(current);
    }
    maintain();
    return std::move(outcomes_);
  }

 private:
  static std::string folder(std::string prefix) {
    if (!prefix.empty() && !prefix.ends_with('/')) prefix += '/';
    return prefix;
  }

  [[nodiscard]] std::string name() const { return printable(options_.schema + "." + table_); }

  [[nodiscard]] TableOutcome nothing_yet() const {
    TableOutcome outcome;
    outcome.schema = options_.schema;
    outcome.table = table_;
    return outcome;
  }

  // What is to be loaded, oldest first.
  std::vector<DataFile> files() {
    const auto wanted = options_.catch_up ? Wanted::all : Wanted::newest;
    const Discovery found = discover(*store_, location_, wanted, options_.date, context_.log, context_.stop);
    if (found.dates.empty()) throw Error(ErrorKind::not_found, nothing_found(found));
    if (!options_.catch_up) return {choose(found.dates.begin()->second, *store_)};
    return missed(found);
  }

  [[nodiscard]] std::string nothing_found(const Discovery& found) const {
    std::string text =
        fmt::format("no data: there is no {}<date>.<suffix>{}", printable(store_->uri_of(location_.flat_prefix())),
                    options_.date ? " of " + to_rfc3339(*options_.date) : std::string());
    text += fmt::format(", nor one below {}…", printable(store_->uri_of(location_.dated_prefix())));
    if (found.malformed > 0) text += fmt::format("; {} keys have malformed names, see the log", found.malformed);
    return text;
  }

  // Of --catch-up: what is newer than the watermark. Of a period, only the newest: it would replace the others.
  std::vector<DataFile> missed(const Discovery& found) {
    const DataFile newest = choose(found.dates.rbegin()->second, *store_);
    const auto config = read_table_config(context_.buckets, options_, table_, newest);
    GuardQuestion question{.data_date = newest.date,
                           .watermark = watermark(config.data_date_column),
                           .column = date_column_of(config),
                           .granularity = options_.granularity,
                           .time_zone = options_.timezone};
    std::vector<DataFile> files;
    for (const auto& [instant, candidates] : std::views::reverse(found.dates)) {
      question.data_date = instant;
      if (is_stale(question)) break;
      if (!files.empty() && shares_period(instant, files.back().date)) continue;
      files.push_back(choose(candidates, *store_));
    }
    if (files.empty()) files.push_back(newest);  // to say, as of one date, that there is nothing to do
    std::ranges::reverse(files);
    return files;
  }

  [[nodiscard]] bool shares_period(Instant a, Instant b) const {
    if (options_.granularity != Granularity::hour && options_.granularity != Granularity::day) return false;
    const auto length = options_.granularity == Granularity::hour ? PeriodLength::hour : PeriodLength::day;
    return period_of(a, length, options_.timezone).contains(b);
  }

  std::optional<Instant> watermark(const std::string& column) {
    redshift::Transaction transaction(session_.plain_connection());
    const Target& target = session_.target();
    const auto table = redshift::read_table(transaction, target.schema, target.table);
    return read_watermark(transaction, target, column, table);
  }

  // False: what comes after it must not be loaded, or this one would be stale for ever.
  bool load(const DataFile& file, TableOutcome& outcome) {
    const auto start = steady_clock::now();
    outcome.data_date = file.date_text;
    for (const std::string& key : file.keys) outcome.objects.push_back(store_->uri_of(key));
    try {
      load_fixed(file, outcome);
    } catch (const Error& e) {
      fail(outcome, e);
      if (e.kind() == ErrorKind::in_doubt)
        outcome.reason += "; settle it with: " + rerun_command(options_, table_, file.date_text);
    }
    outcome.seconds = std::chrono::duration<double>(steady_clock::now() - start).count();
    outcomes_.push_back(outcome);
    return outcome.status != LoadStatus::failed;
  }

  void load_fixed(const DataFile& file, TableOutcome& outcome) {
    const std::string load_id = new_id();
    for (int plans = 1;; ++plans) {
      try {
        const LoadJob job = prepare(file, load_id);
        outcome.objects.clear();
        for (const SourceObject* object : job.data.all()) outcome.objects.push_back(object->uri());
        outcome.bytes = job.data.bytes();
        if (options_.dry_run) {
          plan(job, outcome);
        } else {
          run(job, outcome);
        }
        return;
      } catch (const ChangedMeanwhile& e) {
        if (plans == kPlans) throw;
        context_.log.warning(fmt::format("{}: planning again: {}", name(), e.what()));
      }
    }
  }

  // Everything that can be known before the lock.
  LoadJob prepare(const DataFile& file, const std::string& load_id) {
    auto config = read_table_config(context_.buckets, options_, table_, file);
    auto data = fix_data_set(context_.buckets, options_.bucket, file, context_.stop);
    auto shape = read_shape(context_.buckets, data, config, options_, context_.stop);
    return {session_.target(), std::move(config),     std::move(data), std::move(shape),
            shared_.access,    copy_region(context_), load_id};
  }

  void plan(const LoadJob& job, TableOutcome& outcome) {
    const LoadPlan plan = dry_run(job, session_, options_);
    outcome.status = plan.skip ? LoadStatus::skipped : LoadStatus::planned;
    outcome.reason = plan.skip.value_or("");
    outcome.plan = describe(plan, job);
  }

  void run(const LoadJob& job, TableOutcome& outcome) {
    context_.log.info(fmt::format("{}: loading the data of {}: {}", name(), job.data.file.date_text,
                                  printable(job.data.all().front()->uri())));
    const LoadResult result = run_load(job, session_, options_, context_);
    if (const auto* skipped = std::get_if<Skipped>(&result)) {
      outcome.status = LoadStatus::skipped;
      outcome.reason = skipped->reason;
      context_.log.info(fmt::format("{}: skipped: {}", name(), skipped->reason));
      return;
    }
    const auto& loaded = std::get<Loaded>(result);
    outcome.status = LoadStatus::loaded;
    outcome.rows = loaded.rows;
    outcome.replaced = loaded.replaced;
    outcome.load_id = job.load_id;
    context_.log.info(fmt::format("{}: {} rows loaded, {} replaced", name(), loaded.rows, loaded.replaced));
  }

  void fail(TableOutcome& outcome, const Error& e) const {
    outcome.status = LoadStatus::failed;
    outcome.error = e.kind();
    outcome.reason = e.what();
    if (e.kind() != ErrorKind::in_doubt) {
      outcome.reason += outcome.reason.find('\n') == std::string::npos ? "; " : "\n";
      outcome.reason += options_.dry_run ? "nothing was changed" : "nothing was committed";
    }
    context_.log.error(fmt::format("load {}: {}", name(), outcome.reason));
  }

  // After the commits, outside of any transaction, and of no consequence for what was loaded.
  void maintain() noexcept {
    const auto loaded = [](const TableOutcome& outcome) { return outcome.status == LoadStatus::loaded; };
    const bool any = std::ranges::any_of(outcomes_, loaded);
    if (!any || context_.stop.stop_requested()) return;
    const bool replaced =
        std::ranges::any_of(outcomes_, [&](const TableOutcome& o) { return loaded(o) && o.replaced > 0; });
    try {
      auto& connection = session_.plain_connection();
      if (const auto doubled = doubled_files(connection, session_.target())) {
        context_.log.error(fmt::format("{}: the ledger holds {} files more than once, which no load does: look at {}",
                                       name(), doubled, session_.target().ledger().name));
      }
      if (!options_.maintenance) return;
      const auto table = session_.target().name();
      if (replaced) connection.execute(Sql("VACUUM DELETE ONLY ") << table, "VACUUM after the load");
      connection.execute(Sql("ANALYZE ") << table, "ANALYZE after the load");
    } catch (const std::exception& e) {
      context_.log.warning(fmt::format("{}: loaded; what comes after a load was not done: {}", name(), e.what()));
    }
  }

  const Shared& shared_;
  const LoadOptions& options_;
  const LoadContext& context_;
  const std::string table_;
  const DataLocation location_;
  TargetSession session_;
  std::unique_ptr<ObjectStore> store_;
  std::vector<TableOutcome> outcomes_;
};

}  // namespace

std::vector<std::string> problems_of(const LoadOptions& options) {
  std::vector<std::string> problems;
  if (options.schema.empty()) {
    problems.emplace_back("--schema is missing");
  } else {
    check_name("--schema", options.schema, problems);
  }
  if (options.tables.empty()) problems.emplace_back("--tables is missing");
  std::set<std::string> names;
  for (const std::string& table : options.tables) {
    check_name("--tables:", table, problems);
    if (!names.insert(lower(table)).second) problems.push_back(fmt::format("--tables: {} twice", printable(table)));
  }
  if (options.bucket.empty()) problems.emplace_back("--bucket is missing");
  if (options.date && options.catch_up) problems.emplace_back("--date and --catch-up exclude each other");
  if (options.catch_up && options.truncate) {
    problems.emplace_back("--catch-up and --truncate exclude each other: each date would replace the one before");
  }
  if (options.catch_up && options.force) {
    problems.emplace_back("--catch-up and --force exclude each other: every date there is would be loaded again");
  }
  if (options.delimiter && (static_cast<unsigned char>(*options.delimiter) >= 0x80 ||
                            std::string_view("\n\r\"\\\0", 5).find(*options.delimiter) != std::string_view::npos)) {
    problems.emplace_back("--delimiter must be one ASCII character, and no line end, quote or backslash");
  }
  if (options.lock_timeout < std::chrono::seconds(1)) problems.emplace_back("--lock-timeout is less than a second");
  try {
    require_time_zone(options.timezone);
  } catch (const Error& e) {
    problems.push_back(fmt::format("--timezone: {}", e.what()));
  }
  return problems;
}

LoadSummary load(const LoadOptions& options, const LoadContext& context) {
  if (const auto problems = problems_of(options); !problems.empty()) {
    throw Error(ErrorKind::invalid, fmt::format("{}", fmt::join(problems, "\n")));
  }
  const Shared shared{options, context, staging_base(context.environment, options.bucket), copy_access(context)};
  LoadSummary summary;
  for (const std::string& table : options.tables) {
    std::ranges::move(TableLoads(shared, table).run(), std::back_inserter(summary.tables));
  }
  return summary;
}

int exit_code(const LoadSummary& summary) noexcept {
  constexpr std::array kWorstFirst{ErrorKind::in_doubt, ErrorKind::cancelled, ErrorKind::busy, ErrorKind::conflict,
                                   ErrorKind::invalid};
  const auto has = [&](ErrorKind kind) {
    return std::ranges::any_of(summary.tables, [&](const TableOutcome& outcome) { return outcome.error == kind; });
  };
  for (const ErrorKind kind : kWorstFirst) {
    if (has(kind)) return exit_code(kind);
  }
  return std::ranges::any_of(summary.tables,
                             [](const TableOutcome& outcome) { return outcome.status == LoadStatus::failed; })
             ? 1
             : 0;
}

}  // namespace penstock
