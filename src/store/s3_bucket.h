// A bucket at S3, and the words in which S3 speaks of its objects: headers, dates, ETags.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "penstock/error.h"
#include "penstock/store.h"
#include "store/s3_client.h"

namespace penstock {

struct S3Bucket {
  S3Client& client;
  std::string name;

  [[nodiscard]] std::string uri_of(std::string_view key) const;
  [[nodiscard]] Error failure(std::string_view act, std::string_view key, const S3Response& response) const;
  // The object with its metadata; nullopt when absent.
  [[nodiscard]] std::optional<ObjectInfo> head(std::string_view act, std::string_view key) const;
  // Whether the object is what a writer with this id wrote: of a write whose answer was lost. nullopt: it isn't.
  [[nodiscard]] std::optional<ObjectInfo> written_by(const std::string& attempt, std::string_view key) const;
};

// Some bytes of the client's budget, given back at the end.
class S3Memory {
 public:
  S3Memory() = default;
  // Without enough left: nothing is taken, and is_held() is false.
  S3Memory(S3Client& client, std::size_t bytes)
      : client_(client.take_memory(bytes) ? &client : nullptr), bytes_(bytes) {}
  S3Memory(S3Memory&& other) noexcept : client_(std::exchange(other.client_, nullptr)), bytes_(other.bytes_) {}
  S3Memory& operator=(S3Memory&& other) noexcept {
    std::swap(client_, other.client_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~S3Memory() {
    if (client_ != nullptr) client_->return_memory(bytes_);
  }
  [[nodiscard]] bool is_held() const noexcept { return client_ != nullptr; }

 private:
  S3Client* client_ = nullptr;
  std::size_t bytes_ = 0;
};

std::string quoted_etag(std::string_view etag);
std::string bare_etag(std::string_view etag);
std::chrono::sys_seconds parse_http_date(std::string_view date);  // "Wed, 21 Oct 2015 07:28:00 GMT"; else the epoch
std::chrono::sys_seconds parse_iso_date(std::string_view date);   // "2015-10-21T07:28:00.000Z"; else the epoch

// User metadata in headers, both ways. A writer's attempt id is ours and doesn't show.
std::map<std::string, std::string> metadata_of(const S3Response& response);
std::map<std::string, std::string> storage_headers(const CreateOptions& options);  // encryption, storage class
// What a new object is given: metadata, the attempt's id, encryption, storage class.
std::map<std::string, std::string> creation_headers(const CreateOptions& options, const std::string& attempt);
std::string new_attempt_id();

std::unique_ptr<ObjectListing> list_s3(const S3Bucket& bucket, std::string_view prefix, std::string_view start_after);
std::unique_ptr<ObjectReader> open_s3(const S3Bucket& bucket, const ObjectInfo& object, const ByteRange& range);
std::unique_ptr<ObjectWriter> create_s3(const S3Bucket& bucket, std::string key, CreateOptions options);

}  // namespace penstock
