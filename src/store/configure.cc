#include "penstock/environment.h"
#include "penstock/store.h"
#include "store/s3_credentials.h"

namespace penstock {

S3Config s3_config(const Environment& environment) {
  const auto first_of = [&](std::string_view name, std::string_view other, std::string_view otherwise) {
    auto value = environment(name);
    if (!value) value = environment(other);
    return value.value_or(std::string(otherwise));
  };
  S3Config config;
  config.region = first_of("AWS_REGION", "AWS_DEFAULT_REGION", config.region);
  config.endpoint_url = first_of("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "");
  config.credentials = environment_credentials(environment);
  return config;
}

std::unique_ptr<Buckets> open_buckets(const Environment& environment, Log& log, std::stop_token stop) {
  if (const auto folder = environment("PENSTOCK_S3_FOLDER")) return open_folder(*folder);
  S3Config config = s3_config(environment);
  config.stop = std::move(stop);
  return connect_s3(config, log);
}

}  // namespace penstock
