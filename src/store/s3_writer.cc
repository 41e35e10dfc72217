#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <vector>

#include "base/text.h"
#include "penstock/error.h"
#include "store/rules.h"
#include "store/s3_bucket.h"
#include "store/s3_failure.h"
#include "store/s3_upload.h"
#include "store/s3_xml.h"

namespace penstock {
namespace {

constexpr std::size_t kSmallestPart = 5 << 20;
constexpr std::size_t kPartsOfASize = 1000;  // then parts double: 10,000 of them have to hold 5 TB
constexpr std::chrono::seconds kPatienceWithParts{5};

class S3Writer final : public ObjectWriter {
 public:
  S3Writer(const S3Bucket& bucket, std::string key, CreateOptions options)
      : bucket_(bucket), key_(std::move(key)), options_(std::move(options)), upload_(bucket, key_, "write") {}

  // A part that is cancelled on its way may arrive after the abort, and stay: parts in flight may end first.
  ~S3Writer() override {
    const auto deadline = std::chrono::steady_clock::now() + kPatienceWithParts;
    for (const PartInFlight& part : in_flight_) part.exchange->let_end(deadline);
  }
  S3Writer(const S3Writer&) = delete;
  S3Writer& operator=(const S3Writer&) = delete;

  void write(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      if (filling_.size() == part_size()) send_part();
      const std::size_t count = std::min(bytes.size(), part_size() - filling_.size());
      const bool is_large = filling_.size() + count > (1 << 20);  // a small object shall not cost a part's memory
      if (is_large && filling_.capacity() < part_size()) filling_.reserve(part_size());
      filling_.append(reinterpret_cast<const char*>(bytes.data()), count);
      bytes = bytes.subspan(count);
    }
  }

  ObjectInfo commit() override {
    // what was sent isn't here any more: a second try would write an empty object
    if (std::exchange(is_committed_, true)) throw upload_gone(bucket_.uri_of(key_));
    return upload_.is_open() ? complete() : put();
  }

 private:
  struct PartInFlight {
    S3Memory memory;
    std::unique_ptr<S3Exchange> exchange;
  };

  [[nodiscard]] std::size_t part_size() const {
    const std::size_t doublings = (parts_.size() + in_flight_.size()) / kPartsOfASize;
    return std::max(bucket_.client.config().part_size, kSmallestPart) << doublings;
  }

  // An object of one part.
  ObjectInfo put() {
    size_ = filling_.size();
    S3Request request{.operation = "PutObject",
                      .method = "PUT",
                      .bucket = bucket_.name,
                      .key = key_,
                      .headers = creation_headers(options_, options_.only_if_absent ? attempt_ : ""),
                      .body = std::move(filling_),
                      .checksum = true};
    if (options_.only_if_absent) request.headers["If-None-Match"] = "*";
    const S3Response response = call(bucket_.client, std::move(request));
    if (!response.is_success()) return settle(response);
    return written(response, response.header("etag"));
  }

  void send_part() {
    if (!upload_.is_open()) upload_.begin(creation_headers(options_, attempt_), true);
    while (!in_flight_.empty() && in_flight_.front().exchange->is_over()) finish_part();
    S3Memory memory(bucket_.client, filling_.size());
    while (!memory.is_held() && !in_flight_.empty()) {
      finish_part();
      memory = S3Memory(bucket_.client, filling_.size());
    }
    S3Request request = upload_.part_request("UploadPart", parts_.size() + in_flight_.size() + 1);
    size_ += filling_.size();
    request.body = std::exchange(filling_, {});
    request.checksum = true;
    in_flight_.push_back(
        {.memory = std::move(memory), .exchange = std::make_unique<S3Exchange>(bucket_.client, std::move(request))});
  }

  // Waits for the oldest part in flight.
  void finish_part() {
    const S3Response& response = in_flight_.front().exchange->wait();
    if (s3_code(response) == "NoSuchUpload") throw upload_gone(bucket_.uri_of(key_));
    if (!response.is_success()) throw bucket_.failure("write", key_, response);
    parts_.push_back({.etag = response.header("etag"), .checksum = response.header("x-amz-checksum-crc64nvme")});
    in_flight_.pop_front();
  }

  ObjectInfo complete() {
    if (!filling_.empty()) send_part();
    while (!in_flight_.empty()) finish_part();
    const S3Response response = upload_.complete(parts_, options_.only_if_absent);
    if (!response.is_success()) return settle(response);
    const XmlElement result = parse_xml(response.body);
    if (result.text_of("ETag").empty()) {
      throw Error(ErrorKind::unavailable, fmt::format("write {}: S3 answered with a completed upload without an ETag",
                                                      printable(bucket_.uri_of(key_))));
    }
    upload_.is_completed();
    return written(response, result.text_of("ETag"));
  }

  // The last answer says no; an earlier attempt may have been carried out all the same. The object itself knows.
  ObjectInfo settle(const S3Response& response) {
    const bool is_taken = response.status == 412 || s3_code(response) == "ConditionalRequestConflict";
    // InvalidPart: parts that were stored went with their upload, and one on its way brought it back
    const bool is_gone = s3_code(response) == "NoSuchUpload" || s3_code(response) == "InvalidPart";
    const bool is_unknown = response.failure != 0 || response.status >= 500;
    const bool knows_attempt = upload_.is_open() || options_.only_if_absent;
    if (knows_attempt && (is_taken || is_gone || is_unknown)) {
      if (auto object = bucket_.written_by(attempt_, key_)) {
        upload_.is_completed();
        return *std::move(object);
      }
    }
    if (is_taken) throw already_there("write", bucket_.uri_of(key_));
    if (is_gone) throw upload_gone(bucket_.uri_of(key_));
    throw bucket_.failure("write", key_, response);
  }

  [[nodiscard]] ObjectInfo written(const S3Response& response, std::string_view etag) const {
    return {
        .key = key_, .size = size_, .etag = bare_etag(etag), .last_modified = parse_http_date(response.header("date"))};
  }

  const S3Bucket bucket_;
  const std::string key_;
  const CreateOptions options_;
  const std::string attempt_ = new_attempt_id();
  std::string filling_;  // the part that is not full yet
  std::uint64_t size_ = 0;
  bool is_committed_ = false;
  S3Upload upload_;
  std::vector<S3Upload::Part> parts_;  // done, in order
  std::deque<PartInFlight>
      in_flight_;  // below the upload, to be cancelled before it is aborted: a late part would stay
};

}  // namespace

std::unique_ptr<ObjectWriter> create_s3(const S3Bucket& bucket, std::string key, CreateOptions options) {
  return std::make_unique<S3Writer>(bucket, std::move(key), std::move(options));
}

}  // namespace penstock
