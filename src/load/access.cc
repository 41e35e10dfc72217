#include "load/access.h"

#include "penstock/store.h"
#include "redshift/conninfo.h"

namespace penstock {
namespace {

constexpr char kRole[] = "REDSHIFT_ROLE_ARN";

}  // namespace

redshift::CopyAccess copy_access(const LoadContext& context) {
  if (auto role = context.environment(kRole)) return redshift::IamRole{*role};
  const AwsCredentials keys = resolve_credentials(context.environment, context.log);
  return redshift::SessionKeys{keys.access_key_id, keys.secret_access_key, keys.session_token};
}

std::optional<std::string> copy_region(const LoadContext& context) {
  auto region = context.environment("AWS_REGION");
  return region ? region : context.environment("AWS_DEFAULT_REGION");
}

bool is_in_clusters_region(const LoadContext& context) {
  const auto region = copy_region(context);
  const std::string& host = context.connection.host;
  if (!region || redshift::is_loopback(host)) return true;
  return host.find('.' + *region + ".redshift.") != std::string::npos ||
         host.find('.' + *region + ".redshift-serverless.") != std::string::npos;
}

}  // namespace penstock
