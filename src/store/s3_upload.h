// A multipart upload at S3: begun, given its parts by others, and completed or aborted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/s3_bucket.h"

namespace penstock {

class S3Upload {
 public:
  // `act` is for errors: "write". Nothing is begun yet.
  S3Upload(const S3Bucket& bucket, std::string key, std::string_view act);
  S3Upload(const S3Upload&) = delete;
  S3Upload& operator=(const S3Upload&) = delete;
  ~S3Upload();  // aborts what is open

  struct Part {
    std::string etag;      // as S3 gave it, quotes and all
    std::string checksum;  // CRC64NVME in base64; empty: none
  };

  [[nodiscard]] bool is_open() const noexcept { return !id_.empty(); }
  void begin(const std::map<std::string, std::string>& headers, bool with_checksums);
  // The request for a part; the caller adds what is in it.
  [[nodiscard]] S3Request part_request(const char* operation, std::size_t number) const;
  S3Response complete(const std::vector<Part>& parts, bool only_if_absent);
  void is_completed() noexcept { id_.clear(); }

 private:
  void abort() noexcept;

  const S3Bucket bucket_;
  const std::string key_;
  const std::string act_;
  std::string id_;  // empty: none is open
};

}  // namespace penstock
