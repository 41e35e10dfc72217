#include "store/s3_copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "base/text.h"
#include "penstock/error.h"
#include "store/rules.h"
#include "store/s3_failure.h"
#include "store/s3_upload.h"
#include "store/s3_xml.h"

namespace penstock {
namespace {

constexpr std::size_t kPartsInFlight = 8;
constexpr std::size_t kMostParts = 10'000;

class S3Copy {
 public:
  S3Copy(const S3Bucket& source, const ObjectInfo& from, const S3Bucket& target, const std::string& key,
         const CreateOptions& options)
      : source_(source), from_(from), target_(target), key_(key), options_(options), upload_(target, key, "copy to") {}

  ObjectInfo at_once() {
    // New metadata takes the place of all, so the source's has to be known where the attempt's id is to be in it.
    auto headers = knows_attempt_ ? replacing_headers() : storage_headers(options_);
    if (knows_attempt_) headers["x-amz-metadata-directive"] = "REPLACE";
    headers.merge(source_headers());
    if (options_.only_if_absent) headers["If-None-Match"] = "*";
    refuse_if_taken();
    const S3Response response = call(target_.client, {.operation = "CopyObject",
                                                      .method = "PUT",
                                                      .bucket = target_.name,
                                                      .key = key_,
                                                      .headers = std::move(headers),
                                                      .awaits_answer = true});
    return response.is_success() ? copied(response) : settle(response);
  }

  ObjectInfo in_parts(std::uint64_t part_size) {
    knows_attempt_ = true;
    refuse_if_taken();
    upload_.begin(replacing_headers(), false);
    part_size = std::max(part_size, from_.size / kMostParts + 1);
    for (std::uint64_t offset = 0; offset < from_.size; offset += part_size) {
      if (in_flight_.size() == kPartsInFlight) finish_part();
      send_part(offset, std::min(part_size, from_.size - offset));
    }
    while (!in_flight_.empty()) finish_part();
    const S3Response response = upload_.complete(parts_, options_.only_if_absent);
    if (!response.is_success()) return settle(response);
    ObjectInfo object = copied(response);
    upload_.is_completed();
    return object;
  }

 private:
  [[nodiscard]] std::map<std::string, std::string> source_headers() const {
    return {{"x-amz-copy-source", fmt::format("/{}/{}", source_.name, uri_encode(from_.key, true))},
            {"x-amz-copy-source-if-match", quoted_etag(from_.etag)}};
  }

  // The metadata of the options, else the source's, and the id of this attempt; and what else the source says of
  // itself.
  [[nodiscard]] std::map<std::string, std::string> replacing_headers() const {
    const S3Response response =
        call(source_.client, {.operation = "HeadObject", .method = "HEAD", .bucket = source_.name, .key = from_.key});
    if (response.status == 404) throw no_such_object("copy", source_.uri_of(from_.key));
    if (!response.is_success()) throw source_.failure("copy", from_.key, response);
    if (bare_etag(response.header("etag")) != from_.etag) throw changed();
    CreateOptions options = options_;
    options.metadata = metadata_for(options_, metadata_of(response));
    auto headers = creation_headers(options, attempt_);
    for (const char* name :
         {"content-type", "content-encoding", "content-disposition", "content-language", "cache-control", "expires"}) {
      if (const std::string value = response.header(name); !value.empty()) headers.emplace(name, value);
    }
    return headers;
  }

  // Not every server that speaks S3 heeds If-None-Match on a copy; this catches all but a race.
  void refuse_if_taken() const {
    if (options_.only_if_absent && target_.head("copy to", key_)) {
      throw already_there("copy to", target_.uri_of(key_));
    }
  }

  void send_part(std::uint64_t offset, std::uint64_t length) {
    S3Request request = upload_.part_request("UploadPartCopy", parts_.size() + in_flight_.size() + 1);
    request.headers = source_headers();
    request.headers["x-amz-copy-source-range"] = fmt::format("bytes={}-{}", offset, offset + length - 1);
    in_flight_.push_back(std::make_unique<S3Exchange>(target_.client, std::move(request)));
  }

  void finish_part() {
    const S3Response& response = in_flight_.front()->wait();
    if (!response.is_success()) throw failure(response);
    parts_.push_back({.etag = etag_in(response), .checksum = {}});
    in_flight_.pop_front();
  }

  // As a writer does: the object itself knows whether an attempt was carried out whose answer was lost.
  ObjectInfo settle(const S3Response& response) {
    const bool may_be_done = response.failure != 0 || response.status >= 500 || response.status == 412 ||
                             response.status == 409 || s3_code(response) == "NoSuchUpload";
    if (knows_attempt_ && may_be_done) {
      if (auto object = target_.written_by(attempt_, key_)) {
        upload_.is_completed();
        return *std::move(object);
      }
    }
    throw failure(response);
  }

  [[nodiscard]] Error failure(const S3Response& response) const {
    if (response.status == 412) {
      const auto now = source_.head("copy", from_.key);
      if (now && now->etag == from_.etag) return already_there("copy to", target_.uri_of(key_));
      return now ? changed() : no_such_object("copy", source_.uri_of(from_.key));
    }
    const std::string code = s3_code(response);
    if (code == "NoSuchUpload") return upload_gone(target_.uri_of(key_));
    // of a missing source, S3 says only that a key is missing
    if (code == "NoSuchKey") return no_such_object("copy", source_.uri_of(from_.key));
    return target_.failure("copy to", key_, response);
  }

  [[nodiscard]] ObjectInfo copied(const S3Response& response) const {
    return {.key = key_,
            .size = from_.size,
            .etag = bare_etag(etag_in(response)),
            .last_modified = parse_http_date(response.header("date"))};
  }

  // S3 may say 200 before it has copied; only an ETag says that it has.
  [[nodiscard]] std::string etag_in(const S3Response& response) const {
    std::string etag(parse_xml(response.body).text_of("ETag"));
    if (!etag.empty()) return etag;
    throw Error(ErrorKind::unavailable,
                fmt::format("copy to {}: S3 answered without an ETag", printable(target_.uri_of(key_))));
  }

  [[nodiscard]] Error changed() const { return changed_since_listed("copy", source_.uri_of(from_.key)); }

  const S3Bucket& source_;
  const ObjectInfo& from_;
  const S3Bucket& target_;
  const std::string& key_;
  const CreateOptions& options_;
  const std::string attempt_ = new_attempt_id();
  bool knows_attempt_ = options_.only_if_absent || !options_.metadata.empty() || !options_.added_metadata.empty();
  S3Upload upload_;
  std::vector<S3Upload::Part> parts_;
  std::deque<std::unique_ptr<S3Exchange>> in_flight_;  // below the upload, to be cancelled before it is aborted
};

}  // namespace

ObjectInfo copy_s3(const S3Bucket& source, const ObjectInfo& from, const S3Bucket& target, const std::string& key,
                   const CreateOptions& options, std::uint64_t most_at_once) {
  S3Copy copy(source, from, target, key, options);
  return from.size <= most_at_once ? copy.at_once() : copy.in_parts(most_at_once / 5);
}

}  // namespace penstock
