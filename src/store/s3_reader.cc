#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "base/text.h"
#include "penstock/error.h"
#include "store/rules.h"
#include "store/s3_bucket.h"
#include "store/s3_failure.h"

namespace penstock {
namespace {

constexpr std::uint64_t kChunk = 8 << 20;  // of one request
constexpr std::size_t kMostAhead = 8;      // requests in flight for one reader

class S3Reader final : public ObjectReader {
 public:
  S3Reader(const S3Bucket& bucket, const ObjectInfo& object, const ByteRange& range)
      : bucket_(bucket),
        object_(object),
        next_(range.offset),
        end_(range.offset + range.length),
        is_whole_(range.length == object.size && range.length <= kChunk) {
    // an empty object is asked for, too, for that it still is this version; an empty part of one is not
    if (range.length > 0 || object.size == 0) ask();
  }

  std::size_t read(std::span<std::byte> buffer) override {
    if (buffer.empty()) return 0;
    if (rest_.empty() && !ahead_.empty()) take_chunk();
    const std::size_t count = std::min(buffer.size(), rest_.size());
    std::copy_n(std::as_bytes(std::span(rest_)).begin(), count, buffer.begin());
    rest_.remove_prefix(count);
    return count;
  }

 private:
  struct Chunk {
    std::uint64_t length = 0;
    S3Memory memory;
    std::unique_ptr<S3Exchange> exchange;
  };

  bool ask() {
    const std::uint64_t length = std::min(kChunk, end_ - next_);
    S3Memory memory(bucket_.client, length);
    if (!memory.is_held() && !ahead_.empty()) return false;
    S3Request request{.operation = "GetObject", .method = "GET", .bucket = bucket_.name, .key = object_.key};
    if (!object_.etag.empty()) request.headers["If-Match"] = quoted_etag(object_.etag);
    request.checksum = is_whole_;
    if (!is_whole_) request.headers["Range"] = fmt::format("bytes={}-{}", next_, next_ + length - 1);
    ahead_.push_back({.length = length,
                      .memory = std::move(memory),
                      .exchange = std::make_unique<S3Exchange>(bucket_.client, std::move(request))});
    next_ += length;
    return true;
  }

  void take_chunk() {
    while (next_ < end_ && ahead_.size() < kMostAhead && ask()) {
    }
    S3Response& response = ahead_.front().exchange->wait();
    if (!response.is_success()) throw failure(response);
    const std::string etag = bare_etag(response.header("etag"));
    // also where a server takes no notice of If-Match
    if (!object_.etag.empty() && !etag.empty() && etag != object_.etag) throw changed();
    if (response.body.size() != ahead_.front().length) {
      throw Error(ErrorKind::unavailable,
                  fmt::format("read {}: S3 sent {} bytes where {} were asked for",
                              printable(bucket_.uri_of(object_.key)), response.body.size(), ahead_.front().length));
    }
    bytes_ = std::move(response.body);
    rest_ = bytes_;
    memory_ = std::move(ahead_.front().memory);
    ahead_.pop_front();
  }

  [[nodiscard]] Error changed() const { return changed_since_listed("read", bucket_.uri_of(object_.key)); }

  [[nodiscard]] Error failure(const S3Response& response) const {
    if (response.status == 412 || response.status == 416) return changed();
    return bucket_.failure("read", object_.key, response);
  }

  const S3Bucket bucket_;
  const ObjectInfo object_;
  std::uint64_t next_;  // the first byte not asked for yet
  const std::uint64_t end_;
  const bool is_whole_;  // one request, without a range
  std::deque<Chunk> ahead_;
  std::string bytes_;
  std::string_view rest_;
  S3Memory memory_;  // of bytes_
};

}  // namespace

std::unique_ptr<ObjectReader> open_s3(const S3Bucket& bucket, const ObjectInfo& object, const ByteRange& range) {
  return std::make_unique<S3Reader>(bucket, object, range);
}

}  // namespace penstock
