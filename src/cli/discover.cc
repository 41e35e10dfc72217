// penstock discover: a source's columns and their types, on stdout.
#include "penstock/discover.h"

#include <fmt/format.h>

#include <memory>
#include <string>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/words.h"
#include "penstock/store.h"

namespace penstock::cli {
namespace {

enum class Wanted { yaml, ddl, json };

// What was typed, before it is understood.
struct Typed {
  DiscoverOptions options;
  std::string format;
  std::string sample;
  std::string table;
  std::string date_column;
  std::string delimiter;
  std::string quote;
  std::string escape;
  std::vector<std::string> columns;
  bool why = false;
  bool json = false;
};

Wanted read_format(const Typed& typed, Problems& problems) {
  if (typed.json && !typed.format.empty() && typed.format != "json") {
    problems.add("--json and --format exclude each other");
  }
  if (typed.json || typed.format == "json") return Wanted::json;
  if (typed.format == "ddl") return Wanted::ddl;
  if (!typed.format.empty() && typed.format != "yaml") {
    problems.add(fmt::format("--format '{}' is neither yaml, ddl nor json; what the source is in, --from-format says",
                             printable(typed.format)));
  }
  return Wanted::yaml;
}

std::optional<std::uint64_t> read_sample(const std::string& text, Problems& problems) {
  if (text.empty()) return std::nullopt;
  if (text == "all") return 0;
  const auto number = read_number(text);
  if (number && *number > 0) return static_cast<std::uint64_t>(*number);
  problems.add(fmt::format("--sample '{}' is neither a number of records, from 1, nor all", printable(text)));
  return std::nullopt;
}

TableWords read_table(const Typed& typed, Problems& problems) {
  TableWords words{.data_date_column = typed.date_column, .why = typed.why};
  if (typed.table.empty()) return words;
  const std::size_t dot = typed.table.find('.');
  words.schema = dot == std::string::npos ? "" : typed.table.substr(0, dot);
  words.table = typed.table.substr(dot == std::string::npos ? 0 : dot + 1);
  if (dot == 0 || words.table.empty() || words.table.find('.') != std::string::npos) {
    problems.add(fmt::format("--table '{}' is neither table nor schema.table", printable(typed.table)));
  }
  return words;
}

DiscoverOptions understand(const Typed& typed, Problems& problems) {
  DiscoverOptions options = typed.options;
  if (options.source.empty()) {
    problems.add("what to look at is missing: a path, a URI, or - for stdin");
    return options;
  }
  options.columns = split_list(typed.columns);
  options.sample = read_sample(typed.sample, problems);
  options.delimiter = read_character("--delimiter", typed.delimiter, problems);
  options.quote = read_character("--quote", typed.quote, problems).value_or(options.quote);
  options.escape = read_character("--escape", typed.escape, problems);
  for (std::string& problem : problems_of(options)) problems.add(std::move(problem));
  return options;
}

Run prepare(const Typed& typed, Problems& problems) {
  const Wanted wanted = read_format(typed, problems);
  const TableWords words = read_table(typed, problems);
  const DiscoverOptions options = understand(typed, problems);
  if (wanted == Wanted::json && (!typed.table.empty() || !typed.date_column.empty())) {
    problems.add("--table and --date-column mean nothing for JSON, which names no table");
  }
  if (wanted == Wanted::ddl && !typed.date_column.empty()) problems.add("--date-column means nothing for DDL");
  return [options, words, wanted](const Session& session) {
    const auto buckets = open_buckets(session.environment, session.log, session.stop);
    DiscoverOutcome found;
    {
      Progress progress;
      found = discover(options, {*buckets, session.environment, session.log, session.stop},
                       [&](const MoveProgress& now) { progress.show(now.bytes, now.size, now.rows); });
    }
    const std::string text = wanted == Wanted::json  ? json_of(found)
                             : wanted == Wanted::ddl ? ddl_of(found, words)
                                                     : yaml_of(found, words);
    if (!found.is_whole) {
      session.log.warning(fmt::format("{}: the types are those of a sample, {}; --sample all looks at everything",
                                      printable(found.source),
                                      counted(found.records.value_or(0), "record", "records")));
    }
    session.out << text;
    return 0;
  };
}

}  // namespace

void add_discover(Program& program) {
  auto typed = std::make_shared<Typed>();
  Command app = program.add(
      "discover", "The columns of a source, and the types of Redshift that hold them",
      "penstock discover users.csv.gz --why\n"
      "  penstock discover 's3://bucket/2024-*.jsonl' --format ddl --table web.events\n"
      "  penstock discover data/ --from-format csv --delimiter '|' --columns id,name,at\n"
      "  penstock discover postgresql://app@db/shop::public.orders --format ddl\n"
      "  penstock discover redshift://?query='SELECT * FROM web.users' --format json\n\n"
      "CSV, JSON lines (or one array of objects), Parquet, ORC; gzip, zstd, bzip2; files, globs, folders, - (CSV "
      "unless\n"
      "--from-format), objects in S3, tables and queries. Of files every record is looked at; of what lies in S3 the\n"
      "first 10,000, by the first bytes of 16 objects at most: --sample all reads it all. The YAML is what penstock "
      "load\n"
      "--config reads; JSON has an Arrow schema, and of each column its type in Redshift, NULLs and longest value.\n"
      "Exit codes: 0 done, 1 failed, 2 wrong usage, 4 an object changed meanwhile.",
      [typed](const Environment&, Problems& problems) { return prepare(*typed, problems); });
  app.add_option("URI", typed->options.source, "What to look at");
  app.add_option("--format", typed->format, "What to print: yaml, ddl or json; yaml by default");
  app.add_flag("--json", typed->json, "As --format json");
  app.add_flag("--why", typed->why, "For each column the first value that ruled out a narrower type, and its line");
  app.add_option("--table", typed->table, "[schema.]table that YAML and DDL speak of; by the source's name by default");
  app.add_option("--date-column", typed->date_column,
                 "The YAML's datadatecolumn; the first date or timestamp by default");
  app.add_option("--sample", typed->sample, "Records that are enough, or all");
  app.add_flag("--tight", typed->options.tight, "Types that take just what was seen: no room for larger values");
  app.add_option("--query", typed->options.query, "What to read of a server");
  app.add_option("--from-format", typed->options.format, "Where the name does not say: csv, tsv, jsonl, csv.gz, …");
  app.add_option("--columns", typed->columns, "Names of the columns of CSV without a header");
  app.add_option("--delimiter", typed->delimiter, "Of CSV; a comma, in .tsv a tab, by default");
  app.add_option("--quote", typed->quote, "Of CSV; \" by default");
  app.add_option("--escape", typed->escape, "Of CSV: a character that makes the next one of the field");
  app.add_option("--null-as", typed->options.null_as, "An unquoted field of just this text is NULL; empty by default");
}

}  // namespace penstock::cli
