// What an answer of S3 that is no success means: to try again, or an Error in S3's own words.
#pragma once

#include <string>
#include <string_view>

#include "penstock/error.h"
#include "store/s3_client.h"

namespace penstock {

// An answer that another attempt may better: 500, 503 and their like, timeouts, broken connections, damaged bytes.
bool may_pass(const S3Response& response);

std::string s3_code(const S3Response& response);   // NoSuchKey; empty where S3 gives none
std::string words_of(const S3Response& response);  // "NoSuchKey: The specified key does not exist."

// `uri` is the object's, or the bucket's.
Error s3_failure(std::string_view act, std::string_view uri, std::string_view bucket, const S3Response& response);

}  // namespace penstock
