#include "endpoint/catalog/users.h"

#include "base/guarded.h"
#include "endpoint/catalog/postgres.h"

namespace penstock::endpoint {

struct Users::Impl {
  std::string conninfo;
  Guarded<std::optional<Postgres>> session;
};

Users::Users(const std::string& conninfo) : impl_(std::make_unique<Impl>()) {
  impl_->conninfo = conninfo_with(conninfo, {{"application_name", "penstock users"}});
}

Users::~Users() = default;

std::optional<KnownUser> Users::find(const std::string& name) {
  return impl_->session.with([&](std::optional<Postgres>& session) -> std::optional<KnownUser> {
    if (!session || !session->connected()) session.emplace(impl_->conninfo);
    const auto rows =
        session->query("SELECT number, verifier, expired FROM pg_internal.logins WHERE name = $1", {name});
    if (rows.empty()) return std::nullopt;
    const auto& row = rows.front();
    return KnownUser{.number = row.at(0).value_or(""), .verifier = row.at(1).value_or(""), .expired = row.at(2) == "t"};
  });
}

}  // namespace penstock::endpoint
