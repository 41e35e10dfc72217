// Where bytes live: an S3 bucket, a local folder, or memory.
//
// A store maps keys to immutable objects and promises what S3 promises, no more: an object appears whole or not at
// all, and it may be replaced or gone by the time it is opened. store/conformance.h holds every store to this text.
//
// Threads:  a store is called from any thread; what it hands out (listing, reader, writer), from one thread at a time.
// Lifetime: a store outlives what it hands out; Buckets outlive their stores.
// Errors:   Error: not_found (no such bucket or object), denied (credentials refused), conflict (a condition of the
//           call does not hold), invalid (a name that no store takes), unavailable (only after the store's own
//           retries, which back off with jitter on 500, 503, timeouts and lost connections), cancelled.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/environment.h"
#include "penstock/log.h"
#include "penstock/object_reader.h"
#include "penstock/secret.h"

namespace penstock {

struct ObjectInfo {
  std::string key;  // whole, as stored; never URL-encoded, and never a path
  std::uint64_t size = 0;
  std::string etag;                               // opaque, without quotes; differs if the bytes differ
  std::chrono::sys_seconds last_modified{};       // by the server's clock, not ours
  std::map<std::string, std::string> metadata{};  // user metadata (x-amz-meta-*); from head() only, a listing has none
};

class ObjectListing {
 public:
  virtual ~ObjectListing() = default;
  virtual std::optional<ObjectInfo> next() = 0;  // nullopt at the end
  // Whether next() answers at once; false: it would wait for a server.
  virtual bool is_ready() { return true; }
  // Keys beyond this one are of no use from now on: they may be left out, and are not asked for ahead.
  virtual void end_at(std::string_view /*key*/) {}
};

class ObjectWriter {
 public:
  virtual ~ObjectWriter() = default;  // without commit(): aborts, so that an exception leaves no parts to pay for
  virtual void write(std::span<const std::byte> bytes) = 0;  // blocks while the parts in flight fill the budget
  // Once this returns, the object is visible and complete. Once only. Its last_modified here is the time of the
  // answer, by the server's clock; head() has the object's own.
  virtual ObjectInfo commit() = 0;
};

// At rest, where the object lies: readers see nothing of it.
struct ServerSideEncryption {
  // Of AWS's key management; a store that is not S3 refuses it. Empty: keys of the store's own, S3's default anyway.
  std::string kms_key_id{};
};

struct CreateOptions {
  bool only_if_absent = false;  // If-None-Match: *; commit() throws conflict if the key is there
  std::map<std::string, std::string> metadata{};
  std::map<std::string, std::string> added_metadata{};  // beside `metadata`, and in copy() beside what comes along
  std::optional<ServerSideEncryption> encryption{};     // nullopt: as the bucket does by itself
  // By S3's names: STANDARD_IA, GLACIER_IR. Empty: the bucket's own. A store that is not S3 has STANDARD and no other.
  std::string storage_class{};
};

struct ByteRange {  // as much of it as lies inside the object
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct RemoveOptions {
  bool even_when_stopped = false;  // for objects of one's own, which a program that was asked to stop still tidies up
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;
  [[nodiscard]] virtual std::string uri_of(std::string_view key) const = 0;  // s3://bucket/key, for people and for COPY
  virtual std::optional<ObjectInfo> head(std::string_view key) = 0;          // absence is an answer, not an error
  // Bytewise order of keys, which reconcile merges on. Holds one page, however long the listing. start_after: only
  // keys beyond it.
  virtual std::unique_ptr<ObjectListing> list(std::string_view prefix, std::string_view start_after = {}) = 0;
  // Reads exactly this version: if the key was overwritten since, throws conflict rather than join two versions.
  virtual std::unique_ptr<ObjectReader> open(const ObjectInfo& object, std::optional<ByteRange> range = {}) = 0;
  virtual std::unique_ptr<ObjectWriter> create(std::string key, CreateOptions options = {}) = 0;
  // Copies on the server, within this store or from another bucket of the same Buckets; exactly this version. The
  // user metadata comes along, unless the options have some.
  virtual ObjectInfo copy(const ObjectInfo& from, const ObjectStore& source, std::string key,
                          CreateOptions options = {}) = 0;
  // Absent keys are fine; tries all, then throws.
  virtual void remove(std::span<const std::string> keys, RemoveOptions options = {}) = 0;
  // Removes the key if it still is this version. False: it is another version now, and was kept. Absent is true.
  virtual bool remove_if_unchanged(const ObjectInfo& object) = 0;
  // Whether that is one step for the server, or a look and then a removal, between which the key may be overwritten.
  // Where this isn't known beforehand, it is tried on an object that is written there and removed; the key is absent.
  virtual bool removes_in_one_step(const std::string& key_to_try) = 0;
  // Multipart uploads begun under the prefix and neither completed nor aborted: what a killed writer left.
  struct OpenUpload {
    std::string key;
    std::string upload_id;
    std::chrono::sys_seconds started{};
  };
  virtual std::vector<OpenUpload> open_uploads(std::string_view prefix) = 0;
  virtual void abort_upload(const OpenUpload& upload) = 0;
};

// The whole object as a string; for configs and manifests. Throws refused if it is larger than `limit` bytes.
std::string read_all(ObjectStore& store, const ObjectInfo& object, std::uint64_t limit);
// The object at the key, now; not_found when absent.
std::string read_all(ObjectStore& store, std::string_view key, std::uint64_t limit);
ObjectInfo write_all(ObjectStore& store, std::string key, std::string_view bytes, CreateOptions options = {});

// The buckets that one set of credentials reaches. The same bucket opened twice shares its connections.
class Buckets {
 public:
  virtual ~Buckets() = default;
  virtual std::unique_ptr<ObjectStore> open(std::string_view bucket) = 0;  // a missing bucket shows at the first use
  virtual void create_bucket(std::string_view bucket) = 0;                 // there already: nothing to do
};

struct AwsCredentials {
  std::string access_key_id;
  Secret secret_access_key;
  Secret session_token;  // empty: none
};

struct S3Config {
  std::string region = "us-east-1";
  std::string endpoint_url;  // empty: AWS's own; else http(s)://host[:port], addressed by path
  // unset: the standard AWS chain (environment, profile, web identity, container, instance)
  std::optional<AwsCredentials> credentials;
  std::size_t part_size = 16 << 20;                   // bytes of a part of a multipart upload, 5 MiB at least
  std::size_t max_memory = 128 << 20;                 // bytes in flight over all of this client's transfers
  std::chrono::milliseconds request_timeout{30'000};  // without a byte moving
  int max_attempts = 8;                               // of one request, the first included
  std::stop_token stop;                               // requested: waiting calls throw cancelled
};

// AWS_REGION (AWS_DEFAULT_REGION), AWS_ENDPOINT_URL_S3 (AWS_ENDPOINT_URL).
S3Config s3_config(const Environment& environment);

std::unique_ptr<Buckets> connect_s3(const S3Config& config, Log& log);
// Each bucket a folder of `root`; any key is held, encoded (a key may end in / or be a prefix of another).
std::unique_ptr<Buckets> open_folder(const std::string& root);
std::unique_ptr<Buckets> open_memory();
// A folder where PENSTOCK_S3_FOLDER names one, else S3.
std::unique_ptr<Buckets> open_buckets(const Environment& environment, Log& log, std::stop_token stop = {});

// The credentials that the standard chain gives now: for COPY, which needs them as text. denied when there are none.
AwsCredentials resolve_credentials(const Environment& environment, Log& log);

}  // namespace penstock
