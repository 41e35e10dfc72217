// penstock drop: what would go is shown; then, if that is wanted, it goes.
#include "penstock/drop.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/question.h"
#include "cli/words.h"
#include "penstock/store.h"

namespace penstock::cli {
namespace {

constexpr std::size_t kShown = 20;  // names of one target

struct Typed {
  DropOptions options;
  std::string lock_timeout;
  bool yes = false;
  bool dry_run = false;
  bool json = false;
};

std::string_view name_of(DropKind kind) noexcept {
  switch (kind) {
    case DropKind::files:
      return "files";
    case DropKind::objects:
      return "objects";
    case DropKind::table:
      break;
  }
  return "table";
}

std::string in_words(DropKind kind, std::uint64_t count, std::uint64_t bytes) {
  if (kind == DropKind::table) return count == 1 ? "the table" : "no table";
  return fmt::format("{} of {} bytes",
                     kind == DropKind::files ? counted(count, "file", "files") : counted(count, "object", "objects"),
                     bytes);
}

std::uint64_t count_of(const DropTarget& target) noexcept {
  return target.kind == DropKind::table ? 1 : target.names.size();
}

void show(std::ostream& out, const DropPlan& plan, bool all) {
  for (const DropTarget& target : plan.targets) {
    out << fmt::format("{}: {}\n", printable(target.name), in_words(target.kind, count_of(target), target.bytes));
    const std::size_t shown = all ? target.names.size() : std::min(kShown, target.names.size());
    if (target.names.size() == 1 && target.names.front() == target.name) continue;
    for (std::size_t i = 0; i < shown; ++i) out << "  " << printable(target.names[i]) << '\n';
    if (shown < target.names.size()) {
      out << fmt::format("  and {} more; --dry-run names them all\n", target.names.size() - shown);
    }
  }
}

void print_json(std::ostream& out, const nlohmann::ordered_json& line) {
  out << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

void print_plan(std::ostream& out, const DropPlan& plan, bool json) {
  if (!json) return show(out, plan, true);
  for (const DropTarget& target : plan.targets) {
    print_json(out, {{"target", target.name},
                     {"kind", name_of(target.kind)},
                     {"status", "planned"},
                     {"count", count_of(target)},
                     {"bytes", target.bytes},
                     {"names", target.names}});
  }
}

void print(std::ostream& out, const Dropped& dropped, bool json) {
  if (json) {
    print_json(out, {{"target", dropped.name},
                     {"kind", name_of(dropped.kind)},
                     {"status", dropped.error ? "failed" : "dropped"},
                     {"count", dropped.removed},
                     {"bytes", dropped.bytes},
                     {"reason", dropped.reason}});
    return;
  }
  out << printable(dropped.name) << ": ";
  if (dropped.error) out << "failed: " << dropped.reason << "; ";
  out << "dropped " << in_words(dropped.kind, dropped.removed, dropped.bytes) << '\n';
}

bool is_wanted(const DropPlan& plan, const std::stop_token& stop) {
  show(std::cerr, plan, false);
  const std::string answer = ask("Drop it? [y/N] ", stop);
  return answer == "y" || answer == "yes";
}

int worst_of(const std::vector<Dropped>& dropped) {
  int worst = 0;
  for (const Dropped& one : dropped) {
    if (one.error) worst = std::max(worst, exit_code(*one.error));
  }
  return worst;
}

Run prepare(const Typed& typed, Problems& problems) {
  DropOptions options = typed.options;
  if (const auto seconds = read_seconds("--lock-timeout", typed.lock_timeout, problems))
    options.lock_timeout = *seconds;
  for (std::string& problem : problems_of(options)) problems.add(std::move(problem));
  const bool asks = !typed.yes && !typed.dry_run;
  if (asks && !can_ask()) {
    problems.add("nobody can be asked here: --yes drops without asking, --dry-run says what would go");
  }
  return [options, typed, asks](const Session& session) {
    const auto buckets = open_buckets(session.environment, session.log, session.stop);
    const MoveContext context{*buckets, session.environment, session.log, session.stop};
    const DropPlan plan = plan_drop(options, context);
    if (typed.dry_run) {
      print_plan(session.out, plan, typed.json);
      return 0;
    }
    if (asks && !is_wanted(plan, session.stop)) {
      session.log.info("nothing was dropped");
      return 0;
    }
    const auto dropped = drop(plan, context);
    for (const Dropped& one : dropped) print(session.out, one, typed.json);
    return worst_of(dropped);
  };
}

}  // namespace

void add_drop(Program& program) {
  auto typed = std::make_shared<Typed>();
  Command app = program.add(
      "drop", "Removes files, objects in S3, or a table",
      "penstock drop users.csv\n"
      "  penstock drop 's3://bucket/2024-*.csv' --dry-run\n"
      "  penstock drop s3://bucket/folder/ --yes\n"
      "  penstock drop redshift://app@host/db::web.users\n\n"
      "Says what would go, and asks; --yes does not. Exactly what was named then goes, and no link is followed. Below "
      "a\n"
      "folder or prefix, names that begin with _ or . stay. With a table of Redshift the ledger forgets the files "
      "that\n"
      "were loaded into it. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 outcome unknown, 5 a load holds the table.",
      [typed](const Environment&, Problems& problems) { return prepare(*typed, problems); });
  app.add_option("URI", typed->options.targets, "What to drop; several may be named");
  app.add_flag("--yes", typed->yes, "Do not ask");
  app.add_flag("--dry-run", typed->dry_run, "Say what would go, name by name, and remove nothing");
  app.add_option("--lock-timeout", typed->lock_timeout,
                 "Seconds to wait for another load of the table to end; 600 by default");
  app.add_flag("--json", typed->json, "One JSON object a line for each URI");
}

}  // namespace penstock::cli
