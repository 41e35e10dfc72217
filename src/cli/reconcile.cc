// penstock reconcile diff: the keys of a bucket against what Redshift committed.
#include "penstock/reconcile.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/findings_output.h"
#include "cli/progress.h"
#include "cli/reconcile_acts.h"
#include "cli/reconcile_options.h"
#include "cli/words.h"
#include "move/outlet.h"
#include "move/resource.h"
#include "penstock/connection.h"
#include "penstock/store.h"
#include "reconcile/report.h"
#include "store/byte_sink.h"

namespace penstock::cli {
namespace {

constexpr int kFoundSomething = 6;

// What was typed, before it is understood.
struct Typed {
  TypedReconcile reconcile;
  std::string keys;
  std::vector<std::string> fail_on;
  std::string output;
  bool replace = false;
  bool json = false;
  bool json_lines = false;
  bool null = false;
};

// What of it says what to print, and how it ends.
struct Wanted {
  ReconcileOptions options;
  std::optional<KeySet> keys;
  std::vector<KeySet> fail_on;
  std::optional<network::Resource> output;  // a file, or an object
  bool replace = false;
  bool json = false;
  bool json_lines = false;
  bool null = false;
};

std::optional<KeySet> read_set(std::string_view option, const std::string& name, Problems& problems) {
  const auto set = key_set(name);
  if (set) return set;
  std::string names;
  for (std::size_t i = 0; i < kKeySets; ++i) {
    names += (names.empty() ? "" : ", ") + std::string(name_of(static_cast<KeySet>(i)));
  }
  problems.add(
      fmt::format("{} '{}' is none of the sets: {}; or, for short, committed, bucket, pending, "
                  "already-committed, outside",
                  option, printable(name), names));
  return std::nullopt;
}

std::optional<network::Resource> read_output(const std::string& output, Problems& problems) {
  if (output.empty()) return std::nullopt;
  auto found = problems.collect([&] { return std::optional(parse_resource(output, network::Use::destination)); });
  if (!found) return std::nullopt;
  const bool is_one = (found->place == network::Place::local || found->place == network::Place::s3) && !found->is_many;
  if (is_one && found->format && found->delimiter == ',') return found;
  problems.add(
      fmt::format("--output '{}' is not one file or object of CSV, JSON lines, Parquet or ORC, such as "
                  "keys.csv.gz or s3://bucket/keys.parquet",
                  printable(output)));
  return std::nullopt;
}

// What is only to be counted need not come from where it is counted.
void leave_out_unasked(Wanted& wanted) {
  const bool are_all_printed = wanted.json || wanted.json_lines || wanted.output;
  const auto is_asked = [&](std::initializer_list<KeySet> sets) {
    return are_all_printed || (wanted.keys && std::ranges::find(sets, *wanted.keys) != sets.end());
  };
  wanted.options.gives_pending = is_asked({KeySet::in_bucket, KeySet::pending});
  wanted.options.gives_committed =
      is_asked({KeySet::in_bucket, KeySet::committed, KeySet::already_committed, KeySet::committed_outside});
}

Wanted understand(const Typed& typed, Problems& problems) {
  Wanted wanted{.options = understand(typed.reconcile, problems),
                .keys = {},
                .fail_on = {},
                .output = read_output(typed.output, problems),
                .replace = typed.replace,
                .json = typed.json,
                .json_lines = typed.json_lines,
                .null = typed.null};
  if (!typed.keys.empty()) wanted.keys = read_set("--keys", typed.keys, problems);
  for (const std::string& name : split_list(typed.fail_on)) {
    if (const auto set = read_set("--fail-on", name, problems)) wanted.fail_on.push_back(*set);
  }
  const int printed =
      static_cast<int>(typed.json) + static_cast<int>(typed.json_lines) + static_cast<int>(!typed.keys.empty());
  if (printed > 1) problems.add("--json, --json-lines and --keys exclude each other: each is all of stdout");
  if (typed.replace && typed.output.empty()) problems.add("--replace is of --output, which is missing");
  if (typed.null && typed.keys.empty()) problems.add("--null is of --keys, which is missing");
  leave_out_unasked(wanted);
  return wanted;
}

std::unique_ptr<FindingsOutput> output_of(const Wanted& wanted, const Session& session) {
  if (wanted.keys) return keys_of_set(wanted.options, *wanted.keys, wanted.null ? '\0' : '\n', session.out);
  if (wanted.json_lines) return findings_as_json_lines(wanted.options, session.out);
  if (wanted.json) return findings_as_document(wanted.options, session.out, session.environment);
  return findings_in_words(wanted.options, session.out);
}

// Where every finding goes as a row, too.
struct Output {
  std::unique_ptr<ObjectStore> store;  // of an object
  std::unique_ptr<reconcile::Report> report;
};

columnar::RowFormat row_format(network::Format format) {
  switch (format) {
    case network::Format::json:
      return columnar::RowFormat::json;
    case network::Format::parquet:
      return columnar::RowFormat::parquet;
    case network::Format::orc:
      return columnar::RowFormat::orc;
    default:
      return columnar::RowFormat::csv;
  }
}

Output open_output(const Wanted& wanted, Buckets& buckets) {
  if (!wanted.output) return {};
  const network::Resource& to = *wanted.output;
  const Existing existing = wanted.replace ? Existing::replace : Existing::refuse;
  Output output;
  if (to.place == network::Place::s3) output.store = buckets.open(to.s3.bucket);
  auto sink = output.store ? object_sink(*output.store, to.s3.key, existing) : local_sink(to.path, existing);
  output.report =
      std::make_unique<reconcile::Report>(row_format(*to.format), network::compression_of(to.codec), std::move(sink));
  return output;
}

void log_lines(Log& log, const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) log.info(line);
  }
}

int check(const Wanted& wanted, const ReconcileSummary& summary, Log& log) {
  int code = 0;
  for (const KeySet set : wanted.fail_on) {
    if (summary.of(set).keys == 0) continue;
    log.error(fmt::format("--fail-on {}: {}: {}", name_of(set), in_words(set), count_in_words(summary.of(set))));
    code = kFoundSomething;
  }
  return code;
}

int diff(const Wanted& wanted, const ConnectionConfig& connection, const Session& session) {
  const auto buckets = open_buckets(session.environment, session.log, session.stop);
  const Output rows = open_output(wanted, *buckets);
  const auto findings =
      reconcile_keys(wanted.options, {connection, *buckets, session.environment, session.log, session.stop});
  const auto output = output_of(wanted, session);
  std::ostringstream words;  // on stderr, where stdout has the keys
  const auto summary = wanted.keys ? findings_in_words(wanted.options, words) : nullptr;
  {
    Progress progress;
    std::uint64_t keys = 0;
    while (const auto finding = findings->next()) {
      output->add(*finding);
      if (summary) summary->add(*finding);
      if (rows.report) rows.report->add(*finding);
      if (!session.out) return 1;  // nobody reads any more; main says so
      progress.show(++keys, "keys");
    }
  }
  if (rows.report) rows.report->commit();
  output->finish(findings->summary());
  if (summary) {
    summary->finish(findings->summary());
    log_lines(session.log, words.str());
  }
  return check(wanted, findings->summary(), session.log);
}

Run prepare(const Typed& typed, const Environment& environment, Problems& problems) {
  const auto connection = problems.collect([&] { return connection_config(environment); });
  const Wanted wanted = understand(typed, problems);
  return [wanted, connection](const Session& session) { return diff(wanted, connection, session); };
}

void add_diff(Program& program, Command group) {
  auto typed = std::make_shared<Typed>();
  Command app = program.add(
      group, "diff", "Which keys of a bucket Redshift has committed, which not, and which changed since",
      "penstock reconcile diff s3://bucket/folder --from 2014-10-20 --to 2014-10-21\n"
      "  penstock reconcile diff 's3://bucket/prefix*' --table web.views --keys pending\n"
      "  penstock reconcile diff s3://bucket --fail-on pending,overwritten --json\n\n"
      "s3://bucket/folder is the folder's keys, s3://bucket/prefix* those that begin so. Committed is what a COPY read "
      "whose\n"
      "transaction committed, by penstock's ledger and the cluster's system tables; the object that is there now is "
      "the one\n"
      "that was read if its ETag says so. docs/reconcile.md says what each set means.\n"
      "Sets: committed, bucket, pending, already-committed, outside, overwritten, rolled-back, failed, in-progress,\n"
      "gone, loaded-more-than-once, ambiguous. Needs REDSHIFT_* and AWS credentials by the standard chain.\n"
      "Exit codes: 0 done, 1 failed, 2 wrong usage, 6 --fail-on found something.",
      [typed](const Environment& environment, Problems& problems) { return prepare(*typed, environment, problems); });
  add_reconcile_options(app, typed->reconcile);
  app.add_flag("--json", typed->json, "One JSON object, with the keys of each set");
  app.add_flag("--json-lines", typed->json_lines, "One JSON object a line for each key, and a last one that sums up");
  app.add_option("--keys", typed->keys, "Only the keys of this set, a line each; the summary goes to stderr", "SET");
  app.add_flag("-0,--null", typed->null, "With --keys: keys end with a NUL, for xargs -0, and none is quoted");
  app.add_option("--output", typed->output, "Every key as a row of this file or object, too: .csv.gz, .jsonl, .parquet",
                 "URI");
  app.add_flag("--replace", typed->replace, "What is at --output already gives way");
  app.add_option("--fail-on", typed->fail_on, "Exit with 6 if one of these sets has a key", "SETS");
}

}  // namespace

void add_reconcile(Program& program) {
  const Command group = program.add_group("reconcile", "Keys in S3 against what Redshift committed");
  add_diff(program, group);
  add_reconcile_copy(program, group);
  add_reconcile_delete(program, group);
}

}  // namespace penstock::cli
