#include "store/s3_upload.h"

#include <fmt/format.h>

#include "base/text.h"
#include "penstock/error.h"
#include "store/s3_failure.h"
#include "store/s3_xml.h"

namespace penstock {

S3Upload::S3Upload(const S3Bucket& bucket, std::string key, std::string_view act)
    : bucket_(bucket), key_(std::move(key)), act_(act) {}

S3Upload::~S3Upload() {
  if (is_open()) abort();
}

void S3Upload::begin(const std::map<std::string, std::string>& headers, bool with_checksums) {
  S3Request request{.operation = "CreateMultipartUpload",
                    .method = "POST",
                    .bucket = bucket_.name,
                    .key = key_,
                    .query = {{"uploads", ""}},
                    .headers = headers};
  with_checksums = with_checksums && bucket_.client.sends_checksums();
  if (with_checksums) {
    request.headers["x-amz-checksum-algorithm"] = "CRC64NVME";
    request.headers["x-amz-checksum-type"] = "FULL_OBJECT";
  }
  const S3Response response = call(bucket_.client, std::move(request));
  const bool is_unknown_there = response.status == 400 || response.status == 501;
  if (with_checksums && bucket_.client.addresses().is_custom() && is_unknown_there) {
    bucket_.client.log().debug(fmt::format("{} takes no CRC64NVME ({}): uploads go without checksums",
                                           bucket_.client.config().endpoint_url, words_of(response)));
    bucket_.client.stop_sending_checksums();
    return begin(headers, false);
  }
  if (!response.is_success()) throw bucket_.failure(act_, key_, response);
  id_ = parse_xml(response.body).text_of("UploadId");
  if (id_.empty()) {
    throw Error(ErrorKind::unavailable,
                fmt::format("{} {}: S3 answered with an upload without an id", act_, printable(bucket_.uri_of(key_))));
  }
}

S3Request S3Upload::part_request(const char* operation, std::size_t number) const {
  return {.operation = operation,
          .method = "PUT",
          .bucket = bucket_.name,
          .key = key_,
          .query = {{"partNumber", std::to_string(number)}, {"uploadId", id_}}};
}

S3Response S3Upload::complete(const std::vector<Part>& parts, bool only_if_absent) {
  std::string list = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    list += fmt::format("<Part><ETag>{}</ETag><PartNumber>{}</PartNumber>", escape_xml(parts[i].etag), i + 1);
    if (!parts[i].checksum.empty()) {
      list += fmt::format("<ChecksumCRC64NVME>{}</ChecksumCRC64NVME>", escape_xml(parts[i].checksum));
    }
    list += "</Part>";
  }
  list += "</CompleteMultipartUpload>";
  S3Request request{.operation = "CompleteMultipartUpload",
                    .method = "POST",
                    .bucket = bucket_.name,
                    .key = key_,
                    .query = {{"uploadId", id_}},
                    .body = std::move(list),
                    .awaits_answer = true};
  if (only_if_absent) request.headers["If-None-Match"] = "*";
  return call(bucket_.client, std::move(request));
}

void S3Upload::abort() noexcept {
  Log& log = bucket_.client.log();
  try {
    const S3Response response = call(bucket_.client, {.operation = "AbortMultipartUpload",
                                                      .method = "DELETE",
                                                      .bucket = bucket_.name,
                                                      .key = key_,
                                                      .query = {{"uploadId", id_}},
                                                      .even_when_stopped = true});
    if (response.is_success() || response.status == 404) return;
    log.warning(bucket_.failure("abort the upload of", key_, response).what());
  } catch (const std::exception& e) {
    log.warning(fmt::format("abort the upload of {}: {}", printable(bucket_.uri_of(key_)), e.what()));
  }
}

}  // namespace penstock
