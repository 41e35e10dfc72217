#include "load/target_session.h"

#include <fmt/format.h>

#include <utility>

#include "load/ledger.h"
#include "penstock/error.h"

namespace penstock {

using redshift::Connection;
using redshift::ServerError;
using redshift::Sql;

TargetSession::TargetSession(const LoadContext& context, const StagingBase& base, Target target,
                             std::string application)
    : context_(context), base_(base), target_(std::move(target)), application_(std::move(application)) {}

Connection TargetSession::another(std::stop_token stop) const {
  return {context_.connection, {.application_name = application_, .stop = std::move(stop)}, context_.log};
}

Connection& TargetSession::plain_connection() {
  if (!connection_ || !connection_->alive()) {
    connection_.reset();
    connection_.emplace(another(context_.stop));
    last_copy.reset();
  }
  return *connection_;
}

Connection& TargetSession::connection() {
  plain_connection();
  if (!prepared_) prepare();
  return *connection_;
}

Staging& TargetSession::staging() {
  if (!staging_) throw Error(ErrorKind::internal, "staging before there is a connection");
  return *staging_;
}

std::string TargetSession::planned_manifest_uri() const {
  return fmt::format("s3://{}/{}<target>/<attempt>/manifest.json", base_.bucket, base_.prefix);
}

void TargetSession::prepare() {
  make_ledger(*connection_, target_, context_.log);
  staging_.emplace(context_.buckets, base_, target_, database_identity(*connection_), context_.log);
  try {
    connection_->execute(Sql("SELECT count(*) FROM pg_catalog.stl_load_commits WHERE query = -1"),
                         "asking whether stl_load_commits may be read");
    sees_load_commits_ = true;
  } catch (const ServerError& e) {
    if (!connection_->alive()) throw;
    context_.log.debug(e.what());
  }
  prepared_ = true;
}

}  // namespace penstock
