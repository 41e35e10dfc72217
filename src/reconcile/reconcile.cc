#include "penstock/reconcile.h"

#include <fmt/format.h>

#include <utility>

#include "penstock/error.h"
#include "reconcile/cluster_join.h"
#include "reconcile/findings.h"
#include "reconcile/key_listing.h"
#include "reconcile/load_stream.h"
#include "reconcile/source.h"

namespace penstock {
namespace {

// The store outlives the findings, which read from its listing.
class FindingsOfStore final : public KeyFindings {
 public:
  FindingsOfStore(std::unique_ptr<ObjectStore> store, const ReconcileOptions& options, const ReconcileContext& context)
      : store_(std::move(store)) {
    const S3Uri source = reconcile::parse_source(options.source);
    ReconcileSummary counted;
    const auto list = [&] {
      return options.inventory.empty()
                 ? reconcile::list_side_by_side(*store_, source.key, context.stop)
                 : reconcile::read_inventory(options.inventory, source.bucket, source.key, context, counted.notes);
    };
    const reconcile::Window window{options.from, options.to};
    // The cluster is asked first: what is overwritten or deleted while it answers is listed so.
    if (options.in_redshift) {
      join_ = std::make_unique<reconcile::ClusterJoin>(source, options, context, list);
      auto loads =
          reconcile::loads_of(source.bucket, source.key, options, context, reconcile::OwnLoads::kMost, join_.get());
      counted.sets = join_->counted().sets;
      findings_ = reconcile::join(join_->objects(), std::move(loads), window, source, context.stop, counted);
      return;
    }
    auto loads = reconcile::loads_of(source.bucket, source.key, options, context);
    auto objects = list();
    findings_ = reconcile::join(std::move(objects), std::move(loads), window, source, context.stop, counted);
  }

  std::optional<KeyFinding> next() override { return findings_->next(); }
  [[nodiscard]] const ReconcileSummary& summary() const noexcept override { return findings_->summary(); }

 private:
  const std::unique_ptr<ObjectStore> store_;
  std::unique_ptr<reconcile::ClusterJoin> join_;  // null: done here
  std::unique_ptr<KeyFindings> findings_;
};

}  // namespace

std::unique_ptr<KeyFindings> reconcile_keys(const ReconcileOptions& options, const ReconcileContext& context) {
  const auto problems = problems_of(options);
  if (!problems.empty()) throw Error(ErrorKind::invalid, fmt::format("{}", fmt::join(problems, "\n")));
  auto store = context.buckets.open(reconcile::parse_source(options.source).bucket);
  return std::make_unique<FindingsOfStore>(std::move(store), options, context);
}

}  // namespace penstock
