// penstock move: arguments in, the outcome out.
#include "penstock/move.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/grace.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/words.h"

namespace penstock::cli {
namespace {

constexpr std::chrono::seconds kTidyingTime{5};  // what was begun is taken away after a stop, too

// What was typed, before it is understood.
struct Typed {
  MoveOptions options;
  std::vector<std::string> columns;
  std::string delimiter;
  std::string to_delimiter;
  std::string sample;
  std::string memory;
  std::string route;
  bool explain = false;
  bool json = false;
};

MoveOptions understand(const Typed& typed, Problems& problems) {
  MoveOptions options = typed.options;
  options.columns = split_list(typed.columns);
  options.delimiter = read_character("--delimiter", typed.delimiter, problems);
  options.to_delimiter = read_character("--to-delimiter", typed.to_delimiter, problems);
  if (!typed.sample.empty() && typed.sample != "all") {
    const auto records = read_number(typed.sample);
    if (!records || *records < 1) {
      problems.add(fmt::format("--sample '{}' is neither a number of records nor all", printable(typed.sample)));
    }
    options.sample = static_cast<std::uint64_t>(records.value_or(0));
  }
  if (!typed.memory.empty()) {
    constexpr int kLeast = 32;
    const auto mebibytes = read_number(typed.memory);
    if (!mebibytes || *mebibytes < kLeast) {
      problems.add(fmt::format("--memory '{}' is not a number of MiB, {} at least", printable(typed.memory), kLeast));
    }
    options.memory = static_cast<std::size_t>(mebibytes.value_or(kLeast)) << 20;
  }
  if (!typed.route.empty()) {
    const auto number = read_number(typed.route);
    if (!number || *number < 1)
      problems.add(fmt::format("--route '{}' is not the number of a route", printable(typed.route)));
    options.route = static_cast<std::size_t>(std::max(number.value_or(1), 1));
  }
  for (std::string& problem : problems_of(options)) problems.add(std::move(problem));
  return options;
}

nlohmann::ordered_json json_of(const Route& route) {
  auto steps = nlohmann::ordered_json::array();
  for (const RouteStep& step : route.steps) {
    steps.push_back({{"from", step.from},
                     {"to", step.to},
                     {"how", step.how},
                     {"fixed", step.fixed},
                     {"per_byte", step.per_byte},
                     {"seconds", step.seconds}});
  }
  return {{"steps", std::move(steps)}, {"seconds", route.seconds}};
}

nlohmann::ordered_json json_of(const MovePlan& plan) {
  auto routes = nlohmann::ordered_json::array();
  for (const Route& route : plan.routes) routes.push_back(json_of(route));
  return {{"source", plan.source},
          {"destination", plan.destination},
          {"bytes", plan.bytes},
          {"routes", std::move(routes)},
          {"taken", plan.taken + 1}};
}

void print_line(std::ostream& out, const nlohmann::ordered_json& line) {
  out << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

void print_json(std::ostream& out, const MoveOutcome& outcome, bool dry_run) {
  auto columns = nlohmann::ordered_json::array();
  for (const MovedColumn& column : outcome.columns) {
    columns.push_back({{"name", column.name}, {"type", column.type}, {"why", column.why}});
  }
  nlohmann::ordered_json line = json_of(outcome.plan);
  line["status"] = dry_run ? "planned" : "moved";
  line["plan"] = outcome.steps;
  line["written"] = outcome.written;
  line["rows"] = outcome.rows ? nlohmann::ordered_json(*outcome.rows) : nlohmann::ordered_json();
  line["bytes_read"] = outcome.bytes_read;
  line["bytes_written"] = outcome.bytes_written;
  line["columns"] = std::move(columns);
  line["seconds"] = outcome.seconds;
  print_line(out, line);
}

void print_words(std::ostream& out, const MovePlan& plan) {
  out << fmt::format("{} to {}, {}\n", printable(plan.source), printable(plan.destination),
                     plan.bytes != 0 ? fmt::format("{} bytes", plan.bytes) : "of a size that is not known");
  for (const Route& route : plan.routes) {
    out << fmt::format("{} {:.2f} s\n", &route == &plan.routes[plan.taken] ? "taken:" : "or:   ", route.seconds);
    for (const RouteStep& step : route.steps) {
      out << fmt::format("  {} to {}: {}; {:.2f} s and {:.1f} s a GB: {:.2f} s\n", step.from, step.to, step.how,
                         step.fixed, step.per_byte * 1e9, step.seconds);
    }
  }
}

// Where stdout is the destination, nothing else goes there.
void print_words(std::ostream& out, const MoveOutcome& outcome, bool dry_run) {
  const std::string name = fmt::format("{} to {}", printable(outcome.plan.source), printable(outcome.plan.destination));
  if (dry_run) {
    out << name << ": planned\n";
    print_plan(out, outcome.steps);
    return;
  }
  for (const MovedColumn& column : outcome.columns) {
    out << fmt::format("  {} {}{}\n", printable(column.name), column.type,
                       column.why.empty() ? "" : ": " + printable(column.why));
  }
  const std::string rows = outcome.rows ? fmt::format("{} rows, ", *outcome.rows) : "";
  out << fmt::format("{}: {}{} bytes read, {} written as {}, in {:.1f} s\n", name, rows, outcome.bytes_read,
                     outcome.bytes_written,
                     outcome.written.size() == 1 ? printable(outcome.written.front())
                                                 : counted(outcome.written.size(), "object", "objects"),
                     outcome.seconds);
}

Run prepare(const Typed& typed, Problems& problems) {
  const MoveOptions options = understand(typed, problems);
  const bool to_stdout = options.destination == "-" && !typed.explain && !options.dry_run;
  if (to_stdout && typed.json) problems.add("--json and - as the destination exclude each other: both are stdout");
  return [options, explain = typed.explain, json = typed.json, to_stdout](const Session& session) {
    const Grace grace(session.stop, kTidyingTime);
    const auto buckets = open_buckets(session.environment, session.log, grace.stop());
    const MoveContext context{*buckets, session.environment, session.log, session.stop};
    if (explain) {
      const MovePlan plan = plan_move(options, context);
      if (json) {
        print_line(session.out, json_of(plan));
      } else {
        print_words(session.out, plan);
      }
      return 0;
    }
    MoveOutcome outcome;
    {
      Progress progress;
      outcome = move(options, context, [&](const MoveProgress& now) { progress.show(now.bytes, now.size, now.rows); });
    }
    if (to_stdout) return 0;
    if (json) {
      print_json(session.out, outcome, options.dry_run);
    } else {
      print_words(session.out, outcome, options.dry_run);
    }
    return 0;
  };
}

}  // namespace

void add_move(Program& program) {
  auto typed = std::make_shared<Typed>();
  Command app = program.add(
      "move", "Moves from any URI to any URI, by the cheapest route",
      "penstock move users.csv s3://bucket/users.csv.gz\n"
      "  penstock move 's3://bucket/2024*.csv' redshift://user@host/db::web.users\n"
      "  penstock move redshift://user@host/db::web.users users.parquet\n"
      "  penstock move postgresql://user@host/db::orders s3://bucket/orders/\n"
      "  penstock move s3://bucket/folder/ data/\n\n"
      "Files are .csv .tsv .json .jsonl .parquet .orc, those of text with .gz .zst .bz2 behind; globs in quotes: * "
      "reaches\n"
      "over / in s3:// only, ** everywhere; a folder ends in /; - is stdin or stdout. Tables are appended to, or "
      "made;\n"
      "files and objects that are there give way to --replace only. A password in a URI is seen by all who may list\n"
      "processes: REDSHIFT_PASSWORD, PGPASSWORD and ~/.pgpass keep it to you.\n"
      "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 outcome unknown, 4 source changed, 5 table busy.",
      [typed](const Environment&, Problems& problems) { return prepare(*typed, problems); });
  MoveOptions& options = typed->options;
  app.add_option("SRC", options.source, "What to move: a file, glob, folder or -; s3://, redshift://, postgresql://");
  app.add_option("DST", options.destination, "Where to: a file, folder/ or -; s3://, redshift://, postgresql://");
  app.add_option("--query", options.query, "What to read of a server, where the URI does not say");
  app.add_flag("--replace", options.replace, "Let rows, files and objects that are there give way");
  app.add_flag("--explain", typed->explain, "Say the routes that there are, and what they cost; move nothing");
  app.add_option("--route", typed->route, "Take another of these routes, by its number: 1 is the cheapest");
  app.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
  app.add_option("--from-format", options.from_format,
                 "Of SRC, where its name does not say: csv, tsv.gz, jsonl, parquet, orc");
  app.add_option("--to-format", options.to_format, "Of DST, likewise");
  app.add_option("--sample", typed->sample, "Records that say the types of a text's columns; all by default");
  app.add_flag("--why", options.why, "Say of each column of text why it is of its type");
  app.add_option("--columns", typed->columns, "The columns of CSV without a header, separated by commas");
  app.add_option("--delimiter", typed->delimiter, "Between fields of SRC's CSV; , by default, a tab in .tsv");
  app.add_option("--to-delimiter", typed->to_delimiter, "Between fields of DST's CSV, likewise");
  app.add_option("--null-as", options.null_as, "Unquoted text that means NULL in SRC's CSV; nothing by default");
  app.add_option("--bucket", options.staging_bucket, "Bucket to stage in where PENSTOCK_S3_BASE_PATH is not set");
  app.add_option("--memory", typed->memory, "MiB for buffers; 256 by default");
  app.add_flag("--json", typed->json, "The outcome as a JSON object");
}

}  // namespace penstock::cli
