#include <fmt/format.h>

#include <array>
#include <map>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "cli/findings_output.h"
#include "cli/reconcile_options.h"
#include "cli/words.h"
#include "penstock/uri.h"
#include "reconcile/source.h"

namespace penstock::cli {
namespace {

constexpr std::size_t kExamples = 5;

struct Row {
  KeySet set;
  std::string_view indent;
  bool is_always_there = false;  // also without a key
};
constexpr std::array<Row, kKeySets> kRows{{{KeySet::in_bucket, "", true},
                                           {KeySet::already_committed, "  ", true},
                                           {KeySet::committed_outside, "  "},
                                           {KeySet::pending, "  ", true},
                                           {KeySet::overwritten, "    "},
                                           {KeySet::rolled_back, "    "},
                                           {KeySet::failed, "    "},
                                           {KeySet::in_progress, "  "},
                                           {KeySet::ambiguous, "  "},
                                           {KeySet::committed, "", true},
                                           {KeySet::gone, "  "},
                                           {KeySet::loaded_more_than_once, "  "}}};

// What somebody should look at.
constexpr std::array kShown{KeySet::failed,      KeySet::rolled_back, KeySet::overwritten,          KeySet::ambiguous,
                            KeySet::in_progress, KeySet::gone,        KeySet::loaded_more_than_once};

// The last load in the state, of those that have one; else the last.
const KeyLoad* load_to_show(const KeyFinding& finding, KeySet set) {
  const KeyLoad* last = nullptr;
  for (const KeyLoad& load : finding.loads) {
    const bool is_it = (set == KeySet::failed && load.state == LoadState::failed) ||
                       (set == KeySet::rolled_back && load.state == LoadState::rolled_back);
    const bool is_of_a_state = set == KeySet::failed || set == KeySet::rolled_back;
    if (is_it || !is_of_a_state) last = &load;
  }
  return last;
}

std::string load_in_words(const KeyLoad& load) {
  std::string text = load.query != 0 ? fmt::format("query {}", load.query) : "load " + load.load_id;
  if (!load.table.empty()) text += " into " + load.table;
  return text;
}

std::string example(const KeyFinding& finding, KeySet set) {
  const KeyLoad* load = load_to_show(finding, set);
  std::string text = printable(finding.key);
  if (set == KeySet::ambiguous || set == KeySet::overwritten) return text + ": " + printable(finding.why);
  if (load == nullptr) return text;
  if (set == KeySet::loaded_more_than_once) {
    return fmt::format("{}: {} loads, the last {}", text, finding.loads.size(), printable(load_in_words(*load)));
  }
  text += ": " + printable(load_in_words(*load));
  if (set == KeySet::failed && !load->error.empty()) text += ": " + printable(load->error);
  return text;
}

class Words final : public FindingsOutput {
 public:
  Words(const ReconcileOptions& options, std::ostream& out) : options_(options), out_(out) {}

  void add(const KeyFinding& finding) override {
    for (const KeySet set : kShown) {
      if (!finding.is_in(set)) continue;
      std::vector<std::string>& shown = examples_[set];
      if (shown.size() < kExamples) shown.push_back(example(finding, set));
    }
  }

  void finish(const ReconcileSummary& summary) override {
    const std::string loads = loads_in_words(options_);
    out_ << printable(to_string(reconcile::parse_source(options_.source))) << " against what was loaded"
         << (loads.empty() ? "" : " " + loads) << "\n\n";
    print_counts(summary);
    print_examples(summary);
    if (!summary.notes.empty()) out_ << '\n';
    for (const std::string& note : summary.notes) out_ << "note: " << printable(note) << '\n';
    print_next(summary);
  }

 private:
  void print_counts(const ReconcileSummary& summary) {
    for (const Row& row : kRows) {
      const ReconcileSummary::Count& count = summary.of(row.set);
      if (count.keys == 0 && !row.is_always_there) continue;
      out_ << fmt::format("{:<34}{}\n", std::string(row.indent) + in_words(row.set), count_in_words(count));
    }
  }

  void print_examples(const ReconcileSummary& summary) {
    for (const auto& [set, shown] : examples_) {
      out_ << '\n' << in_words(set) << ":\n";
      for (const std::string& line : shown) out_ << "  " << line << '\n';
      const std::uint64_t more = summary.of(set).keys - shown.size();
      if (more > 0) out_ << "  and " << more << " more\n";
    }
  }

  void print_next(const ReconcileSummary& summary) {
    if (summary.of(KeySet::pending).keys == 0) return;
    out_ << "\nNext: the same with --keys pending prints what is to be committed, a key a line.\n";
  }

  const ReconcileOptions& options_;
  std::ostream& out_;
  std::map<KeySet, std::vector<std::string>> examples_;
};

}  // namespace

std::string in_words(KeySet set) {
  switch (set) {
    case KeySet::committed:
      return "committed";
    case KeySet::in_bucket:
      return "in the bucket";
    case KeySet::pending:
      return "to be committed";
    case KeySet::already_committed:
      return "already committed";
    case KeySet::committed_outside:
      return "committed at another time";
    case KeySet::overwritten:
      return "overwritten since";
    case KeySet::rolled_back:
      return "rolled back";
    case KeySet::failed:
      return "failed";
    case KeySet::in_progress:
      return "being loaded";
    case KeySet::gone:
      return "no longer in the bucket";
    case KeySet::loaded_more_than_once:
      return "loaded more than once";
    case KeySet::ambiguous:
      break;
  }
  return "can't be told";
}

std::string count_in_words(const ReconcileSummary::Count& count) {
  const std::string keys = counted(count.keys, "key", "keys");
  return count.bytes == 0 ? keys : keys + ", " + amount_in_words(count.bytes);
}

std::unique_ptr<FindingsOutput> findings_in_words(const ReconcileOptions& options, std::ostream& out) {
  return std::make_unique<Words>(options, out);
}

}  // namespace penstock::cli
