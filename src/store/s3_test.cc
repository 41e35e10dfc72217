#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "penstock/error.h"
#include "store/conformance.h"
#include "store/fake_s3.h"
#include "store/s3_bucket.h"
#include "store/s3_copy.h"
#include "store/scripted_server.h"

namespace penstock {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using namespace std::chrono_literals;

constexpr std::size_t kPart = 5 << 20;
constexpr std::uint64_t kNoLimit = 1 << 30;
const std::string kBeyondAPart(kPart + 1, 'x');
constexpr char kSecret[] = "canary/secret/that/nothing/may/ever/show";

S3Config config_for(const ScriptedServer& server) {
  S3Config config;
  config.endpoint_url = server.url();
  config.credentials = AwsCredentials{
      .access_key_id = "AKIAPENSTOCKTESTS000", .secret_access_key = Secret(kSecret), .session_token = {}};
  config.part_size = kPart;
  config.max_attempts = 3;
  return config;
}

class FakeOnTrial final : public StoreOnTrial {
 public:
  Buckets& buckets() override { return *buckets_; }

 private:
  FakeS3 fake_;
  ScriptedServer server_{[this](const HttpRequest& request) { return fake_.answer(request); }};
  std::unique_ptr<Buckets> buckets_ = connect_s3(config_for(server_), silence());
};

std::unique_ptr<StoreOnTrial> start_fake() { return std::make_unique<FakeOnTrial>(); }

INSTANTIATE_TEST_SUITE_P(FakeS3, StoreConformance, testing::Values(&start_fake));

// What a request asks S3 for, in S3's words.
std::string operation_of(const HttpRequest& request) {
  const bool has_key = request.path.find('/', 1) + 1 < request.path.size();
  if (request.method == "HEAD") return "HeadObject";
  if (request.method == "POST" && request.asks("uploads")) return "CreateMultipartUpload";
  if (request.method == "POST" && request.asks("uploadId")) return "CompleteMultipartUpload";
  if (request.method == "POST") return "DeleteObjects";
  if (request.method == "PUT" && request.asks("uploadId")) return "UploadPart";
  if (request.method == "PUT" && !has_key) return "CreateBucket";
  if (request.method == "PUT") return request.header("x-amz-copy-source").empty() ? "PutObject" : "CopyObject";
  if (request.method == "DELETE") return request.asks("uploadId") ? "AbortMultipartUpload" : "DeleteObject";
  if (request.asks("list-type")) return "ListObjectsV2";
  return request.asks("uploads") ? "ListMultipartUploads" : "GetObject";
}

// A FakeS3 that fails where a test says so.
class S3 : public testing::Test {
 protected:
  using Fault = std::function<std::optional<HttpReply>(const HttpRequest&)>;

  S3() {
    fake_.buckets().create_bucket("lake");
    held_ = fake_.buckets().open("lake");
  }

  // Every request goes through it first; nullopt: the fake answers.
  void set_fault(Fault fault) {
    fault_.with([&](Fault& now) { now = std::move(fault); });
  }
  // Fails the first `times` requests of this operation.
  void fail(std::string operation, int times, std::function<HttpReply(const HttpRequest&)> how) {
    set_fault([operation = std::move(operation), left = std::make_shared<std::atomic<int>>(times),
               how = std::move(how)](const HttpRequest& request) -> std::optional<HttpReply> {
      if (operation_of(request) != operation || left->fetch_sub(1) <= 0) return std::nullopt;
      return how(request);
    });
  }
  // Carries a request out, and loses the answer.
  HttpReply carry_out_and_drop(const HttpRequest& request) {
    fake_.answer(request);
    return {.delivery = HttpReply::Delivery::dropped};
  }

  ObjectStore& connect() { return connect(config_for(server_)); }
  ObjectStore& connect(const S3Config& config) {
    buckets_ = connect_s3(config, silence());
    store_ = buckets_->open("lake");
    return *store_;
  }

  [[nodiscard]] int count(std::string_view operation) const {
    int found = 0;
    for (const HttpRequest& request : server_.requests()) found += operation_of(request) == operation ? 1 : 0;
    return found;
  }

  FakeS3 fake_;
  std::unique_ptr<ObjectStore> held_;  // what the server holds, past all HTTP
  Guarded<Fault> fault_;
  ScriptedServer server_{[this](const HttpRequest& request) {
    const Fault fault = fault_.with([](const Fault& now) { return now; });
    if (fault) {
      if (auto reply = fault(request)) return *std::move(reply);
    }
    return fake_.answer(request);
  }};
  std::unique_ptr<Buckets> buckets_;
  std::unique_ptr<ObjectStore> store_;
};

struct Failure {
  ErrorKind kind;
  std::string message;
};

template <typename F>
Failure failure_of(F&& act) {
  try {
    std::forward<F>(act)();
  } catch (const Error& e) {
    return {e.kind(), e.what()};
  }
  ADD_FAILURE() << "nothing was thrown";
  return {ErrorKind::internal, {}};
}

HttpReply dropped(const HttpRequest&) { return {.delivery = HttpReply::Delivery::dropped}; }

TEST_F(S3, TriesAgainWhatMayPass) {
  ObjectStore& store = connect();
  const std::string large(kPart + 1, 'x');
  const ObjectInfo there = write_all(*held_, "there", "bytes");
  const std::vector<std::pair<std::string, std::function<void()>>> acts{
      {"HeadObject", [&] { EXPECT_TRUE(store.head("there")); }},
      {"GetObject", [&] { EXPECT_EQ(read_all(store, there, 10), "bytes"); }},
      {"ListObjectsV2", [&] { EXPECT_TRUE(store.list("")->next()); }},
      {"PutObject", [&] { write_all(store, "small", "x"); }},
      {"CreateMultipartUpload", [&] { write_all(store, "large", large); }},
      {"UploadPart", [&] { write_all(store, "large", large); }},
      {"CompleteMultipartUpload", [&] { write_all(store, "large", large); }},
      {"CopyObject", [&] { store.copy(there, store, "copied"); }},
      {"DeleteObject", [&] { EXPECT_TRUE(store.remove_if_unchanged(write_all(*held_, "gone", "x"))); }},
      {"DeleteObjects", [&] { store.remove(std::vector<std::string>{"a", "b"}); }},
      {"ListMultipartUploads", [&] { store.open_uploads(""); }},
  };
  const std::vector<std::pair<std::string, std::function<HttpReply(const HttpRequest&)>>> faults{
      {"500", [](const HttpRequest&) { return FakeS3::error(500, "InternalError"); }},
      {"503", [](const HttpRequest&) { return FakeS3::error(503, "SlowDown"); }},
      {"409", [](const HttpRequest&) { return FakeS3::error(409, "OperationAborted"); }},
      {"502", [](const HttpRequest&) { return HttpReply{.status = 502, .body = "<html>Bad gateway</html>"}; }},
      {"dropped", &dropped},
  };
  for (const auto& [operation, act] : acts) {
    for (const auto& [fault, how] : faults) {
      SCOPED_TRACE(operation + " " + fault);
      if (operation == "HeadObject" && fault == "409") continue;  // it has no body to say what conflicts
      fail(operation, 1, how);
      EXPECT_NO_THROW(act());
    }
  }
  EXPECT_TRUE(read_all(*held_, "large", kNoLimit) == large);
}

TEST_F(S3, GivesUpAfterTheAttemptsItIsAllowed) {
  fail("HeadObject", 1000, [](const HttpRequest&) { return FakeS3::error(503, "SlowDown"); });
  const Failure failure = failure_of([&] { connect().head("k"); });
  EXPECT_EQ(failure.kind, ErrorKind::unavailable);
  EXPECT_THAT(failure.message, AllOf(HasSubstr("s3://lake/k"), HasSubstr("503 SlowDown"), HasSubstr("3 attempts")));
  EXPECT_EQ(count("HeadObject"), 3);
}

TEST_F(S3, OneAttemptIsOneRequest) {
  fail("HeadObject", 1, [](const HttpRequest&) { return FakeS3::error(500, "InternalError"); });
  S3Config config = config_for(server_);
  config.max_attempts = 1;
  EXPECT_EQ(failure_of([&] { connect(config).head("k"); }).kind, ErrorKind::unavailable);
  EXPECT_EQ(count("HeadObject"), 1);
}

TEST_F(S3, TakesAnErrorInA200ForAnError) {
  ObjectStore& store = connect();
  const ObjectInfo there = write_all(*held_, "there", "bytes");
  const auto error_in_200 = [](const HttpRequest&) {
    HttpReply reply = FakeS3::error(200, "AccessDenied", "not you");
    return reply;
  };
  const std::vector<std::pair<std::string, std::function<void()>>> acts{
      {"CompleteMultipartUpload", [&] { write_all(store, "new", std::string(kPart + 1, 'x')); }},
      {"CopyObject", [&] { store.copy(there, store, "new"); }},
      {"DeleteObjects", [&] { store.remove(std::vector<std::string>{"there", "b"}); }},
  };
  for (const auto& [operation, act] : acts) {
    fail(operation, 1, error_in_200);
    const Failure failure = failure_of(act);
    EXPECT_EQ(failure.kind, ErrorKind::denied) << operation;
    EXPECT_THAT(failure.message, HasSubstr("AccessDenied: not you")) << operation;
    EXPECT_FALSE(held_->head("new")) << operation;
  }
  for (const auto& [operation, act] : acts) {
    fail(operation, 1, [](const HttpRequest&) { return FakeS3::error(200, "InternalError"); });
    EXPECT_NO_THROW(act()) << operation << ": an internal error passes, in a 200 as well";
  }
}

TEST_F(S3, SaysWhichKeysOfABatchWereRefused) {
  fail("DeleteObjects", 1, [](const HttpRequest&) {
    return HttpReply{.body =
                         "<DeleteResult><Error><Key>b&amp;c</Key><Code>AccessDenied</Code><Message>no</Message>"
                         "</Error></DeleteResult>"};
  });
  std::atomic<int> alone = 0;
  set_fault([&, inner = fault_.with([](const Fault& f) { return f; })](const HttpRequest& request) {
    if (operation_of(request) != "DeleteObject") return inner(request);
    ++alone;
    return std::optional(FakeS3::error(403, "AccessDenied", "no"));
  });
  const Failure failure = failure_of([&] { connect().remove(std::vector<std::string>{"a", "b&c"}); });
  EXPECT_EQ(failure.kind, ErrorKind::denied);
  EXPECT_THAT(failure.message, AllOf(HasSubstr("s3://lake/b&c"), Not(HasSubstr("s3://lake/a"))));
  EXPECT_EQ(alone, 1);
}

TEST_F(S3, KnowsItsOwnWriteWhenTheAnswerIsLost) {
  ObjectStore& store = connect();
  for (const std::size_t size : {std::size_t{3}, kPart + 3}) {
    const std::string operation = size > kPart ? "CompleteMultipartUpload" : "PutObject";
    const std::string key = "k" + std::to_string(size);
    const std::string bytes(size, 'x');
    fail(operation, 1, [this](const HttpRequest& request) { return carry_out_and_drop(request); });
    const ObjectInfo written = write_all(store, key, bytes, {.only_if_absent = true, .metadata = {{"a", "b"}}});
    EXPECT_EQ(written.size, size);
    EXPECT_EQ(written.etag, held_->head(key).value().etag);
    EXPECT_TRUE(read_all(*held_, key, kNoLimit) == bytes);
    EXPECT_THAT(store.head(key).value().metadata, SizeIs(1)) << "the attempt's id is nobody else's business";
  }
}

TEST_F(S3, TakesNobodyElsesWriteForItsOwn) {
  ObjectStore& store = connect();
  for (const std::size_t size : {std::size_t{3}, kPart + 3}) {
    const std::string operation = size > kPart ? "CompleteMultipartUpload" : "PutObject";
    const std::string key = "k" + std::to_string(size);
    fail(operation, 1, [&](const HttpRequest&) {
      write_all(*held_, key, "theirs");
      return HttpReply{.delivery = HttpReply::Delivery::dropped};
    });
    const Failure failure =
        failure_of([&] { write_all(store, key, std::string(size, 'x'), {.only_if_absent = true}); });
    EXPECT_EQ(failure.kind, ErrorKind::conflict);
    EXPECT_EQ(read_all(*held_, key, 10), "theirs");
    EXPECT_THAT(store.open_uploads(""), IsEmpty());
  }
}

TEST_F(S3, KnowsItsOwnCopyWhenTheAnswerIsLost) {
  const ObjectInfo from = write_all(*held_, "from", "bytes", {.metadata = {{"a", "b"}}});
  fail("CopyObject", 1, [this](const HttpRequest& request) { return carry_out_and_drop(request); });
  EXPECT_EQ(connect().copy(from, *store_, "to", {.only_if_absent = true}).size, 5U);
  EXPECT_EQ(store_->head("to").value().metadata, (std::map<std::string, std::string>{{"a", "b"}}));
}

TEST_F(S3, ACopyWithNewMetadataKeepsWhatElseTheSourceSaysOfItself) {
  const ObjectInfo from = write_all(*held_, "from", "bytes");
  fail("HeadObject", 1, [this](const HttpRequest& request) {
    HttpReply reply = fake_.answer(request);
    reply.headers["Content-Encoding"] = "gzip";
    return reply;
  });
  connect().copy(from, *store_, "to", {.metadata = {{"a", "b"}}});
  for (const HttpRequest& request : server_.requests()) {
    EXPECT_EQ(request.header("content-encoding"), operation_of(request) == "CopyObject" ? "gzip" : "");
  }
  EXPECT_EQ(count("CopyObject"), 1);
}

TEST_F(S3, AsksForEncryptionAndStorageClassWhereAnObjectBegins) {
  const std::string header = "x-amz-server-side-encryption";
  const auto asked = [&](const CreateOptions& options) {
    const std::size_t before = server_.requests().size();
    const ObjectInfo small = write_all(connect(), "small", "bytes", options);
    write_all(connect(), "large", std::string(kPart + 3, 'x'), options);
    connect().copy(small, *store_, "copied", options);
    std::set<std::string> seen;
    const auto requests = server_.requests();
    for (const HttpRequest& request : std::span(requests).subspan(before)) {
      const std::string operation = operation_of(request);
      const bool begins = operation == "PutObject" || operation == "CreateMultipartUpload" || operation == "CopyObject";
      if (begins) {
        seen.insert(request.header(header) + "," + request.header(header + "-aws-kms-key-id") + "," +
                    request.header("x-amz-storage-class"));
      } else {
        EXPECT_EQ(request.header(header), "") << operation << " is refused with it";
        EXPECT_EQ(request.header("x-amz-storage-class"), "") << operation;
      }
    }
    return seen;
  };
  EXPECT_THAT(asked({}), ElementsAre(",,"));
  EXPECT_THAT(asked({.encryption = ServerSideEncryption{}}), ElementsAre("AES256,,"));
  EXPECT_THAT(asked({.encryption = ServerSideEncryption{.kms_key_id = "k"}}), ElementsAre("aws:kms,k,"));
  EXPECT_THAT(asked({.storage_class = "GLACIER_IR"}), ElementsAre(",,GLACIER_IR"));
  EXPECT_THAT(asked({.metadata = {{"a", "b"}}, .storage_class = "NONE"}), ElementsAre(",,NONE")) << "S3's to judge";
}

TEST_F(S3, LearnsWhetherAServerHeedsTheVersionThatItIsToRemove) {
  ObjectStore& store = connect();
  EXPECT_TRUE(store.removes_in_one_step("try"));
  set_fault([this](const HttpRequest& request) -> std::optional<HttpReply> {
    if (operation_of(request) != "DeleteObject") return std::nullopt;
    held_->remove(std::vector<std::string>{"try"});
    return HttpReply{.status = 204};
  });
  EXPECT_FALSE(store.removes_in_one_step("try")) << "it removes what has another ETag";
  set_fault([](const HttpRequest& request) -> std::optional<HttpReply> {
    if (request.header("if-match").empty()) return std::nullopt;
    return FakeS3::error(501, "NotImplemented");
  });
  EXPECT_EQ(failure_of([&] { store.removes_in_one_step("try"); }).kind, ErrorKind::refused);
  EXPECT_EQ(held_->head("try"), std::nullopt) << "nothing of the trial stays";
  set_fault({});
  write_all(*held_, "try", "somebody's");
  EXPECT_EQ(failure_of([&] { store.removes_in_one_step("try"); }).kind, ErrorKind::conflict);
  EXPECT_EQ(read_all(*held_, "try", 20), "somebody's");
}

TEST_F(S3, NeverHandsOutHalfAnObject) {
  const std::string bytes(100'000, 'x');
  const ObjectInfo object = write_all(*held_, "k", bytes);
  ObjectStore& store = connect();
  const auto truncated = [this](const HttpRequest& request) {
    HttpReply reply = fake_.answer(request);
    reply.delivery = HttpReply::Delivery::truncated;
    return reply;
  };
  fail("GetObject", 2, truncated);
  EXPECT_TRUE(read_all(store, object, kNoLimit) == bytes);
  fail("GetObject", 1000, truncated);
  EXPECT_EQ(failure_of([&] { read_all(store, object, kNoLimit); }).kind, ErrorKind::unavailable);
}

TEST_F(S3, ReadsDamagedBytesAgain) {
  const ObjectInfo object = write_all(*held_, "k", "123456789");
  fail("GetObject", 1, [this](const HttpRequest& request) {
    HttpReply reply = fake_.answer(request);
    reply.headers["x-amz-checksum-crc64nvme"] = "rosUhgpTlqE=";  // of 123456789
    reply.body[3] = 'X';
    return reply;
  });
  EXPECT_EQ(read_all(connect(), object, 10), "123456789");
  EXPECT_EQ(count("GetObject"), 2);
}

TEST_F(S3, ListensToTheETagWhereAServerIgnoresIfMatch) {
  const ObjectInfo old = write_all(*held_, "k", "old");
  write_all(*held_, "k", "new");
  fail("GetObject", 1, [this](HttpRequest request) {
    request.headers.erase("if-match");
    return fake_.answer(request);
  });
  EXPECT_EQ(failure_of([&] { read_all(connect(), old, 10); }).kind, ErrorKind::conflict);
}

TEST_F(S3, GivesUpOnAStalledReply) {
  fail("HeadObject", 1000,
       [](const HttpRequest&) { return HttpReply{.body = "never", .delivery = HttpReply::Delivery::stalled}; });
  fail("GetObject", 1000,
       [](const HttpRequest&) { return HttpReply{.body = "never", .delivery = HttpReply::Delivery::stalled}; });
  S3Config config = config_for(server_);
  config.request_timeout = 1s;
  config.max_attempts = 1;
  const Failure failure = failure_of([&] { read_all(connect(config), {.key = "k", .size = 5, .etag = "e"}, 10); });
  EXPECT_EQ(failure.kind, ErrorKind::unavailable);
  EXPECT_THAT(failure.message, HasSubstr("no byte moved"));
}

TEST_F(S3, NobodyAtTheEndpointIsUnavailable) {
  S3Config config = config_for(server_);
  config.endpoint_url = "http://127.0.0.1:1";
  config.max_attempts = 2;
  const Failure failure = failure_of([&] { connect(config).head("k"); });
  EXPECT_EQ(failure.kind, ErrorKind::unavailable);
  EXPECT_THAT(failure.message, HasSubstr("2 attempts"));
}

TEST_F(S3, SaysWhyItWasRefused) {
  struct Case {
    int status;
    const char* code;
    ErrorKind kind;
    const char* word;
  };
  ObjectStore& store = connect();
  for (const Case& c : {Case{403, "InvalidAccessKeyId", ErrorKind::denied, "AWS_ACCESS_KEY_ID"},
                        Case{403, "SignatureDoesNotMatch", ErrorKind::denied, "AWS_SECRET_ACCESS_KEY"},
                        Case{403, "AccessDenied", ErrorKind::denied, "AccessDenied"},
                        Case{400, "ExpiredToken", ErrorKind::denied, "new session credentials"},
                        Case{403, "RequestTimeTooSkewed", ErrorKind::denied, "clock"},
                        Case{404, "NoSuchBucket", ErrorKind::not_found, "no such bucket 'lake'"},
                        Case{404, "NoSuchKey", ErrorKind::not_found, "s3://lake/k"},
                        Case{400, "InvalidBucketName", ErrorKind::invalid, "InvalidBucketName"},
                        Case{400, "InvalidArgument", ErrorKind::refused, "as scripted"},
                        Case{501, "NotImplemented", ErrorKind::refused, "NotImplemented"}}) {
    const int before = count("GetObject");
    fail("GetObject", 1000, [&](const HttpRequest&) { return FakeS3::error(c.status, c.code); });
    const Failure failure = failure_of([&] { read_all(store, {.key = "k", .size = 5, .etag = "e"}, 10); });
    EXPECT_EQ(failure.kind, c.kind) << c.code;
    EXPECT_THAT(failure.message, AllOf(HasSubstr(c.word), HasSubstr("read s3://lake"), Not(HasSubstr(kSecret))));
    EXPECT_EQ(count("GetObject"), before + 1) << c.code << ": no further attempt would help";
  }
}

TEST_F(S3, NamesTheRegionWhereABucketIs) {
  fail("GetObject", 1000, [](const HttpRequest&) {
    HttpReply reply = FakeS3::error(301, "PermanentRedirect");
    reply.headers["x-amz-bucket-region"] = "eu-west-3";
    return reply;
  });
  const Failure failure = failure_of([&] { read_all(connect(), {.key = "k", .size = 5, .etag = "e"}, 10); });
  EXPECT_EQ(failure.kind, ErrorKind::invalid);
  EXPECT_THAT(failure.message, HasSubstr("region eu-west-3: set AWS_REGION"));
}

TEST_F(S3, AsksForTheNextPageBeforeThisOneIsUsed) {
  for (int i = 0; i < 1500; ++i) write_all(*held_, fmt::format("{:04}", i), "x");
  const auto listing = connect().list("");
  ASSERT_TRUE(listing->next());
  while (count("ListObjectsV2") < 2) std::this_thread::sleep_for(1ms);
}

TEST_F(S3, AsksForNoPageBeyondTheEndOfAListing) {
  for (int i = 0; i < 3500; ++i) write_all(*held_, fmt::format("{:04}", i), "x");
  const auto listing = connect().list("", "0099");
  listing->end_at("1500");
  std::string last;
  while (const auto object = listing->next()) last = object->key;
  EXPECT_EQ(last, "2099") << "whole pages";
  EXPECT_EQ(count("ListObjectsV2"), 2);
}

TEST_F(S3, RefusesAListingOutOfOrder) {
  fail("ListObjectsV2", 1, [](const HttpRequest&) {
    return HttpReply{.body =
                         "<ListBucketResult><Contents><Key>b</Key><Size>1</Size></Contents>"
                         "<Contents><Key>a</Key><Size>1</Size></Contents></ListBucketResult>"};
  });
  const auto listing = connect().list("");
  EXPECT_THAT(failure_of([&] { listing->next(); }).message, HasSubstr("'a' after 'b'"));
}

TEST_F(S3, RefusesHalfAListing) {
  for (const char* body : {"<ListBucketResult><Contents>", "<html></html>", "",
                           "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"}) {
    fail("ListObjectsV2", 1, [&](const HttpRequest&) { return HttpReply{.body = body}; });
    const auto listing = connect().list("");
    EXPECT_EQ(failure_of([&] { listing->next(); }).kind, ErrorKind::unavailable) << body;
  }
}

TEST_F(S3, KeepsWithinItsMemory) {
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  set_fault([&](const HttpRequest& request) -> std::optional<HttpReply> {
    if (operation_of(request) != "UploadPart") return std::nullopt;
    most = std::max<int>(most, ++now);
    std::this_thread::sleep_for(20ms);
    HttpReply reply = fake_.answer(request);
    --now;
    return reply;
  });
  S3Config config = config_for(server_);
  config.max_memory = 3 * kPart;
  const auto writer = connect(config).create("k");
  const std::string part(kPart, 'x');
  for (int i = 0; i < 12; ++i) writer->write(std::as_bytes(std::span(part)));
  EXPECT_EQ(writer->commit().size, 12 * kPart);
  EXPECT_LE(most, 3);
  EXPECT_GE(most, 2) << "and uses it";
}

TEST_F(S3, ManyTransfersShareTheMemoryAndNoneWaitsForAnother) {
  S3Config config = config_for(server_);
  config.max_memory = kPart;
  ObjectStore& store = connect(config);
  const std::string bytes(2 * kPart + 1, 'x');
  const auto first = store.create("first");
  const auto second = store.create("second");
  for (const auto& writer : {first.get(), second.get()}) writer->write(std::as_bytes(std::span(bytes)));
  second->commit();
  first->commit();
  EXPECT_TRUE(read_all(store, "first", kNoLimit) == bytes);
  const auto reader = store.open(store.head("first").value());
  EXPECT_TRUE(read_all(store, "second", kNoLimit) == bytes);
}

TEST_F(S3, StopsWaitingWhenAsked) {
  std::stop_source stop;
  S3Config config = config_for(server_);
  config.stop = stop.get_token();
  ObjectStore& store = connect(config);
  const auto writer = store.create("large");
  writer->write(std::as_bytes(std::span(kBeyondAPart)));
  ASSERT_THAT(store.open_uploads(""), SizeIs(1));
  set_fault([&](const HttpRequest& request) -> std::optional<HttpReply> {
    if (operation_of(request) != "HeadObject") return std::nullopt;
    stop.request_stop();
    return HttpReply{.body = "never", .delivery = HttpReply::Delivery::stalled};
  });
  EXPECT_EQ(failure_of([&] { store.head("k"); }).kind, ErrorKind::cancelled);
  EXPECT_EQ(failure_of([&] { writer->commit(); }).kind, ErrorKind::cancelled);
  EXPECT_EQ(failure_of([&] { store.list("")->next(); }).kind, ErrorKind::cancelled);
}

TEST_F(S3, WaitsForTheAnswerOfWhatWouldAppearLater) {
  const ObjectInfo there = write_all(*held_, "there", "bytes");
  for (const std::string operation : {"CopyObject", "CompleteMultipartUpload"}) {
    SCOPED_TRACE(operation);
    std::stop_source stop;
    S3Config config = config_for(server_);
    config.stop = stop.get_token();
    ObjectStore& store = connect(config);
    set_fault([&](const HttpRequest& request) -> std::optional<HttpReply> {
      if (operation_of(request) != operation) return std::nullopt;
      stop.request_stop();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      return std::nullopt;
    });
    const Failure failure = failure_of([&] {
      operation == "CopyObject" ? store.copy(there, store, operation)
                                : write_all(store, operation, std::string(kPart + 1, 'x'));
    });
    EXPECT_EQ(failure.kind, ErrorKind::cancelled);
    EXPECT_TRUE(held_->head(operation)) << "who was told that it was stopped can remove it now";
    EXPECT_EQ(failure_of([&] { store.copy(there, store, "not sent"); }).kind, ErrorKind::cancelled);
    EXPECT_FALSE(held_->head("not sent"));
  }
}

TEST_F(S3, AbortsItsUploadAlsoWhenStopped) {
  std::stop_source stop;
  S3Config config = config_for(server_);
  config.stop = stop.get_token();
  {
    const auto writer = connect(config).create("large");
    writer->write(std::as_bytes(std::span(kBeyondAPart)));
    stop.request_stop();
  }
  EXPECT_EQ(count("AbortMultipartUpload"), 1);
  EXPECT_THAT(connect().open_uploads(""), IsEmpty());
}

TEST_F(S3, RemovesAlsoWhenStoppedWhereAskedTo) {
  std::stop_source stop;
  S3Config config = config_for(server_);
  config.stop = stop.get_token();
  ObjectStore& store = connect(config);
  for (const char* key : {"one", "two", "three"}) write_all(store, key, "x");
  stop.request_stop();
  EXPECT_EQ(failure_of([&] { store.remove(std::vector<std::string>{"one"}); }).kind, ErrorKind::cancelled);
  store.remove(std::vector<std::string>{"one"}, {.even_when_stopped = true});
  store.remove(std::vector<std::string>{"two", "three"}, {.even_when_stopped = true});
  EXPECT_FALSE(connect().list("")->next().has_value());
}

TEST_F(S3, SendsChecksumsAndDoesWithoutWhereTheyAreUnknown) {
  ObjectStore& store = connect();
  const std::string bytes(kPart + 1, 'x');
  write_all(store, "small", "x");
  write_all(store, "large", bytes);
  int with_checksum = 0;
  for (const HttpRequest& request : server_.requests()) {
    if (!request.header("x-amz-checksum-crc64nvme").empty()) ++with_checksum;
  }
  EXPECT_EQ(with_checksum, 3) << "one object and two parts";
  set_fault([](const HttpRequest& request) -> std::optional<HttpReply> {
    if (request.header("x-amz-checksum-algorithm").empty()) return std::nullopt;
    return FakeS3::error(400, "InvalidRequest", "Checksum algorithm provided is unsupported");
  });
  write_all(store, "large", bytes);
  EXPECT_TRUE(read_all(*held_, "large", kNoLimit) == bytes);
}

TEST_F(S3, CopiesInPartsWhatIsTooLargeForOneCopy) {
  S3Client client(config_for(server_), silence());
  const S3Bucket bucket{.client = client, .name = "lake"};
  const std::string bytes = std::string(1000, 'x') + std::string(1000, 'y') + "z";
  const ObjectInfo from = write_all(*held_, "from/a b", bytes, {.metadata = {{"a", "b"}}});
  EXPECT_EQ(copy_s3(bucket, from, bucket, "to", {}, 500).size, bytes.size());
  EXPECT_EQ(read_all(*held_, "to", kNoLimit), bytes);
  EXPECT_EQ(bucket.head("look at", "to").value().metadata, (std::map<std::string, std::string>{{"a", "b"}}));
  copy_s3(bucket, from, bucket, "marked", {.added_metadata = {{"c", "d"}}, .storage_class = "GLACIER_IR"}, 500);
  EXPECT_EQ(bucket.head("look at", "marked").value().metadata,
            (std::map<std::string, std::string>{{"a", "b"}, {"c", "d"}}));
  std::string asked;
  for (const HttpRequest& request : server_.requests()) {
    if (operation_of(request) == "CreateMultipartUpload") asked = request.header("x-amz-storage-class");
  }
  EXPECT_EQ(asked, "GLACIER_IR");
  EXPECT_EQ(failure_of([&] { copy_s3(bucket, from, bucket, "to", {.only_if_absent = true}, 500); }).kind,
            ErrorKind::conflict);
  write_all(*held_, "from/a b", std::string(bytes.size(), '-'));
  EXPECT_EQ(failure_of([&] { copy_s3(bucket, from, bucket, "to2", {.metadata = {{"c", "d"}}}, 500); }).kind,
            ErrorKind::conflict);
  const ObjectInfo now = held_->head("from/a b").value();
  fail("UploadPart", 1000, [](const HttpRequest&) { return FakeS3::error(403, "AccessDenied"); });
  EXPECT_EQ(failure_of([&] { copy_s3(bucket, now, bucket, "to2", {}, 500); }).kind, ErrorKind::denied);
  EXPECT_EQ(count("AbortMultipartUpload"), 1);
  EXPECT_THAT(connect().open_uploads(""), IsEmpty());
}

TEST_F(S3, AFailedUploadLeavesNoPartsBehind) {
  ObjectStore& store = connect();
  fail("UploadPart", 1000, [](const HttpRequest&) { return FakeS3::error(403, "AccessDenied"); });
  EXPECT_EQ(failure_of([&] { write_all(store, "large", std::string(kPart + 1, 'x')); }).kind, ErrorKind::denied);
  EXPECT_THAT(store.open_uploads(""), IsEmpty());
}

TEST_F(S3, SignsForTheEndpointAndAddressesByPath) {
  connect().head("a b/\u00e9?#");
  const HttpRequest request = server_.requests().at(0);
  EXPECT_EQ(request.path, "/lake/a%20b/%C3%A9%3F%23");
  EXPECT_THAT(request.header("authorization"), HasSubstr("Credential=AKIAPENSTOCKTESTS000/"));
  EXPECT_THAT(request.header("host"), HasSubstr("127.0.0.1:"));
}

}  // namespace
}  // namespace penstock
