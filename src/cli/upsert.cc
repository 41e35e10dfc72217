// penstock upsert: arguments in, the outcome out.
#include "penstock/upsert.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/load_session.h"
#include "cli/progress.h"
#include "cli/words.h"
#include "penstock/uri.h"

namespace penstock::cli {
namespace {

constexpr int kCheckFoundSomething = 6;  // the exit code

// What was typed, before it is understood.
struct Typed {
  UpsertOptions options;
  std::vector<std::string> key;
  std::vector<std::string> columns;
  std::vector<std::string> sort_key;
  bool append = false;
  bool replace = false;
  std::string duplicates;
  std::string null_keys;
  std::string format;
  std::string delimiter;
  std::string quote;
  std::string escape;
  std::string memory;
  std::string streams;
  std::string lock_timeout;
  bool no_maintenance = false;
  bool json = false;
};

Duplicates read_duplicates(const std::string& text, Problems& problems) {
  if (text.empty()) return Duplicates::refuse;
  if (text == "last") return Duplicates::last;
  if (text == "keep") return Duplicates::keep;
  problems.add(fmt::format("--duplicates '{}' is neither last nor keep", printable(text)));
  return Duplicates::refuse;
}

NullKeys read_null_keys(const std::string& text, Problems& problems) {
  if (text.empty()) return NullKeys::refuse;
  if (text == "match") return NullKeys::match;
  if (text == "insert") return NullKeys::insert;
  problems.add(fmt::format("--null-keys '{}' is neither match nor insert", printable(text)));
  return NullKeys::refuse;
}

std::optional<SourceFormat> read_format(const std::string& text, Problems& problems) {
  if (text.empty()) return std::nullopt;
  if (text == "csv") return SourceFormat::csv;
  if (text == "json") return SourceFormat::json;
  if (text == "parquet") return SourceFormat::parquet;
  problems.add(fmt::format("--format '{}' is neither csv, json nor parquet", printable(text)));
  return std::nullopt;
}

WriteMode read_mode(const Typed& typed, Problems& problems) {
  if (typed.append && typed.replace) problems.add("--append and --replace exclude each other");
  if (typed.append) return WriteMode::append;
  return typed.replace ? WriteMode::replace : WriteMode::upsert;
}

void read_memory(const std::string& text, UpsertOptions& options, Problems& problems) {
  if (text.empty()) return;
  const auto mebibytes = read_number(text);
  constexpr int kLeast = 8;
  if (!mebibytes || *mebibytes < kLeast) {
    problems.add(fmt::format("--memory '{}' is not a number of MiB, {} at least", printable(text), kLeast));
    return;
  }
  options.memory = static_cast<std::size_t>(*mebibytes) << 20;
}

void read_streams(const std::string& text, UpsertOptions& options, Problems& problems) {
  if (text.empty()) return;
  const auto streams = read_number(text);
  if (!streams || *streams < 1) {
    problems.add(fmt::format("--streams '{}' is not a number, 1 at least", printable(text)));
    return;
  }
  options.streams = static_cast<unsigned>(*streams);
}

UpsertOptions understand(const Typed& typed, Problems& problems) {
  UpsertOptions options = typed.options;
  options.key = split_list(typed.key);
  options.columns = split_list(typed.columns);
  options.sort_key = split_list(typed.sort_key);
  options.mode = read_mode(typed, problems);
  options.duplicates = read_duplicates(typed.duplicates, problems);
  options.null_keys = read_null_keys(typed.null_keys, problems);
  options.format = read_format(typed.format, problems);
  options.delimiter = read_character("--delimiter", typed.delimiter, problems);
  options.quote = read_character("--quote", typed.quote, problems).value_or(options.quote);
  options.escape = read_character("--escape", typed.escape, problems);
  options.maintenance = !typed.no_maintenance;
  read_memory(typed.memory, options, problems);
  read_streams(typed.streams, options, problems);
  if (const auto seconds = read_seconds("--lock-timeout", typed.lock_timeout, problems))
    options.lock_timeout = *seconds;
  for (std::string& problem : problems_of(options)) problems.add(std::move(problem));
  return options;
}

std::string_view status_of(const UpsertOutcome& outcome) {
  if (outcome.refused) return "refused";
  return outcome.plan.empty() ? "written" : "planned";
}

void print_json(std::ostream& out, const UpsertOutcome& outcome) {
  auto findings = nlohmann::ordered_json::array();
  for (const BadValue& finding : outcome.findings) {
    findings.push_back({{"source", finding.source},
                        {"line", finding.line},
                        {"column", finding.column},
                        {"value", finding.value},
                        {"reason", finding.reason}});
  }
  const nlohmann::ordered_json line{{"schema", outcome.schema},
                                    {"table", outcome.table},
                                    {"status", status_of(outcome)},
                                    {"read", outcome.read},
                                    {"inserted", outcome.inserted},
                                    {"updated", outcome.updated},
                                    {"superseded", outcome.superseded},
                                    {"replaced", outcome.replaced},
                                    {"rejected", outcome.rejected},
                                    {"findings_in_all", outcome.findings_in_all},
                                    {"findings", std::move(findings)},
                                    {"bytes_read", outcome.bytes_read},
                                    {"bytes_staged", outcome.bytes_staged},
                                    {"table_changes", outcome.table_changes},
                                    {"load_id", outcome.load_id},
                                    {"plan", outcome.plan},
                                    {"seconds", outcome.seconds}};
  out << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

void print_findings(std::ostream& out, const UpsertOutcome& outcome) {
  constexpr std::size_t kShown = 50;
  const std::size_t shown = std::min(kShown, outcome.findings.size());
  for (std::size_t i = 0; i < shown; ++i) out << "  " << in_words(outcome.findings[i]) << '\n';
  if (outcome.findings_in_all > shown) {
    out << fmt::format("  and {} more; --json lists up to {}\n", outcome.findings_in_all - shown, kMostFindings);
  }
}

void print_words(std::ostream& out, const UpsertOutcome& outcome) {
  const std::string name = printable(outcome.schema + "." + outcome.table);
  if (outcome.refused) {
    out << fmt::format("{}: {} of {} records are bad; nothing was changed\n", name, outcome.rejected, outcome.read);
    print_findings(out, outcome);
    return;
  }
  if (!outcome.plan.empty()) {
    out << name << ": planned\n";
    print_plan(out, outcome.plan);
    return;
  }
  for (const std::string& change : outcome.table_changes) out << name << ": " << change << '\n';
  out << fmt::format("{}: {} read: {} inserted, {} updated, {} superseded; {} gave way, in {:.1f} s, load {}\n", name,
                     counted(outcome.read, "record", "records"), outcome.inserted, outcome.updated, outcome.superseded,
                     counted(outcome.replaced, "row", "rows"), outcome.seconds, outcome.load_id);
  if (outcome.rejected > 0) {
    out << fmt::format("{}: {} bad records were put aside\n", name, outcome.rejected);
    print_findings(out, outcome);
  }
}

Run prepare(const Typed& typed, const Environment& environment, Problems& problems) {
  const UpsertOptions options = understand(typed, problems);
  const auto connection = read_cluster(environment, options.staging_bucket, problems);
  const bool in_s3 = !options.sources.empty() && is_s3_uri(options.sources.front());  // then its bucket will do
  if (options.staging_bucket.empty() && !in_s3 && !environment("PENSTOCK_S3_BASE_PATH")) {
    problems.add("there is no place to stage at: set PENSTOCK_S3_BASE_PATH=s3://bucket/prefix/, or give --bucket");
  }
  return [options, connection, json = typed.json](const Session& session) {
    const LoadSession loading(session, connection);
    UpsertOutcome outcome;
    {
      Progress progress;
      outcome = upsert(options, loading.context(),
                       [&](const UpsertProgress& now) { progress.show(now.bytes, now.size, now.records); });
    }
    if (json) {
      print_json(session.out, outcome);
    } else {
      print_words(session.out, outcome);
    }
    return outcome.refused ? kCheckFoundSomething : 0;
  };
}

}  // namespace

void add_upsert(Program& program) {
  auto typed = std::make_shared<Typed>();
  Command app = program.add(
      "upsert", "Writes a source into a table by its key: the last write wins",
      "penstock upsert candies.csv --into foods.v1_candy_names --key id\n"
      "  penstock upsert 'events/*.jsonl.gz' --into web.events --key id --order-by updated_at\n"
      "  psql -c \"COPY (SELECT …) TO STDOUT (FORMAT csv, HEADER)\" | penstock upsert - --into web.users --key id\n"
      "  penstock upsert postgresql://app@db/shop --query 'SELECT id, total FROM orders' --into shop.orders --key id\n"
      "  penstock upsert 's3://bucket/2024-*.csv.gz' --into web.users --key id\n"
      "  penstock upsert redshift:// --query 'SELECT * FROM raw.users' --into web.users --key id\n"
      "  penstock upsert today.csv --into web.totals --replace\n"
      "  penstock upsert orders.csv --into shop.orders --key id --create --evolve\n\n"
      "All in one transaction: who reads the table sees it before, or after. CSV has a header, matched by name, in "
      "any\n"
      "order; an unquoted empty field is NULL, \"\" is empty text. The source is staged below PENSTOCK_S3_BASE_PATH.\n"
      "What a postgresql:// leaves out comes from PGHOST, PGUSER and the like; a password in it is seen by all who may "
      "list\n"
      "processes: PGPASSWORD or ~/.pgpass keeps it to you.\n"
      "Needs REDSHIFT_HOST, REDSHIFT_DB, REDSHIFT_USER and REDSHIFT_PASSWORD, and AWS credentials by the standard "
      "chain.\n"
      "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 outcome unknown, 4 source changed, 5 table busy,\n"
      "6 --check found bad records.",
      [typed](const Environment& environment, Problems& problems) { return prepare(*typed, environment, problems); });
  UpsertOptions& options = typed->options;
  app.add_option("SOURCE", options.sources,
                 "Files, globs in quotes, or - for stdin; .csv .tsv .json .jsonl, .gz .zst .bz2; .parquet; "
                 "s3:// keys, folders/, globs and .manifest; postgresql://user@host/database[::schema.table]; "
                 "redshift://, the same");
  app.add_option("--query", options.query,
                 "What to read of a server; of a table that the URI names, nothing need be said");
  app.add_option("--streams", typed->streams,
                 "Sessions that read a table of PostgreSQL side by side; by its size by default");
  app.add_option("--into", options.into, "The table, schema.table");
  app.add_option("--key", typed->key, "Columns that say which row is which, separated by commas");
  app.add_option("--order-by", options.order_by, "Column by which the newest row wins, over the table's, too");
  app.add_option("--duplicates", typed->duplicates,
                 "Several records of one key: last (by --order-by, else by position) or keep; refused by default");
  app.add_option("--null-keys", typed->null_keys, "Records without a key: match or insert; refused by default");
  app.add_flag("--append", typed->append, "Add all records, whatever is there");
  app.add_flag("--replace", typed->replace, "Replace all rows of the table");
  app.add_flag("--allow-empty", options.allow_empty, "Let a source without a record replace rows");
  app.add_flag("--missing-as-null", options.missing_as_null, "Let columns that the source lacks become NULL");
  app.add_flag("--create", options.create,
               "Make the table, of the types that the source's values have, if there is none");
  app.add_option("--distkey", options.dist_key, "Of the table that --create makes: its distribution key");
  app.add_option("--sortkey", typed->sort_key, "Of the table that --create makes: its sort key, separated by commas");
  app.add_flag("--evolve", options.evolve, "Add the columns of the source that the table has not");
  app.add_option("--format", typed->format, "csv, json or parquet, where the name does not say");
  app.add_option("--columns", typed->columns,
                 "The columns of CSV without a header, of others those to take; separated by commas");
  app.add_option("--delimiter", typed->delimiter, "Between fields of CSV; , by default, a tab in .tsv");
  app.add_option("--quote", typed->quote, "Around fields of CSV; \" by default");
  app.add_option("--escape", typed->escape, "Before what is to be text in CSV; none by default");
  app.add_option("--null-as", options.null_as, "Unquoted text that means NULL in CSV; nothing by default");
  app.add_flag("--empty-as-null", options.empty_as_null,
               "In S3: an empty field is NULL in columns of text, too; there it is empty text by default");
  app.add_flag("--check", options.check, "Look at every record first: one that is bad keeps all from being written");
  app.add_option("--rejects", options.rejects,
                 "A file for bad records, and FILE.reasons for why; the others are written");
  app.add_option("--bucket", options.staging_bucket, "Bucket to stage in where PENSTOCK_S3_BASE_PATH is not set");
  app.add_option("--memory", typed->memory, "MiB for staging's buffers; 256 by default");
  app.add_option("--lock-timeout", typed->lock_timeout,
                 "Seconds to wait for another load of the table; 600 by default");
  app.add_flag("--no-maintenance", typed->no_maintenance, "No VACUUM DELETE ONLY and ANALYZE afterwards");
  app.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
  app.add_flag("--json", typed->json, "The outcome as a JSON object");
}

}  // namespace penstock::cli
