#include "reconcile/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "penstock/error.h"
#include "reconcile/merge.h"

namespace penstock::reconcile {
namespace {

class Findings final : public KeyFindings {
 public:
  Findings(std::unique_ptr<ObjectListing> objects, std::unique_ptr<LoadStream> loads, Window window, S3Uri source,
           std::stop_token stop, const ReconcileSummary& counted)
      : loads_(*loads),
        running_(loads->running()),
        bucket_(source.bucket),
        name_(printable(to_string(source))),
        merge_(std::move(objects), std::move(loads), window, std::move(source)),
        stop_(std::move(stop)),
        summary_(counted) {}

  std::optional<KeyFinding> next() override {
    if (stop_.stop_requested()) throw Error(ErrorKind::cancelled, "reconcile " + name_ + ": stopped");
    auto finding = merge_.next();
    if (finding) {
      if (finding->deletable) keep_for_running(*finding);
      count(*finding);
    } else if (!has_ended_) {
      note_end();
    }
    return finding;
  }

  [[nodiscard]] const ReconcileSummary& summary() const noexcept override { return summary_; }

 private:
  // A COPY that names a prefix reads all that begins so.
  void keep_for_running(KeyFinding& finding) const {
    const std::string uri = to_string(S3Uri{.bucket = bucket_, .key = finding.key});
    const auto reads = [&](const RunningCopy& copy) { return !copy.from.empty() && uri.starts_with(copy.from); };
    const auto reader = std::ranges::find_if(running_, reads);
    if (reader == running_.end()) return;
    finding.deletable = false;
    finding.why = fmt::format("query {} into {} runs, and may read it", reader->query, reader->table);
  }

  void count(const KeyFinding& finding) {
    for (std::size_t set = 0; set < kKeySets; ++set) {
      if (!finding.sets.test(set)) continue;
      ReconcileSummary::Count& of = summary_.sets.at(set);
      ++of.keys;
      if (finding.object) of.bytes += finding.object->size;
    }
  }

  void note_end() {
    has_ended_ = true;
    std::ranges::move(loads_.notes(), std::back_inserter(summary_.notes));
    if (merge_.unplaced() == 0) return;
    summary_.notes.push_back(fmt::format(
        "{} committed load(s) read keys whose names the system tables keep in part: they are of none of the objects "
        "that are there now, and of which gone or overwritten ones, nobody can tell",
        merge_.unplaced()));
  }

  const LoadStream& loads_;  // the merge's
  const std::vector<RunningCopy> running_;
  const std::string bucket_;
  const std::string name_;
  Merge merge_;
  const std::stop_token stop_;
  ReconcileSummary summary_;
  bool has_ended_ = false;
};

}  // namespace

std::unique_ptr<KeyFindings> join(std::unique_ptr<ObjectListing> objects, std::unique_ptr<LoadStream> loads,
                                  Window window, S3Uri source, std::stop_token stop, const ReconcileSummary& counted) {
  return std::make_unique<Findings>(std::move(objects), std::move(loads), window, std::move(source), std::move(stop),
                                    counted);
}

}  // namespace penstock::reconcile
