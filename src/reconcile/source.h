// What a user names as the source: s3://bucket/folder is the folder's keys, s3://bucket/prefix* those that begin so,
// s3://bucket all.
//
// Threads: any. Errors: invalid: no such URI.
#pragma once

#include <string>

#include "penstock/uri.h"

namespace penstock::reconcile {

S3Uri parse_source(const std::string& source);  // the bucket, and the prefix that all keys have

}  // namespace penstock::reconcile
