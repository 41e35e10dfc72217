#include "cli/load_session.h"

#include <chrono>

#include "load/staging.h"

namespace penstock::cli {
namespace {

constexpr std::chrono::seconds kTidyingTime{5};  // its own objects are removed from the bucket after a stop, too

}  // namespace

LoadSession::LoadSession(const Session& session, const ConnectionConfig& connection)
    : grace_(session.stop, kTidyingTime),
      buckets_(open_buckets(session.environment, session.log, grace_.stop())),
      context_{connection, *buckets_, session.environment, session.log, session.stop} {}

ConnectionConfig read_cluster(const Environment& environment, const std::string& bucket, Problems& problems) {
  const auto connection = problems.collect([&] { return connection_config(environment); });
  problems.collect([&] { return staging_base(environment, bucket); });
  return connection;
}

}  // namespace penstock::cli
