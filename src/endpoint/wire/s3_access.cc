#include "endpoint/wire/s3_access.h"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <string>

#include "base/guarded.h"
#include "endpoint/wire/md5_password.h"
#include "penstock/error.h"

namespace penstock::endpoint {

namespace {

// As S3 checks: the key id, then the signature that the secret makes, then the token.
void check_keys(const Authorization& given, const AwsCredentials& own) {
  const auto refuse = [&](const char* code) {
    throw Error(ErrorKind::denied, fmt::format("{}: S3 refuses the keys", code));
  };
  if (given.iam_role) return;
  if (given.access_key_id != own.access_key_id) refuse("InvalidAccessKeyId");
  if (!same_secret(given.secret_access_key.reveal(), own.secret_access_key.reveal())) refuse("SignatureDoesNotMatch");
  if (!given.session_token.empty()) refuse("InvalidToken");
}

bool is_own(const Authorization& given, const AwsCredentials& own) {
  return given.iam_role || (given.access_key_id == own.access_key_id && given.session_token.empty() &&
                            same_secret(given.secret_access_key.reveal(), own.secret_access_key.reveal()));
}

// A hold on connections that stay when the statement is over.
class KeptBuckets : public Buckets {
 public:
  explicit KeptBuckets(std::shared_ptr<Buckets> buckets) : buckets_(std::move(buckets)) {}
  std::unique_ptr<ObjectStore> open(std::string_view bucket) override { return buckets_->open(bucket); }
  void create_bucket(std::string_view bucket) override { buckets_->create_bucket(bucket); }

 private:
  const std::shared_ptr<Buckets> buckets_;
};

// A real S3 server. Connections with the endpoint's own credentials are kept: small loads would spend most of their
// time on making them.
class S3Server {
 public:
  S3Server(const EndpointConfig& config, Log& log)
      : url_(config.s3_endpoint_url), own_(config.credentials), region_(config.region), log_(log) {}

  std::unique_ptr<Buckets> connect(const Authorization& given) {
    const auto region = given.region.value_or(region_);
    if (!is_own(given, own_)) {
      return connect(region, {given.access_key_id, given.secret_access_key, given.session_token});
    }
    return kept_.with([&](auto& kept) {
      auto& buckets = kept[region];
      if (!buckets) buckets = connect(region, own_);
      return std::make_unique<KeptBuckets>(buckets);
    });
  }

 private:
  std::unique_ptr<Buckets> connect(const std::string& region, AwsCredentials credentials) const {
    S3Config s3;
    s3.endpoint_url = url_;
    s3.region = region;
    s3.credentials = std::move(credentials);
    return connect_s3(s3, log_);
  }

  const std::string url_;
  const AwsCredentials own_;
  const std::string region_;
  Log& log_;
  Guarded<std::map<std::string, std::shared_ptr<Buckets>>> kept_;  // by region
};

}  // namespace

std::function<std::unique_ptr<Buckets>(const Authorization&)> s3_access(const EndpointConfig& config, Log& log) {
  if (!config.s3_folder.empty()) {
    return [folder = config.s3_folder, own = config.credentials](const Authorization& given) {
      check_keys(given, own);
      return open_folder(folder);
    };
  }
  return
      [server = std::make_shared<S3Server>(config, log)](const Authorization& given) { return server->connect(given); };
}

}  // namespace penstock::endpoint
