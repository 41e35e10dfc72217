#include "store/s3_page.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"
#include "store/s3_address.h"
#include "store/s3_bucket.h"
#include "store/s3_xml.h"

namespace penstock {
namespace {

class PageReader {
 public:
  PageReader(std::string_view xml, S3Page& page) : events_(xml), page_(page) {}

  void read() {
    for (;;) {
      switch (events_.next()) {
        case XmlEvents::Event::begin:
          begin(events_.name());
          break;
        case XmlEvents::Event::text:
          if (field_ != nullptr) *field_ += events_.text();
          break;
        case XmlEvents::Event::end:
          field_ = nullptr;
          if (events_.depth() == 1 && is_object_) add();
          break;
        case XmlEvents::Event::over:
          finish();
          return;
      }
    }
  }

 private:
  void begin(std::string_view name) {
    field_ = nullptr;
    if (events_.depth() == 1 && name != "ListBucketResult") page_.flaw = fmt::format("<{}>", printable(name));
    if (events_.depth() == 2) {
      is_object_ = name == "Contents";
      if (is_object_) object_ = {};
    }
    if (events_.depth() == 2 && !is_object_) field_ = field_of_page(name);
    if (events_.depth() == 3 && is_object_) field_ = field_of_object(name);
    if (field_ != nullptr) field_->clear();
  }

  std::string* field_of_page(std::string_view name) {
    if (name == "IsTruncated") return &is_truncated_;
    if (name == "NextContinuationToken") return &page_.next_token;
    if (name == "EncodingType") return &encoding_;
    return nullptr;
  }

  std::string* field_of_object(std::string_view name) {
    if (name == "Key") return &object_.key;
    if (name == "ETag") return &etag_;
    if (name == "LastModified") return &last_modified_;
    if (name == "Size") return &size_;
    return nullptr;
  }

  void add() {
    is_object_ = false;
    const auto [end, error] = std::from_chars(size_.data(), size_.data() + size_.size(), object_.size);
    if (error != std::errc() && page_.flaw.empty()) {
      page_.flaw = fmt::format("'{}' without a size", printable(object_.key));
    }
    object_.etag = bare_etag(etag_);
    object_.last_modified = parse_iso_date(last_modified_);
    page_.objects.push_back(std::move(object_));
    for (std::string* field : {&etag_, &last_modified_, &size_}) field->clear();
  }

  void finish() {
    page_.is_truncated = is_truncated_ == "true";
    if (encoding_ != "url") return;
    for (ObjectInfo& object : page_.objects) {
      if (object.key.find_first_of("%+") != std::string::npos) object.key = uri_decode(object.key);
    }
  }

  XmlEvents events_;
  S3Page& page_;
  std::string* field_ = nullptr;  // where the text of the element that is open goes
  bool is_object_ = false;        // inside of one
  ObjectInfo object_;
  std::string etag_;
  std::string last_modified_;
  std::string size_;
  std::string is_truncated_;
  std::string encoding_;
};

}  // namespace

void read_s3_page(std::string_view xml, S3Page& page) {
  page.objects.clear();
  page.next_token.clear();
  page.flaw.clear();
  page.is_truncated = false;
  PageReader(xml, page).read();
}

}  // namespace penstock
