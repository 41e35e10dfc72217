// Copies from bucket to bucket that S3 makes by itself.
#pragma once

#include "store/s3_bucket.h"

namespace penstock {

// S3 copies up to 5 GB at once; what is larger goes in parts.
inline constexpr std::uint64_t kMostCopiedAtOnce = std::uint64_t{5} << 30;

ObjectInfo copy_s3(const S3Bucket& source, const ObjectInfo& from, const S3Bucket& target, const std::string& key,
                   const CreateOptions& options, std::uint64_t most_at_once = kMostCopiedAtOnce);

}  // namespace penstock
