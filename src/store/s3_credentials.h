// Who we are to AWS: given keys, or the standard chain (environment, profile, web identity, container, instance).
#pragma once

#include <optional>

#include "penstock/environment.h"
#include "penstock/store.h"
#include "store/aws_library.h"

namespace penstock {

// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; invalid if one of the first two is there alone.
std::optional<AwsCredentials> environment_credentials(const Environment& environment);

AwsPtr<aws_credentials_provider> given_credentials(const AwsLibrary& library, const AwsCredentials& credentials);
AwsPtr<aws_credentials_provider> standard_credentials(const AwsLibrary& library, const AwsNetwork& network);

}  // namespace penstock
