// Places, as users write them: s3://bucket/key, redshift://user:pass@host:port/database, and local paths.
//
// Errors: Error invalid, which says which part is wrong and never shows a password.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "penstock/secret.h"

namespace penstock {

struct S3Uri {
  std::string bucket;
  std::string key;  // as written after the bucket's slash; may be empty; never decoded: %20 is three characters
};

// "s3://bucket/key"; the bucket must be a valid S3 bucket name.
S3Uri parse_s3_uri(std::string_view uri);
bool is_s3_uri(std::string_view text) noexcept;
std::string to_string(const S3Uri& uri);  // s3://bucket/key

struct ServerUri {
  std::string scheme;  // "redshift" or "postgresql"
  std::string user;    // percent-decoded, as the password, database and options are
  Secret password;
  std::string host;
  int port = 0;  // 0: not given
  std::string database;
  std::map<std::string, std::string> options;  // ?sslmode=verify-full&sslrootcert=/ca.pem
};

ServerUri parse_server_uri(std::string_view uri);

}  // namespace penstock
