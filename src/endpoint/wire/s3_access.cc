#include "endpoint/wire/s3_access.h"

#include <fmt/format.h>

#include "endpoint/wire/md5_password.h"
#include "penstock/error.h"

namespace penstock::endpoint {

namespace {

// As S3 checks: the key id, then the signature that the secret makes, then the token.
void check_keys(const CopyStatement& copy, const AwsCredentials& own) {
  const auto refuse = [&](const char* code) {
    throw Error(ErrorKind::denied, fmt::format("{}: S3 refuses the keys", code));
  };
  if (copy.iam_role) return;
  if (copy.access_key_id != own.access_key_id) refuse("InvalidAccessKeyId");
  if (!same_secret(copy.secret_access_key.reveal(), own.secret_access_key.reveal())) refuse("SignatureDoesNotMatch");
  if (!copy.session_token.empty()) refuse("InvalidToken");
}

}  // namespace

std::function<std::unique_ptr<Buckets>(const CopyStatement&)> s3_access(const EndpointConfig& config, Log& log) {
  if (!config.s3_folder.empty()) {
    return [folder = config.s3_folder, own = config.credentials](const CopyStatement& copy) {
      check_keys(copy, own);
      return open_folder(folder);
    };
  }
  static_cast<void>(log);
  throw Error(ErrorKind::invalid, "s3.endpoint_url: S3 servers are not reached yet; use s3.folder");
}

}  // namespace penstock::endpoint
