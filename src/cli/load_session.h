// What the commands that write into tables work with: the cluster, the buckets, and the time to tidy up after a stop.
//
// Threads: one. Errors: those of open_buckets(). Lifetime: the Session outlives it.
#pragma once

#include <memory>
#include <string>

#include "base/grace.h"
#include "cli/command.h"
#include "penstock/connection.h"
#include "penstock/load.h"
#include "penstock/store.h"

namespace penstock::cli {

class LoadSession {
 public:
  LoadSession(const Session& session, const ConnectionConfig& connection);

  [[nodiscard]] const LoadContext& context() const noexcept { return context_; }

 private:
  const Grace grace_;
  const std::unique_ptr<Buckets> buckets_;
  const LoadContext context_;
};

// Where the cluster is, as the environment says; what is wrong with it, or with where penstock's own objects are to go,
// is a problem. bucket: where they go if PENSTOCK_S3_BASE_PATH is not set.
ConnectionConfig read_cluster(const Environment& environment, const std::string& bucket, Problems& problems);

}  // namespace penstock::cli
