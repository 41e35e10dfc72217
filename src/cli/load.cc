// penstock load: arguments in, outcomes out.
#include "penstock/load.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error_name.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/load_session.h"
#include "cli/words.h"

namespace penstock::cli {
namespace {

// What was typed, before it is understood.
struct Typed {
  LoadOptions options;
  std::vector<std::string> tables;
  std::string date;
  std::string granularity;
  std::string delimiter;
  std::optional<std::string> null_as;
  std::string lock_timeout;
  bool no_maintenance = false;
  bool json = false;
};

Granularity read_granularity(const std::string& text, Problems& problems) {
  if (text.empty()) return Granularity::instant;
  if (text == "hour") return Granularity::hour;
  if (text == "day") return Granularity::day;
  if (text == "stream") return Granularity::stream;
  problems.add(fmt::format("--granularity '{}' is none of hour, day, stream", printable(text)));
  return Granularity::instant;
}

void read_date(const std::string& text, LoadOptions& options, Problems& problems) {
  if (text.empty() || text == "newest") return;
  options.date = parse_data_date(text);
  if (!options.date) {
    problems.add(fmt::format("--date '{}' is no RFC 3339 date such as 2015-07-01T00:00:00Z", printable(text)));
  }
}

LoadOptions understand(const Typed& typed, Problems& problems) {
  LoadOptions options = typed.options;
  options.tables = split_list(typed.tables);
  read_date(typed.date, options, problems);
  options.granularity = read_granularity(typed.granularity, problems);
  options.delimiter = read_character("--delimiter", typed.delimiter, problems);
  options.null_as = typed.null_as;
  options.maintenance = !typed.no_maintenance;
  if (const auto seconds = read_seconds("--lock-timeout", typed.lock_timeout, problems))
    options.lock_timeout = *seconds;
  for (std::string& problem : problems_of(options)) problems.add(std::move(problem));
  return options;
}

std::string_view name_of(LoadStatus status) noexcept {
  switch (status) {
    case LoadStatus::loaded:
      return "loaded";
    case LoadStatus::planned:
      return "planned";
    case LoadStatus::skipped:
      return "skipped";
    case LoadStatus::failed:
      break;
  }
  return "failed";
}

nlohmann::json error_name(const std::optional<ErrorKind>& kind) {
  return kind ? nlohmann::json(penstock::name_of(*kind)) : nlohmann::json(nullptr);
}

void print_json(std::ostream& out, const LoadSummary& summary) {
  for (const TableOutcome& table : summary.tables) {
    const nlohmann::ordered_json line{{"schema", table.schema},           {"table", table.table},
                                      {"status", name_of(table.status)},  {"reason", table.reason},
                                      {"error", error_name(table.error)}, {"data_date", table.data_date},
                                      {"objects", table.objects},         {"rows", table.rows},
                                      {"replaced", table.replaced},       {"bytes", table.bytes},
                                      {"load_id", table.load_id},         {"plan", table.plan},
                                      {"seconds", table.seconds}};
    out << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  }
}

std::string in_words(const TableOutcome& table) {
  std::string text = fmt::format("{}.{}: {}", printable(table.schema), printable(table.table), name_of(table.status));
  if (!table.data_date.empty()) text += " " + printable(table.data_date);
  if (table.status == LoadStatus::loaded) {
    text += fmt::format(": {} {}", table.rows, table.rows == 1 ? "row" : "rows");
    if (table.replaced > 0) text += fmt::format(" in place of {}", table.replaced);
    text += fmt::format(", {} bytes of {}", table.bytes, printable(table.objects.front()));
    if (table.objects.size() > 1) text += fmt::format(" and {} more", table.objects.size() - 1);
    text += fmt::format(", in {:.1f} s, load {}", table.seconds, table.load_id);
  }
  if (!table.reason.empty()) text += ": " + table.reason;
  return text;
}

void print_words(std::ostream& out, const LoadSummary& summary) {
  for (const TableOutcome& table : summary.tables) {
    out << in_words(table) << '\n';
    print_plan(out, table.plan);
  }
}

Run prepare(const Typed& typed, const Environment& environment, Problems& problems) {
  const LoadOptions options = understand(typed, problems);
  const auto connection = read_cluster(environment, options.bucket, problems);
  return [options, connection, json = typed.json](const Session& session) {
    const LoadSession loading(session, connection);
    const LoadSummary summary = load(options, loading.context());
    if (json) {
      print_json(session.out, summary);
    } else {
      print_words(session.out, summary);
    }
    return exit_code(summary);
  };
}

}  // namespace

void add_load(Program& program) {
  auto typed = std::make_shared<Typed>();
  Command app = program.add(
      "load", "Loads the newest data in S3 of each table into that table, exactly once",
      "penstock load --schema api_hits --tables pages,sessions --bucket analytics\n"
      "  penstock load --schema api_hits --tables pages --bucket analytics --granularity day --timezone Europe/Berlin\n"
      "  penstock load --schema api_hits --tables pages --bucket analytics --date 2015-07-01T00:00:00Z --force\n\n"
      "The data are objects <schema>_<table>_<RFC 3339 date>.<suffix>, with config_<the same name>.yml beside them.\n"
      "Needs REDSHIFT_HOST, REDSHIFT_DB, REDSHIFT_USER and REDSHIFT_PASSWORD, and AWS credentials by the standard "
      "chain.\n"
      "Exit codes: 0 done or nothing to do, 1 failed, 2 wrong usage, 3 outcome unknown, 4 input changed, 5 table busy.",
      [typed](const Environment& environment, Problems& problems) { return prepare(*typed, environment, problems); });
  LoadOptions& options = typed->options;
  app.add_option("--schema", options.schema, "Schema of the tables, and the first part of the keys");
  app.add_option("--tables", typed->tables, "Tables, separated by commas");
  app.add_option("--bucket", options.bucket, "Bucket of the data");
  app.add_option("--prefix", options.prefix, "Folder of the data in the bucket");
  app.add_option("--config", options.config_uri, "Config for all tables, s3://bucket/key or a local path");
  app.add_option("--date", typed->date, "Load exactly this data date, not the newest");
  app.add_flag("--catch-up", options.catch_up, "Load every data date newer than the table, oldest first");
  app.add_option("--granularity", typed->granularity,
                 "hour or day: data replace their period's rows; stream: append what is newer");
  app.add_option("--timezone", options.timezone, "Whose hours and days, an IANA name; UTC by default");
  app.add_flag("--force", options.force, "Load although stale, known or changed, in place of the rows of that date");
  app.add_flag("--truncate", options.truncate, "Replace all rows of the table");
  app.add_flag("--allow-empty", options.allow_empty, "Let data without a row replace rows");
  app.add_flag("--create-schema", options.create_schema, "Make the schema if there is none");
  app.add_option("--delimiter", typed->delimiter, "Between fields; , for csv and | for gz by default");
  app.add_option("--null-as", typed->null_as, "Text that means NULL in csv and gz");
  app.add_option("--lock-timeout", typed->lock_timeout,
                 "Seconds to wait for another load of the table; 600 by default");
  app.add_flag("--no-maintenance", typed->no_maintenance, "No VACUUM DELETE ONLY and ANALYZE after the load");
  app.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
  app.add_flag("--json", typed->json, "One JSON object a line for each data date of each table");
}

}  // namespace penstock::cli
