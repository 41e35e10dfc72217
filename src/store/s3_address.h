// Where a bucket is, as a URL, and how keys are written in one.
//
// At AWS a bucket is a host name (bucket.s3.region.amazonaws.com), unless its name can't be one below AWS's
// certificate; elsewhere it is the first part of the path.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace penstock {

class S3Addresses {
 public:
  // Errors: invalid, for an endpoint that is not http(s)://host[:port].
  S3Addresses(std::string region, std::string_view endpoint_url);

  struct Address {
    std::string origin;  // http(s)://host[:port]
    std::string path;    // starts with /; encoded, without a query
  };
  [[nodiscard]] Address of(std::string_view bucket, std::string_view key = {}) const;

  [[nodiscard]] const std::string& region() const noexcept { return region_; }
  [[nodiscard]] bool is_custom() const noexcept { return !endpoint_.empty(); }  // not AWS's own
  [[nodiscard]] bool is_encrypted() const noexcept { return !endpoint_.starts_with("http://"); }
  [[nodiscard]] bool is_loopback() const noexcept;

 private:
  std::string region_;
  std::string endpoint_;  // without a / at its end; empty: AWS's own
};

// RFC 3986 as S3's signatures want it: everything but A-Z a-z 0-9 - . _ ~ as %XX, and / as well unless kept.
std::string uri_encode(std::string_view text, bool keep_slash);
std::string uri_decode(std::string_view text);  // + is a blank, as in what S3 lists
using Query = std::vector<std::pair<std::string, std::string>>;
std::string to_query(const Query& query);  // a=b&c, encoded; the names with an empty value have no =

}  // namespace penstock
