// penstock reconcile copy | delete: what is done with the objects that Redshift has committed.
#include "cli/reconcile_acts.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/grace.h"
#include "base/text.h"
#include "cli/acts_output.h"
#include "cli/question.h"
#include "cli/reconcile_options.h"
#include "cli/words.h"
#include "penstock/connection.h"
#include "penstock/reconcile_acts.h"
#include "penstock/store.h"

namespace penstock::cli {
namespace {

constexpr std::chrono::seconds kPatience{10};  // of requests in flight, when asked to stop

// What was typed, before it is understood.
struct Typed {
  TypedReconcile reconcile;
  CopyOptions copy;
  DeleteOptions remove;
  bool yes = false;
  bool dry_run = false;
  bool json = false;
  bool json_lines = false;
};

struct Wanted {
  ReconcileOptions options;
  CopyOptions copy{};
  DeleteOptions remove{};
  bool asks = false;
  ActsOutput::Form form = ActsOutput::Form::words;
};

// Where keys come from and go to, for one command.
class Work {
 public:
  Work(const Wanted& wanted, const ConnectionConfig& connection, const Session& session)
      : wanted_(wanted),
        connection_(connection),
        session_(session),
        grace_(session.stop, kPatience),
        buckets_(open_buckets(session.environment, session.log, grace_.stop())) {}

  // act(findings, context): ActsSummary
  template <typename Act>
  ActsSummary run(std::function<void(const KeyAct&)> on_key, const Act& act) {
    const auto findings =
        reconcile_keys(wanted_.options, {connection_, *buckets_, session_.environment, session_.log, session_.stop});
    const ActsContext context{.buckets = *buckets_, .stop = session_.stop, .on_key = std::move(on_key)};
    ActsSummary summary = act(*findings, context);
    for (const std::string& note : findings->summary().notes) session_.log.info(note);
    return summary;
  }

  [[nodiscard]] int finish(ActsOutput& output, const ActsSummary& summary, std::string_view journal) const {
    output.finish(summary, journal);
    if (summary.stopped) throw Error(*summary.stopped);
    return exit_code_of(summary);
  }

 private:
  const Wanted& wanted_;
  const ConnectionConfig& connection_;
  const Session& session_;
  const Grace grace_;
  const std::unique_ptr<Buckets> buckets_;
};

int copy(const Wanted& wanted, const ConnectionConfig& connection, const Session& session) {
  Work work(wanted, connection, session);
  ActsOutput output(wanted.form, session.out, session.log);
  const ActsSummary summary = work.run([&](const KeyAct& act) { output.add(act); },
                                       [&](KeyFindings& findings, const ActsContext& context) {
                                         return copy_committed(findings, wanted.copy, context);
                                       });
  return work.finish(output, summary, "");
}

// A pass before the deletion: what would be deleted, which is then all that may be.
ActsSummary look(Work& work, DeleteOptions options, AgreedKeys& shown) {
  options.dry_run = true;
  options.agreed = nullptr;
  ActsSummary summary = work.run(
      [&](const KeyAct& act) {
        if (act.result == ActResult::planned) shown.add(act);
      },
      [&](KeyFindings& findings, const ActsContext& context) { return delete_committed(findings, options, context); });
  if (summary.stopped) throw Error(*summary.stopped);
  return summary;
}

bool is_agreed(const ReconcileSummary::Count& count, const DeleteOptions& options, const std::stop_token& stop) {
  const std::string question =
      fmt::format("Delete {}, {}, below {}? Type yes: ", counted(count.keys, "object", "objects"),
                  amount_in_words(count.bytes), printable(options.source));
  return ask(question, stop) == "yes";
}

int remove(const Wanted& wanted, const ConnectionConfig& connection, const Session& session) {
  Work work(wanted, connection, session);
  ActsOutput output(wanted.form, session.out, session.log);
  DeleteOptions options = wanted.remove;
  std::optional<AgreedKeys> agreed;
  if (wanted.asks) {
    options.agreed = &agreed.emplace(session.environment);
    const ActsSummary found = look(work, options, *agreed);
    const auto& count = found.of(ActResult::planned);
    if (count.keys == 0) return work.finish(output, found, "");
    if (!is_agreed(count, options, session.stop)) {
      session.log.info("nothing was deleted");
      return 0;
    }
  }
  const ActsSummary summary = work.run(
      [&](const KeyAct& act) { output.add(act); },
      [&](KeyFindings& findings, const ActsContext& context) { return delete_committed(findings, options, context); });
  return work.finish(output, summary, options.journal);
}

void add_once(std::vector<std::string> found, Problems& problems) {
  for (std::string& problem : found) {
    if (std::ranges::find(problems.lines(), problem) == problems.lines().end()) problems.add(std::move(problem));
  }
}

Wanted understand(const Typed& typed, Problems& problems) {
  Wanted wanted{.options = understand(typed.reconcile, problems)};
  wanted.options.gives_pending = false;  // nothing is done with these
  if (typed.json && typed.json_lines) problems.add("--json and --json-lines exclude each other: each is all of stdout");
  if (typed.json) wanted.form = ActsOutput::Form::json;
  if (typed.json_lines) wanted.form = ActsOutput::Form::json_lines;
  return wanted;
}

Run prepare_copy(const Typed& typed, const Environment& environment, Problems& problems) {
  const auto connection = problems.collect([&] { return connection_config(environment); });
  Wanted wanted = understand(typed, problems);
  wanted.copy = typed.copy;
  wanted.copy.source = typed.reconcile.source;
  wanted.copy.dry_run = typed.dry_run;
  if (typed.copy.target.empty()) {
    problems.add("where to copy to is missing: s3://bucket/folder");
  } else if (!typed.reconcile.source.empty()) {
    add_once(problems_of(wanted.copy), problems);
  }
  return [wanted, connection](const Session& session) { return copy(wanted, connection, session); };
}

std::string new_journal() {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return fmt::format("penstock-deleted-{:%Y%m%dT%H%M%SZ}.jsonl", now);
}

Run prepare_delete(const Typed& typed, const Environment& environment, Problems& problems) {
  const auto connection = problems.collect([&] { return connection_config(environment); });
  Wanted wanted = understand(typed, problems);
  wanted.remove = typed.remove;
  wanted.remove.source = typed.reconcile.source;
  wanted.remove.dry_run = typed.dry_run;
  if (typed.dry_run) {
    wanted.remove.journal.clear();
  } else if (wanted.remove.journal.empty()) {
    wanted.remove.journal = new_journal();
  }
  if (!typed.reconcile.source.empty()) add_once(problems_of(wanted.remove), problems);
  wanted.asks = !typed.yes && !typed.dry_run;
  if (wanted.asks && !can_ask()) {
    problems.add("nobody can be asked here: --yes deletes without asking, --dry-run says what would go");
  }
  return [wanted, connection](const Session& session) { return remove(wanted, connection, session); };
}

void add_output_options(Command app, Typed& typed) {
  app.add_flag("--json", typed.json, "One JSON object, of sums");
  app.add_flag("--json-lines", typed.json_lines, "One JSON object a line for each key, and a last one that sums up");
}

}  // namespace

void add_reconcile_copy(Program& program, Command group) {
  auto typed = std::make_shared<Typed>();
  Command app = program.add(
      group, "copy", "Copies the objects that Redshift has committed to another folder or bucket",
      "penstock reconcile copy s3://bucket/folder s3://archive/folder --storage-class GLACIER_IR\n"
      "  penstock reconcile copy 's3://bucket/2024-*' s3://archive/2024 --to 2024-02-01 --dry-run\n\n"
      "S3 copies, many keys at a time; each keeps its path below the source. Run again, it goes on where it was. A "
      "copy\n"
      "is looked at afterwards: it is proved by its size and ETag, or by the mark that it carries. Another object "
      "that is\n"
      "at a target stays as it is. docs/reconcile.md says more.\n"
      "Exit codes: 0 done, 1 failed, 2 wrong usage, 4 other objects were at the targets, or keys were overwritten "
      "meanwhile.",
      [typed](const Environment& environment, Problems& problems) {
        return prepare_copy(*typed, environment, problems);
      });
  add_reconcile_options(app, typed->reconcile);
  app.add_option("TARGET", typed->copy.target, "s3://bucket/folder: where to");
  app.add_option("--storage-class", typed->copy.storage_class,
                 "Of the copies, as S3 names it: STANDARD_IA, GLACIER_IR");
  app.add_flag("--dry-run", typed->dry_run, "Say what would be copied, and copy nothing");
  add_output_options(app, *typed);
}

void add_reconcile_delete(Program& program, Command group) {
  auto typed = std::make_shared<Typed>();
  Command app = program.add(
      group, "delete", "Deletes the objects that Redshift has committed, and that are still what was loaded",
      "penstock reconcile delete s3://bucket/folder --to 2024-01-01 --dry-run\n"
      "  penstock reconcile delete s3://bucket/folder --only-copied-to s3://archive/folder --yes\n\n"
      "Only an object of which the ledger or the cluster's own records name the ETag that was loaded, and only that "
      "version:\n"
      "what is overwritten meanwhile stays. A journal names each key before its removal is asked for. An S3 server "
      "that\n"
      "pays no heed to If-Match is refused. docs/reconcile.md says more.\n"
      "Exit codes: 0 done, 1 failed, 2 wrong usage, 4 keys were kept, as they were overwritten meanwhile.",
      [typed](const Environment& environment, Problems& problems) {
        return prepare_delete(*typed, environment, problems);
      });
  add_reconcile_options(app, typed->reconcile);
  app.add_option("--only-copied-to", typed->remove.only_copied_to,
                 "Only what `reconcile copy` brought there, and is there still", "URI");
  app.add_option("--journal", typed->remove.journal,
                 "Where to write what is deleted, before it is; by default penstock-deleted-<time>.jsonl here", "FILE");
  app.add_flag("--yes", typed->yes, "Do not ask");
  app.add_flag("--dry-run", typed->dry_run, "Say what would be deleted, and delete nothing");
  add_output_options(app, *typed);
}

}  // namespace penstock::cli
