#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "penstock/error.h"
#include "penstock/store.h"
#include "store/md5.h"
#include "store/rules.h"
#include "store/s3_bucket.h"
#include "store/s3_copy.h"
#include "store/s3_failure.h"
#include "store/s3_xml.h"

namespace penstock {
namespace {

constexpr std::size_t kKeysOfABatch = 1000;

class S3Store final : public ObjectStore {
 public:
  S3Store(S3Client& client, std::string_view bucket) : bucket_{.client = client, .name = std::string(bucket)} {}

  [[nodiscard]] std::string uri_of(std::string_view key) const override { return bucket_.uri_of(key); }

  std::optional<ObjectInfo> head(std::string_view key) override {
    check_key(key);
    return bucket_.head("look at", key);
  }

  std::unique_ptr<ObjectListing> list(std::string_view prefix, std::string_view start_after) override {
    return list_s3(bucket_, prefix, start_after);
  }

  std::unique_ptr<ObjectReader> open(const ObjectInfo& object, std::optional<ByteRange> range) override {
    check_key(object.key);
    return open_s3(bucket_, object, covered(object, range));
  }

  std::unique_ptr<ObjectWriter> create(std::string key, CreateOptions options) override {
    check_key(key);
    check_metadata(options.metadata);
    return create_s3(bucket_, std::move(key), std::move(options));
  }

  ObjectInfo copy(const ObjectInfo& from, const ObjectStore& source, std::string key, CreateOptions options) override {
    check_key(from.key);
    check_key(key);
    check_metadata(options.metadata);
    const auto* other = dynamic_cast<const S3Store*>(&source);
    if (other == nullptr || &other->bucket_.client != &bucket_.client) {
      throw other_buckets("copy", source.uri_of(from.key));
    }
    return copy_s3(other->bucket_, from, bucket_, key, options);
  }

  void remove(std::span<const std::string> keys, RemoveOptions options) override;
  bool remove_if_unchanged(const ObjectInfo& object) override;
  bool removes_in_one_step(const std::string& key_to_try) override;
  std::vector<OpenUpload> open_uploads(std::string_view prefix) override;
  void abort_upload(const OpenUpload& upload) override;

 private:
  struct Refusal {
    std::string key;
    S3Response response;
  };
  struct Removal {
    RemoveOptions options;
    std::vector<Refusal> refusals{};
  };
  [[nodiscard]] S3Response remove_version(const std::string& key, std::string_view etag, bool even_when_stopped) const;
  void remove_one(const std::string& key, Removal& removal);
  void remove_batch(std::span<const std::string> keys, Removal& removal);

  const S3Bucket bucket_;
};

// Those that XML can't name go one by one, the others a thousand at a time.
void S3Store::remove(std::span<const std::string> keys, RemoveOptions options) {
  for (const std::string& key : keys) check_key(key);
  Removal removal{.options = options};
  std::vector<std::string> batch;
  const auto flush = [&] {
    if (batch.size() == 1) remove_one(batch[0], removal);
    if (batch.size() > 1) remove_batch(batch, removal);
    batch.clear();
  };
  for (const std::string& key : keys) {
    if (!is_xml_text(key)) {
      remove_one(key, removal);
      continue;
    }
    batch.push_back(key);
    if (batch.size() == kKeysOfABatch) flush();
  }
  flush();
  const std::vector<Refusal>& refusals = removal.refusals;
  if (refusals.empty()) return;
  constexpr std::size_t kNamed = 10;
  std::string message;
  for (const Refusal& refusal : std::span(refusals).first(std::min(refusals.size(), kNamed))) {
    if (!message.empty()) message += '\n';
    message += bucket_.failure("remove", refusal.key, refusal.response).what();
  }
  if (refusals.size() > kNamed) message += fmt::format("\nand {} more", refusals.size() - kNamed);
  throw Error(bucket_.failure("remove", refusals[0].key, refusals[0].response).kind(), message);
}

void S3Store::remove_one(const std::string& key, Removal& removal) {
  S3Response response = call(bucket_.client, {.operation = "DeleteObject",
                                              .method = "DELETE",
                                              .bucket = bucket_.name,
                                              .key = key,
                                              .even_when_stopped = removal.options.even_when_stopped});
  const bool is_absent = response.status == 404 && s3_code(response) != "NoSuchBucket";
  if (!response.is_success() && !is_absent) removal.refusals.push_back({.key = key, .response = std::move(response)});
}

void S3Store::remove_batch(std::span<const std::string> keys, Removal& removal) {
  std::string list = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>";
  for (const std::string& key : keys) list += fmt::format("<Object><Key>{}</Key></Object>", escape_xml(key));
  list += "</Delete>";
  Md5 md5;
  md5.update(std::as_bytes(std::span(list)));
  S3Request request{.operation = "DeleteObjects",
                    .method = "POST",
                    .bucket = bucket_.name,
                    .query = {{"delete", ""}},
                    .headers = {{"Content-MD5", to_base64(md5.digest())}, {"Content-Type", "application/xml"}},
                    .body = std::move(list),
                    .even_when_stopped = removal.options.even_when_stopped};
  const S3Response response = call(bucket_.client, std::move(request));
  if (!response.is_success()) throw bucket_.failure("remove objects of", "", response);
  const XmlElement result = parse_xml(response.body);
  for (const XmlElement& element : result.children) {
    if (element.name != "Error" || element.text_of("Code") == "NoSuchKey") continue;
    // alone, it is retried where that may help, and answered in full where it may not
    remove_one(std::string(element.text_of("Key")), removal);
  }
}

bool S3Store::remove_if_unchanged(const ObjectInfo& object) {
  check_key(object.key);
  // Not every server that speaks S3 heeds If-Match here: where it isn't AWS's, look first, to keep what is known to
  // have changed.
  if (bucket_.client.addresses().is_custom()) {
    const auto now = bucket_.head("remove", object.key);
    if (!now) return true;
    if (now->etag != object.etag) return false;
  }
  const S3Response response = remove_version(object.key, object.etag, false);
  if (response.is_success()) return true;
  if (response.status == 412) return false;
  if (response.status == 404 && s3_code(response) != "NoSuchBucket") return true;
  throw bucket_.failure("remove", object.key, response);
}

S3Response S3Store::remove_version(const std::string& key, std::string_view etag, bool even_when_stopped) const {
  return call(bucket_.client, {.operation = "DeleteObject",
                               .method = "DELETE",
                               .bucket = bucket_.name,
                               .key = key,
                               .headers = {{"If-Match", quoted_etag(etag)}},
                               .even_when_stopped = even_when_stopped});
}

bool S3Store::removes_in_one_step(const std::string& key_to_try) {
  if (!bucket_.client.addresses().is_custom()) return true;  // AWS's own S3 documents it
  constexpr std::string_view kNobodysEtag = "00000000000000000000000000000000";
  write_all(*this, key_to_try, "", {.only_if_absent = true});
  const S3Response response = remove_version(key_to_try, kNobodysEtag, true);
  remove(std::span(&key_to_try, 1), {.even_when_stopped = true});
  if (response.status == 412) return true;
  if (response.is_success()) return false;
  throw bucket_.failure("remove", key_to_try, response);
}

std::vector<ObjectStore::OpenUpload> S3Store::open_uploads(std::string_view prefix) {
  std::vector<OpenUpload> found;
  std::string key_marker;
  std::string id_marker;
  for (;;) {
    Query query{{"uploads", ""}, {"encoding-type", "url"}};
    if (!prefix.empty()) query.emplace_back("prefix", prefix);
    if (!key_marker.empty()) query.emplace_back("key-marker", key_marker);
    if (!id_marker.empty()) query.emplace_back("upload-id-marker", id_marker);
    const S3Response response =
        call(bucket_.client,
             {.operation = "ListMultipartUploads", .method = "GET", .bucket = bucket_.name, .query = std::move(query)});
    if (!response.is_success()) throw bucket_.failure("list the uploads of", prefix, response);
    const XmlElement page = parse_xml(response.body);
    const bool is_encoded = page.text_of("EncodingType") == "url";
    const auto decoded = [&](std::string_view text) { return is_encoded ? uri_decode(text) : std::string(text); };
    for (const XmlElement& upload : page.children) {
      if (upload.name != "Upload") continue;
      found.push_back({.key = decoded(upload.text_of("Key")),
                       .upload_id = std::string(upload.text_of("UploadId")),
                       .started = parse_iso_date(upload.text_of("Initiated"))});
    }
    const std::string next_key = decoded(page.text_of("NextKeyMarker"));
    const std::string next_id(page.text_of("NextUploadIdMarker"));
    const bool goes_on = page.text_of("IsTruncated") == "true" && (next_key != key_marker || next_id != id_marker);
    if (!goes_on) return found;
    key_marker = next_key;
    id_marker = next_id;
  }
}

void S3Store::abort_upload(const OpenUpload& upload) {
  const S3Response response = call(bucket_.client, {.operation = "AbortMultipartUpload",
                                                    .method = "DELETE",
                                                    .bucket = bucket_.name,
                                                    .key = upload.key,
                                                    .query = {{"uploadId", upload.upload_id}}});
  if (response.is_success() || s3_code(response) == "NoSuchUpload") return;
  throw bucket_.failure("abort an upload of", upload.key, response);
}

class S3Buckets final : public Buckets {
 public:
  S3Buckets(const S3Config& config, Log& log) : client_(config, log) {}

  std::unique_ptr<ObjectStore> open(std::string_view bucket) override {
    check_bucket_name(bucket);
    return std::make_unique<S3Store>(client_, bucket);
  }

  void create_bucket(std::string_view bucket) override {
    check_bucket_name(bucket);
    const std::string& region = client_.addresses().region();
    S3Request request{.operation = "CreateBucket", .method = "PUT", .bucket = std::string(bucket)};
    if (!client_.addresses().is_custom() && region != "us-east-1") {
      request.body = fmt::format(
          "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>{}"
          "</LocationConstraint></CreateBucketConfiguration>",
          region);
    }
    const S3Response response = call(client_, std::move(request));
    const std::string code = s3_code(response);
    if (response.is_success() || code == "BucketAlreadyOwnedByYou") return;
    throw s3_failure("create", fmt::format("s3://{}", bucket), bucket, response);
  }

 private:
  S3Client client_;
};

}  // namespace

std::unique_ptr<Buckets> connect_s3(const S3Config& config, Log& log) {
  return std::make_unique<S3Buckets>(config, log);
}

}  // namespace penstock
