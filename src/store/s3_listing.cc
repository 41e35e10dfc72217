#include <fmt/format.h>

#include <charconv>
#include <vector>

#include "base/text.h"
#include "penstock/error.h"
#include "store/s3_bucket.h"
#include "store/s3_xml.h"

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
    while (next_ == page_.size()) {
      if (!coming_) return std::nullopt;
      read_page();
    }
    return std::move(page_[next_++]);
  }

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
    const XmlElement page = parse_xml(response.body);
    if (page.name != "ListBucketResult") throw unreadable(fmt::format("<{}>", printable(page.name)));
    coming_.reset();
    if (page.text_of("IsTruncated") == "true") {
      const std::string token(page.text_of("NextContinuationToken"));
      if (token.empty() || token == token_) throw unreadable("a page without the token of the next one");
      ask(token_ = token);
    }
    page_.clear();
    next_ = 0;
    const bool is_encoded = page.text_of("EncodingType") == "url";
    for (const XmlElement& element : page.children) {
      if (element.name == "Contents") add(element, is_encoded);
    }
  }

  void add(const XmlElement& contents, bool is_encoded) {
    const std::string_view text = contents.text_of("Key");
    std::string key = is_encoded ? uri_decode(text) : std::string(text);
    // Merging relies on the order, and the end of the loop on progress.
    if (key <= last_) throw unreadable(fmt::format("'{}' after '{}'", printable(key), printable(last_)));
    const std::string_view digits = contents.text_of("Size");
    std::uint64_t size = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), size).ec != std::errc()) {
      throw unreadable(fmt::format("'{}' without a size", printable(key)));
    }
    last_ = key;
    page_.push_back({.key = std::move(key),
                     .size = size,
                     .etag = bare_etag(contents.text_of("ETag")),
                     .last_modified = parse_iso_date(contents.text_of("LastModified"))});
  }

  [[nodiscard]] Error unreadable(std::string_view what) const {
    return Error(ErrorKind::unavailable, fmt::format("list {}: S3 gave {}, which is no listing in the order of keys",
                                                     printable(bucket_.uri_of(prefix_)), what));
  }

  const S3Bucket bucket_;
  const std::string prefix_;
  const std::string start_after_;
  std::unique_ptr<S3Exchange> coming_;  // the page after this one
  std::vector<ObjectInfo> page_;
  std::size_t next_ = 0;
  std::string token_;
  std::string last_;
};

}  // namespace

std::unique_ptr<ObjectListing> list_s3(const S3Bucket& bucket, std::string_view prefix, std::string_view start_after) {
  return std::make_unique<S3Listing>(bucket, prefix, start_after);
}

}  // namespace penstock
