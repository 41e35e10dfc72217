// The join of keys and ledger done by the cluster: what nobody needs to look at closer is counted there, and never
// sent.
//
// The ledger's rows are put into a temporary table; the keys that are there are listed then, staged and copied into
// another; and beside them the names that the system tables and the records of upserts know. A key is counted, if
// counted keys need not be given, where
//   - no ledger has it, and no other witness knows a name that may be its: it is to be committed;
//   - a ledger has it once, with its ETag and size, and no other witness knows a name that may be its: it is committed.
// All other keys come back, with all rows of the ledger that are theirs, to be joined with the other witnesses here.
//
// What other witnesses know are names, which they may have cut, or have left blanks at their end out of. Names and keys
// are compared by a number that is the same for every two of which the one may be shown as the other, or may lie before
// the other where it matters; see stem_of().
//
// Threads: one. Memory: that of staging, and two batches of rows. On disk: names, and the ledger's rows that come back.
// Lifetime: outlives its objects(), which are read after held() and before it goes.
// Errors:  Error, of the cluster, of S3 and of the disk; denied, also where COPY has no credentials for S3.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "penstock/reconcile.h"
#include "penstock/store.h"
#include "penstock/uri.h"
#include "reconcile/load_stream.h"
#include "reconcile/row_spool.h"
#include "redshift/connection.h"

namespace penstock::reconcile {

// name_bytes: as many of a key as the system tables surely keep. What stands behind them, and behind the first blank or
// control character, does not count.
std::int64_t stem_of(std::string_view key, std::size_t name_bytes);

class ClusterJoin final : public LedgerJoin {
 public:
  // list: gives what is there; called once, in held(). source: the bucket, and the prefix that all keys have.
  ClusterJoin(S3Uri source, const ReconcileOptions& options, const ReconcileContext& context,
              std::function<std::unique_ptr<ObjectListing>()> list);

  void hold(std::span<const redshift::Statement> queries) override;
  void add_name(std::string_view name) override;
  [[nodiscard]] const std::string& folder() const override { return folder_; }
  std::unique_ptr<Rows> held() override;

  // Those that are not counted, in order of keys.
  std::unique_ptr<ObjectListing> objects();
  [[nodiscard]] const ReconcileSummary& counted() const noexcept { return counted_; }

 private:
  void copy_listed();
  void copy_named();
  void judge();
  void count();

  const S3Uri source_;
  const ReconcileOptions options_;
  const ReconcileContext context_;
  const std::function<std::unique_ptr<ObjectListing>()> list_;
  const std::string folder_;
  const std::size_t name_bytes_;
  const redshift::Statement counts_;  // verdicts
  redshift::Connection connection_;
  std::optional<RowSpool> names_;
  ReconcileSummary counted_;
};

}  // namespace penstock::reconcile
