#include "store/fake_s3.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>

#include "penstock/error.h"
#include "store/md5.h"
#include "store/s3_address.h"
#include "store/s3_xml.h"

namespace penstock {
namespace {

constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 32;
constexpr int kPage = 1000;

std::string iso(std::chrono::sys_seconds time) { return fmt::format("{:%Y-%m-%dT%H:%M:%S}.000Z", time); }

std::map<std::string, std::string> metadata_of(const HttpRequest& request) {
  std::map<std::string, std::string> metadata;
  for (const auto& [name, value] : request.headers) {
    if (name.starts_with("x-amz-meta-")) metadata.emplace(name.substr(11), value);
  }
  return metadata;
}

CreateOptions options_of(const HttpRequest& request) {
  return {.only_if_absent = request.header("if-none-match") == "*", .metadata = metadata_of(request)};
}

std::string unquoted(std::string_view etag) {
  if (etag.starts_with('"')) etag = etag.substr(1, etag.size() - 2);
  return std::string(etag);
}

std::string md5_of(std::string_view bytes) {
  Md5 md5;
  md5.update(std::as_bytes(std::span(bytes)));
  return to_hex(md5.digest());
}

std::map<std::string, std::string> headers_of(const ObjectInfo& object) {
  std::map<std::string, std::string> headers{
      {"ETag", fmt::format("\"{}\"", object.etag)},
      {"Last-Modified", fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", object.last_modified)}};
  for (const auto& [name, value] : object.metadata) headers["x-amz-meta-" + name] = value;
  return headers;
}

// "bytes=3-8" as a range; nullopt without one.
std::optional<ByteRange> range_of(const std::string& header) {
  if (header.empty()) return std::nullopt;
  const auto dash = header.find('-');
  const std::uint64_t first = std::stoull(header.substr(6, dash - 6));
  const std::uint64_t last = std::stoull(header.substr(dash + 1));
  return ByteRange{.offset = first, .length = last - first + 1};
}

std::string bytes_of(ObjectStore& store, const ObjectInfo& object, std::optional<ByteRange> range) {
  std::string all = read_all(store, object, kNoLimit);
  return range ? all.substr(range->offset, range->length) : all;
}

}  // namespace

HttpReply FakeS3::error(int status, std::string_view code, std::string_view message) {
  return {.status = status,
          .headers = {{"Content-Type", "application/xml"}},
          .body = fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>"
                              "<RequestId>1</RequestId></Error>",
                              code, message)};
}

HttpReply FakeS3::answer(const HttpRequest& request) {
  const auto slash = request.path.find('/', 1);
  const Call call{.request = request,
                  .bucket = request.path.substr(1, slash - 1),
                  .key = slash == std::string::npos ? std::string() : uri_decode(request.path.substr(slash + 1))};
  try {
    return dispatch(call);
  } catch (const Error& e) {
    const bool is_bucket = std::string_view(e.what()).find("no such bucket") != std::string_view::npos;
    if (is_bucket) return error(404, "NoSuchBucket", "The specified bucket does not exist");
    if (e.kind() == ErrorKind::not_found) return error(404, "NoSuchKey", "The specified key does not exist.");
    if (e.kind() == ErrorKind::conflict) return error(412, "PreconditionFailed", "A condition did not hold");
    return error(400, "InvalidRequest", e.what());
  }
}

HttpReply FakeS3::dispatch(const Call& call) {
  const HttpRequest& request = call.request;
  const std::string& method = request.method;
  if (method == "PUT" && call.key.empty()) return buckets_->create_bucket(call.bucket), HttpReply{};
  if (method == "PUT" && request.asks("uploadId")) return put_part(call);
  if (method == "PUT") return request.header("x-amz-copy-source").empty() ? put(call) : copy(call);
  if (method == "POST" && request.asks("delete")) return remove_batch(call);
  if (method == "POST" && request.asks("uploads")) return begin(call);
  if (method == "POST" && request.asks("uploadId")) return complete(call);
  if (method == "DELETE") return request.asks("uploadId") ? abort(call) : remove(call);
  if (request.asks("list-type")) return list(call);
  if (request.asks("uploads")) return list_uploads(call);
  return get(call);
}

HttpReply FakeS3::list(const Call& call) {
  const auto value = [&](const char* name) {
    const auto found = call.request.query.find(name);
    return found == call.request.query.end() ? std::string() : found->second;
  };
  const auto store = buckets_->open(call.bucket);
  const std::string token = value("continuation-token");
  const auto listing = store->list(value("prefix"), token.empty() ? value("start-after") : token);
  std::string contents;
  std::string last;
  std::optional<ObjectInfo> object = listing->next();
  for (int i = 0; object && i < kPage; ++i, object = listing->next()) {
    last = object->key;
    contents += fmt::format(
        "<Contents><Key>{}</Key><LastModified>{}</LastModified><ETag>&quot;{}&quot;</ETag><Size>{}</Size></Contents>",
        uri_encode(object->key, false), iso(object->last_modified), object->etag, object->size);
  }
  const std::string next =
      object ? fmt::format("<NextContinuationToken>{}</NextContinuationToken>", escape_xml(last)) : "";
  return {.body =
              fmt::format("<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                          "<EncodingType>url</EncodingType><IsTruncated>{}</IsTruncated>{}{}</ListBucketResult>",
                          object.has_value(), next, contents)};
}

HttpReply FakeS3::get(const Call& call) {
  const auto store = buckets_->open(call.bucket);
  const auto object = store->head(call.key);
  if (!object) return error(404, "NoSuchKey");
  HttpReply reply{.headers = headers_of(*object)};
  if (call.request.method == "HEAD") {
    reply.headers["Content-Length"] = std::to_string(object->size);
    return reply;
  }
  const std::string wanted = unquoted(call.request.header("if-match"));
  if (!wanted.empty() && wanted != object->etag) return error(412, "PreconditionFailed");
  const auto range = range_of(call.request.header("range"));
  if (range && range->offset >= object->size) return error(416, "InvalidRange");
  reply.status = range ? 206 : 200;
  reply.body = bytes_of(*store, *object, range);
  return reply;
}

HttpReply FakeS3::put(const Call& call) {
  const auto store = buckets_->open(call.bucket);
  const ObjectInfo object = write_all(*store, call.key, call.request.body, options_of(call.request));
  return {.headers = {{"ETag", fmt::format("\"{}\"", object.etag)}}};
}

HttpReply FakeS3::copy(const Call& call) {
  const std::string from = uri_decode(call.request.header("x-amz-copy-source"));
  const auto slash = from.find('/', 1);
  const auto source = buckets_->open(from.substr(1, slash - 1));
  auto object = source->head(from.substr(slash + 1));
  if (!object) return error(404, "NoSuchKey");
  if (unquoted(call.request.header("x-amz-copy-source-if-match")) != object->etag) {
    return error(412, "PreconditionFailed");
  }
  CreateOptions options = options_of(call.request);
  const bool replaces = call.request.header("x-amz-metadata-directive") == "REPLACE";
  if (!replaces) options.metadata = object->metadata;
  const auto target = buckets_->open(call.bucket);
  const ObjectInfo copied = write_all(*target, call.key, read_all(*source, *object, kNoLimit), options);
  return {.body = fmt::format("<CopyObjectResult><ETag>&quot;{}&quot;</ETag></CopyObjectResult>", copied.etag)};
}

HttpReply FakeS3::remove(const Call& call) {
  const auto store = buckets_->open(call.bucket);
  const std::string wanted = unquoted(call.request.header("if-match"));
  if (wanted.empty()) {
    store->remove(std::vector<std::string>{call.key});
    return {.status = 204};
  }
  if (!store->head(call.key)) return error(404, "NoSuchKey");
  const bool removed = store->remove_if_unchanged({.key = call.key, .etag = wanted});
  return removed ? HttpReply{.status = 204} : error(412, "PreconditionFailed");
}

HttpReply FakeS3::remove_batch(const Call& call) {
  Md5 md5;
  md5.update(std::as_bytes(std::span(call.request.body)));
  if (call.request.header("content-md5") != to_base64(md5.digest())) return error(400, "BadDigest");
  std::vector<std::string> keys;
  for (const XmlElement& element : parse_xml(call.request.body).children) {
    if (element.name == "Object") keys.emplace_back(element.text_of("Key"));
  }
  buckets_->open(call.bucket)->remove(keys);
  return {.body = "<DeleteResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>"};
}

HttpReply FakeS3::begin(const Call& call) {
  buckets_->open(call.bucket)->head(call.key);  // throws where there is no bucket
  const std::string id = std::to_string(++last_upload_);
  uploads_.with([&](auto& uploads) {
    uploads[id] = {.bucket = call.bucket, .key = call.key, .metadata = metadata_of(call.request), .parts = {}};
  });
  return {.body = fmt::format("<InitiateMultipartUploadResult><UploadId>{}</UploadId></InitiateMultipartUploadResult>",
                              id)};
}

HttpReply FakeS3::put_part(const Call& call) {
  std::string bytes = call.request.body;
  const bool is_copy = !call.request.header("x-amz-copy-source").empty();
  if (is_copy) {
    const std::string from = uri_decode(call.request.header("x-amz-copy-source"));
    const auto slash = from.find('/', 1);
    const auto source = buckets_->open(from.substr(1, slash - 1));
    const auto object = source->head(from.substr(slash + 1));
    if (!object) return error(404, "NoSuchKey");
    if (unquoted(call.request.header("x-amz-copy-source-if-match")) != object->etag) {
      return error(412, "PreconditionFailed");
    }
    bytes = bytes_of(*source, *object, range_of(call.request.header("x-amz-copy-source-range")));
  }
  const std::string etag = md5_of(bytes);
  const bool is_open = uploads_.with([&](auto& uploads) {
    const auto upload = uploads.find(call.request.query.at("uploadId"));
    if (upload == uploads.end()) return false;
    upload->second.parts[std::stoi(call.request.query.at("partNumber"))] = std::move(bytes);
    return true;
  });
  if (!is_open) return error(404, "NoSuchUpload");
  if (is_copy) return {.body = fmt::format("<CopyPartResult><ETag>&quot;{}&quot;</ETag></CopyPartResult>", etag)};
  return {.headers = {{"ETag", fmt::format("\"{}\"", etag)}}};
}

HttpReply FakeS3::complete(const Call& call) {
  std::optional<Upload> upload = uploads_.with([&](auto& uploads) -> std::optional<Upload> {
    const auto found = uploads.find(call.request.query.at("uploadId"));
    if (found == uploads.end()) return std::nullopt;
    return found->second;
  });
  if (!upload) return error(404, "NoSuchUpload");
  std::string bytes;
  for (const XmlElement& part : parse_xml(call.request.body).children) {
    const auto found = upload->parts.find(std::stoi(std::string(part.text_of("PartNumber"))));
    if (found == upload->parts.end()) return error(400, "InvalidPart");
    if (unquoted(part.text_of("ETag")) != md5_of(found->second)) return error(400, "InvalidPart");
    bytes += found->second;
  }
  CreateOptions options = options_of(call.request);
  options.metadata = upload->metadata;
  const ObjectInfo object = write_all(*buckets_->open(call.bucket), call.key, bytes, options);
  uploads_.with([&](auto& uploads) { uploads.erase(call.request.query.at("uploadId")); });
  return {.body =
              fmt::format("<CompleteMultipartUploadResult><ETag>&quot;{}&quot;</ETag></CompleteMultipartUploadResult>",
                          object.etag)};
}

HttpReply FakeS3::abort(const Call& call) {
  const auto erased = uploads_.with([&](auto& uploads) { return uploads.erase(call.request.query.at("uploadId")); });
  return erased == 1 ? HttpReply{.status = 204} : error(404, "NoSuchUpload");
}

HttpReply FakeS3::list_uploads(const Call& call) {
  buckets_->open(call.bucket)->head("k");  // throws where there is no bucket
  const auto prefix = call.request.query.find("prefix");
  std::string found;
  uploads_.with([&](auto& uploads) {
    for (const auto& [id, upload] : uploads) {
      const bool fits = prefix == call.request.query.end() || upload.key.starts_with(prefix->second);
      if (upload.bucket != call.bucket || !fits) continue;
      found += fmt::format(
          "<Upload><Key>{}</Key><UploadId>{}</UploadId><Initiated>2026-01-02T03:04:05.000Z</Initiated>"
          "</Upload>",
          uri_encode(upload.key, false), id);
    }
  });
  return {.body = fmt::format("<ListMultipartUploadsResult><EncodingType>url</EncodingType><IsTruncated>false"
                              "</IsTruncated>{}</ListMultipartUploadsResult>",
                              found)};
}

}  // namespace penstock
