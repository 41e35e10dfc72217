#include "findings.h"

#include <utility>

#include "penstock/error.h"

namespace penstock::python {
namespace {

constexpr std::size_t kAtOnce = 1000;

}  // namespace

const Options<ReconcileOptions>& reconcile_options() {
  static const auto kOptions = Options<ReconcileOptions>()
                                   .add("source", &ReconcileOptions::source)
                                   .add("from_", &ReconcileOptions::from)
                                   .add("to", &ReconcileOptions::to)
                                   .add("table", &ReconcileOptions::table)
                                   .add("inventory", &ReconcileOptions::inventory);
  return kOptions;
}

Findings::Findings(ReconcileOptions options, ConnectionConfig cluster, Environment environment)
    : options_(std::move(options)), cluster_(std::move(cluster)), environment_(std::move(environment)) {}

Findings::~Findings() { close(); }

void Findings::open() {
  if (is_open_) return;
  is_open_ = true;
  buckets_.emplace(environment_, call_);
  findings_ = reconcile_keys(options_, {cluster_, **buckets_, environment_, call_.log(), call_.stop()});
}

void Findings::fetch() {
  open();
  while (fetched_.size() < kAtOnce) {
    auto found = findings_->next();
    if (!found) {
      is_ended_ = true;
      return;
    }
    fetched_.push_back(*std::move(found));
  }
}

std::optional<KeyFinding> Findings::next() {
  if (is_fetching_) throw Error(ErrorKind::invalid, "another thread is reading these findings");
  if (fetched_.empty() && !is_ended_) {
    is_fetching_ = true;
    try {
      call_.run([&] { fetch(); });
    } catch (...) {
      is_fetching_ = false;
      is_ended_ = true;
      throw;
    }
    is_fetching_ = false;
  }
  if (fetched_.empty()) return std::nullopt;
  KeyFinding found = std::move(fetched_.front());
  fetched_.pop_front();
  return found;
}

ReconcileSummary Findings::summary() const { return findings_ ? findings_->summary() : ReconcileSummary{}; }

void Findings::close() {
  is_ended_ = true;
  fetched_.clear();
  const nb::gil_scoped_release without_gil;
  findings_.reset();
  buckets_.reset();
}

}  // namespace penstock::python
