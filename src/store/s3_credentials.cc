#include "store/s3_credentials.h"

#include <aws/auth/credentials.h>
#include <aws/common/error.h>
#include <fmt/format.h>

#include "base/guarded.h"
#include "penstock/error.h"

namespace penstock {
namespace {

constexpr std::string_view kNowhere =
    "no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run where a role is given";

AwsPtr<aws_credentials_provider> made(aws_credentials_provider* provider) {
  if (provider == nullptr) {
    throw Error(ErrorKind::denied, fmt::format("{} ({})", kNowhere, aws_error_text(aws_last_error())));
  }
  return AwsPtr<aws_credentials_provider>(provider);
}

struct Answer {
  bool there = false;
  int error = 0;
  AwsCredentials credentials;
};

void on_credentials(aws_credentials* credentials, int error, void* user) noexcept {
  static_cast<Guarded<Answer>*>(user)->change([&](Answer& answer) {
    answer.there = true;
    answer.error = error;
    if (credentials == nullptr) return;
    const auto text = [](const aws_byte_cursor& cursor) { return std::string(to_view(cursor)); };
    answer.credentials = {.access_key_id = text(aws_credentials_get_access_key_id(credentials)),
                          .secret_access_key = Secret(text(aws_credentials_get_secret_access_key(credentials))),
                          .session_token = Secret(text(aws_credentials_get_session_token(credentials)))};
  });
}

}  // namespace

std::optional<AwsCredentials> environment_credentials(const Environment& environment) {
  const auto id = environment("AWS_ACCESS_KEY_ID");
  const auto secret = environment("AWS_SECRET_ACCESS_KEY");
  if (!id && !secret) return std::nullopt;
  if (!id || !secret) {
    throw Error(ErrorKind::invalid, fmt::format("{} is set and {} is not: set both, or neither",
                                                id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                                                id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID"));
  }
  return AwsCredentials{.access_key_id = *id,
                        .secret_access_key = Secret(*secret),
                        .session_token = Secret(environment("AWS_SESSION_TOKEN").value_or(""))};
}

AwsPtr<aws_credentials_provider> given_credentials(const AwsLibrary& library, const AwsCredentials& credentials) {
  const aws_credentials_provider_static_options options{
      .shutdown_options = {},
      .access_key_id = to_cursor(credentials.access_key_id),
      .secret_access_key = to_cursor(credentials.secret_access_key.reveal()),
      .session_token = to_cursor(credentials.session_token.reveal()),
      .account_id = {},
  };
  return made(aws_credentials_provider_new_static(library.allocator(), &options));
}

AwsPtr<aws_credentials_provider> standard_credentials(const AwsLibrary& library, const AwsNetwork& network) {
  aws_credentials_provider_chain_default_options options{};
  options.bootstrap = network.bootstrap.get();
  return made(aws_credentials_provider_new_chain_default(library.allocator(), &options));
}

AwsCredentials resolve_credentials(const Environment& environment, Log& log) {
  if (auto credentials = environment_credentials(environment)) return *std::move(credentials);
  const AwsLibrary library;
  Guarded<Answer> answer;
  {
    const AwsNetwork network(library);
    const auto provider = standard_credentials(library, network);
    if (aws_credentials_provider_get_credentials(provider.get(), &on_credentials, &answer) != AWS_OP_SUCCESS) {
      throw Error(ErrorKind::denied, fmt::format("{} ({})", kNowhere, aws_error_text(aws_last_error())));
    }
    answer.wait([](const Answer& a) { return a.there; }, [](Answer&) {});
  }
  return answer.with([&](Answer& found) {
    if (found.error != 0) throw Error(ErrorKind::denied, fmt::format("{} ({})", kNowhere, aws_error_text(found.error)));
    log.debug(fmt::format("AWS credentials: key {}, from the standard chain", found.credentials.access_key_id));
    return std::move(found.credentials);
  });
}

}  // namespace penstock
