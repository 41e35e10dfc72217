#include <fmt/format.h>

#include "base/text.h"
#include "penstock/error.h"
#include "store/s3_bucket.h"
#include "store/s3_page.h"

namespace penstock {
namespace {

// Asks for the next page as soon as the last one names it, so that S3 works while the caller does.
class S3Listing final : public ObjectListing {
 public:
  S3Listing(const S3Bucket& bucket, std::string_view prefix, std::string_view start_after)
      : bucket_(bucket), prefix_(prefix), start_after_(start_after), last_(start_after) {
    ask({});
  }

  std::optional<ObjectInfo> next() override {
    while (next_ == page_.objects.size()) {
      if (!coming_ || is_over()) return std::nullopt;
      read_page();
    }
    return std::move(page_.objects[next_++]);
  }

  bool is_ready() override { return next_ < page_.objects.size() || !coming_ || is_over() || coming_->is_over(); }
  void end_at(std::string_view key) override { end_ = key; }

 private:
  void ask(const std::string& token) {
    Query query{{"list-type", "2"}, {"encoding-type", "url"}};
    if (!prefix_.empty()) query.emplace_back("prefix", prefix_);
    if (!start_after_.empty()) query.emplace_back("start-after", start_after_);
    if (!token.empty()) query.emplace_back("continuation-token", token);
    coming_ = std::make_unique<S3Exchange>(
        bucket_.client,
        S3Request{.operation = "ListObjectsV2", .method = "GET", .bucket = bucket_.name, .query = std::move(query)});
  }

  void read_page() {
    const S3Response& response = coming_->wait();
    if (!response.is_success()) throw bucket_.failure("list", prefix_, response);
    next_ = 0;
    read_s3_page(response.body, page_);
    if (!page_.flaw.empty()) throw unreadable(page_.flaw);
    check_order();
    const bool goes_on = page_.is_truncated;
    if (goes_on && (page_.next_token.empty() || page_.next_token == token_)) {
      throw unreadable("a page without the token of the next one");
    }
    coming_.reset();
    if (goes_on && !is_over()) ask(token_ = page_.next_token);
  }

  // Merging relies on it, and the end of the loop on progress.
  void check_order() {
    std::string_view last = last_;
    for (const ObjectInfo& object : page_.objects) {
      if (object.key <= last) throw unreadable(fmt::format("'{}' after '{}'", printable(object.key), printable(last)));
      last = object.key;
    }
    last_ = std::string(last);
  }

  [[nodiscard]] bool is_over() const { return end_ && last_ >= *end_; }

  [[nodiscard]] Error unreadable(std::string_view what) const {
    return Error(ErrorKind::unavailable, fmt::format("list {}: S3 gave {}, which is no listing in the order of keys",
                                                     printable(bucket_.uri_of(prefix_)), what));
  }

  const S3Bucket bucket_;
  const std::string prefix_;
  const std::string start_after_;
  std::unique_ptr<S3Exchange> coming_;  // the page after this one
  S3Page page_;
  std::size_t next_ = 0;
  std::string token_;
  std::string last_;  // of the keys so far
  std::optional<std::string> end_;
};

}  // namespace

std::unique_ptr<ObjectListing> list_s3(const S3Bucket& bucket, std::string_view prefix, std::string_view start_after) {
  return std::make_unique<S3Listing>(bucket, prefix, start_after);
}

}  // namespace penstock
