// penstock sweep: what killed runs left in S3, removed.
#include "penstock/sweep.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/words.h"
#include "load/staging.h"
#include "penstock/store.h"

namespace penstock::cli {
namespace {

struct Typed {
  SweepOptions options;
  std::string older_than;
  bool json = false;
};

std::string_view name_of(LeftoverStatus status) noexcept {
  switch (status) {
    case LeftoverStatus::removed:
      return "removed";
    case LeftoverStatus::planned:
      return "planned";
    case LeftoverStatus::young:
      return "young";
    case LeftoverStatus::failed:
      break;
  }
  return "failed";
}

std::string_view in_words(LeftoverStatus status) noexcept {
  switch (status) {
    case LeftoverStatus::planned:
      return "would be removed";
    case LeftoverStatus::young:
      return "kept, as a run that lives may need it";
    default:
      return name_of(status);
  }
}

std::string rfc3339(std::chrono::sys_seconds time) { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", time); }

void print_json(std::ostream& out, const SweepOutcome& outcome) {
  const auto print = [&](const nlohmann::ordered_json& line) {
    out << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  };
  for (const Leftover& leftover : outcome.leftovers) {
    print({{"uri", leftover.uri},
           {"id", leftover.id},
           {"status", name_of(leftover.status)},
           {"reason", leftover.reason},
           {"objects", leftover.objects},
           {"bytes", leftover.bytes},
           {"uploads", leftover.uploads},
           {"written", rfc3339(leftover.written)}});
  }
}

std::string in_words(const Leftover& leftover) {
  std::string text = fmt::format("{}: {}: {} of {} bytes", printable(leftover.uri), in_words(leftover.status),
                                 counted(leftover.objects, "object", "objects"), leftover.bytes);
  if (leftover.uploads > 0) text += ", " + counted(leftover.uploads, "open upload", "open uploads");
  text += ", written until " + rfc3339(leftover.written);
  if (!leftover.reason.empty()) text += ": " + leftover.reason;
  return text;
}

void print_words(std::ostream& out, const SweepOutcome& outcome) {
  for (const Leftover& leftover : outcome.leftovers) out << in_words(leftover) << '\n';
  if (outcome.leftovers.empty()) out << "nothing was left below " << printable(outcome.base) << '\n';
}

void tell_others(Log& log, const SweepOutcome& outcome) {
  if (outcome.others == 0) return;
  std::string names;
  for (const std::string& uri : outcome.some_others) names += (names.empty() ? "" : ", ") + printable(uri);
  if (outcome.others > outcome.some_others.size()) names += ", …";
  log.warning(fmt::format("left alone, as penstock did not write it: {}: {}",
                          counted(outcome.others, "object", "objects"), names));
}

Run prepare(const Typed& typed, const Environment& environment, Problems& problems) {
  SweepOptions options = typed.options;
  options.older_than = read_duration("--older-than", typed.older_than, problems).value_or(options.older_than);
  problems.collect([&] { return staging_base(environment, options.bucket); });
  if (options.bucket.empty() && !environment("PENSTOCK_S3_BASE_PATH")) {
    problems.add("there is no place to sweep: set PENSTOCK_S3_BASE_PATH=s3://bucket/prefix/, or give --bucket");
  }
  return [options, json = typed.json](const Session& session) {
    const auto buckets = open_buckets(session.environment, session.log, session.stop);
    const SweepOutcome outcome = sweep(options, *buckets, session.environment, session.log, session.stop);
    if (json) {
      print_json(session.out, outcome);
    } else {
      print_words(session.out, outcome);
    }
    tell_others(session.log, outcome);
    return std::ranges::count(outcome.leftovers, LeftoverStatus::failed, &Leftover::status) > 0 ? 1 : 0;
  };
}

}  // namespace

void add_sweep(Program& program) {
  auto typed = std::make_shared<Typed>();
  Command app = program.add(
      "sweep", "Removes what killed runs left in S3: staged objects, manifests, open uploads",
      "penstock sweep --dry-run\n"
      "  penstock sweep --bucket analytics --older-than 7d\n\n"
      "Below PENSTOCK_S3_BASE_PATH, else _penstock/ in the bucket, it removes all of a run of which nothing was "
      "written for\n"
      "so long, by the clock of S3; it writes and removes an object to learn the time there. What penstock did not "
      "write it\n"
      "leaves alone. No run that lives may be older: one that loses its objects fails, and nothing was changed.\n"
      "Needs AWS credentials by the standard chain. Exit codes: 0 done or nothing to do, 1 failed, 2 wrong usage.",
      [typed](const Environment& environment, Problems& problems) { return prepare(*typed, environment, problems); });
  app.add_option("--older-than", typed->older_than, "90s, 15m, 24h, 7d; 24h by default");
  app.add_option("--bucket", typed->options.bucket, "Bucket to sweep where PENSTOCK_S3_BASE_PATH is not set");
  app.add_flag("--dry-run", typed->options.dry_run, "Say what would be removed, and remove nothing");
  app.add_flag("--json", typed->json, "One JSON object a line for what each run left");
}

}  // namespace penstock::cli
