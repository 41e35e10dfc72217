// A session on the cluster for the loads of one target: connected when needed, and again after it broke.
//
// Threads: one. Errors: Error, of connecting and of the statements.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "load/staging.h"
#include "load/target.h"
#include "penstock/load.h"
#include "redshift/connection.h"

namespace penstock {

class TargetSession {
 public:
  // application: what the cluster is to know its sessions by.
  TargetSession(const LoadContext& context, const StagingBase& base, Target target, std::string application);

  // A living session. The first use makes the ledger where it is missing.
  redshift::Connection& connection();
  // A living session, with nothing made; for reading.
  redshift::Connection& plain_connection();
  // Another session, which the target's own stop doesn't reach: to learn what became of a commit.
  [[nodiscard]] redshift::Connection another(std::stop_token stop) const;

  [[nodiscard]] bool lives() const noexcept { return connection_ && connection_->alive(); }

  Staging& staging();                                      // after connection()
  [[nodiscard]] std::string planned_manifest_uri() const;  // as it will be, without the ids; for --dry-run
  [[nodiscard]] const Target& target() const noexcept { return target_; }
  // stl_load_commits may be read. Asked outside of transactions, as a refusal would end one.
  [[nodiscard]] bool sees_load_commits() const noexcept { return sees_load_commits_; }

  // Of the session's last COPY that went through; what pg_last_copy_id() says after a failed one may still be that.
  std::optional<std::int64_t> last_copy;

 private:
  void prepare();

  const LoadContext& context_;
  const StagingBase base_;
  const Target target_;
  const std::string application_;
  std::optional<redshift::Connection> connection_;
  std::optional<Staging> staging_;
  bool sees_load_commits_ = false;
  bool prepared_ = false;
};

}  // namespace penstock
