#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/guarded.h"
#include "penstock/store.h"
#include "store/md5.h"
#include "store/rules.h"

namespace penstock {
namespace {

struct Object {
  ObjectInfo info;
  std::shared_ptr<const std::string> bytes;  // shared with the readers of this version
};

struct Bucket {
  std::map<std::string, Object, std::less<>> objects;
  std::map<std::string, ObjectStore::OpenUpload> uploads;
  std::uint64_t last_upload = 0;
};

using All = std::map<std::string, Bucket, std::less<>>;

std::chrono::sys_seconds now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

std::string md5_of(std::string_view bytes) {
  Md5 md5;
  md5.update(std::as_bytes(std::span(bytes)));
  return to_hex(md5.digest());
}

class MemoryReader final : public ObjectReader {
 public:
  MemoryReader(std::shared_ptr<const std::string> bytes, ByteRange range)
      : bytes_(std::move(bytes)), rest_(std::string_view(*bytes_).substr(range.offset, range.length)) {}

  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t count = std::min(buffer.size(), rest_.size());
    std::copy_n(std::as_bytes(std::span(rest_)).begin(), count, buffer.begin());
    rest_.remove_prefix(count);
    return count;
  }

 private:
  std::shared_ptr<const std::string> bytes_;
  std::string_view rest_;
};

class MemoryStore final : public ObjectStore {
 public:
  MemoryStore(Guarded<All>& all, std::string_view bucket) : all_(all), name_(bucket) {}

  [[nodiscard]] std::string uri_of(std::string_view key) const override {
    return fmt::format("s3://{}/{}", name_, key);
  }
  std::optional<ObjectInfo> head(std::string_view key) override;
  std::unique_ptr<ObjectListing> list(std::string_view prefix, std::string_view start_after) override;
  std::unique_ptr<ObjectReader> open(const ObjectInfo& object, std::optional<ByteRange> range) override;
  std::unique_ptr<ObjectWriter> create(std::string key, CreateOptions options) override;
  ObjectInfo copy(const ObjectInfo& from, const ObjectStore& source, std::string key, CreateOptions options) override;
  void remove(std::span<const std::string> keys, RemoveOptions options) override;
  bool remove_if_unchanged(const ObjectInfo& object) override;
  bool removes_in_one_step(const std::string& /*key_to_try*/) override { return true; }
  std::vector<OpenUpload> open_uploads(std::string_view prefix) override;
  void abort_upload(const OpenUpload& upload) override;

  // Runs use(bucket) with all buckets locked.
  template <typename F>
  decltype(auto) in_bucket(std::string_view act, const F& use) const {
    return all_.with([&](All& all) -> decltype(auto) {
      const auto found = all.find(name_);
      if (found == all.end()) throw no_such_bucket(act, name_);
      return use(found->second);
    });
  }
  // This version of the object; throws not_found or conflict.
  Object pinned(std::string_view act, const ObjectInfo& object) const;
  ObjectInfo put(Bucket& bucket, std::string key, std::shared_ptr<const std::string> bytes, std::string etag,
                 CreateOptions options) const;
  [[nodiscard]] bool shares(const Guarded<All>& all) const { return &all_ == &all; }

 private:
  Guarded<All>& all_;
  const std::string name_;
};

// Asks for the key after the last one each time, so that it sees what the bucket holds then, and holds nothing.
class MemoryListing final : public ObjectListing {
 public:
  MemoryListing(const MemoryStore& store, std::string_view prefix, std::string_view start_after)
      : store_(store), prefix_(prefix), last_(start_after) {}

  std::optional<ObjectInfo> next() override {
    return store_.in_bucket("list", [&](const Bucket& bucket) -> std::optional<ObjectInfo> {
      const auto found = last_ < prefix_ ? bucket.objects.lower_bound(prefix_) : bucket.objects.upper_bound(last_);
      if (found == bucket.objects.end() || !found->first.starts_with(prefix_)) return std::nullopt;
      last_ = found->first;
      ObjectInfo info = found->second.info;
      info.metadata.clear();
      return info;
    });
  }

 private:
  const MemoryStore& store_;
  const std::string prefix_;
  std::string last_;
};

class MemoryWriter final : public ObjectWriter {
 public:
  MemoryWriter(MemoryStore& store, std::string key, CreateOptions options)
      : store_(store), options_(std::move(options)) {
    upload_ = store_.in_bucket("write", [&](Bucket& bucket) {
      const std::string id = std::to_string(++bucket.last_upload);
      return bucket.uploads[id] = {.key = std::move(key), .upload_id = id, .started = now()};
    });
  }
  MemoryWriter(const MemoryWriter&) = delete;
  MemoryWriter& operator=(const MemoryWriter&) = delete;
  ~MemoryWriter() override {
    try {
      store_.abort_upload(upload_);
    } catch (const std::exception&) {  // the bucket is gone, and the upload with it
    }
  }

  void write(std::span<const std::byte> bytes) override {
    bytes_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }

  ObjectInfo commit() override {
    auto bytes = std::make_shared<const std::string>(std::move(bytes_));
    std::string etag = md5_of(*bytes);
    return store_.in_bucket("write", [&](Bucket& bucket) {
      if (bucket.uploads.erase(upload_.upload_id) == 0) throw upload_gone(store_.uri_of(upload_.key));
      return store_.put(bucket, upload_.key, std::move(bytes), std::move(etag), std::move(options_));
    });
  }

 private:
  MemoryStore& store_;
  CreateOptions options_;
  ObjectStore::OpenUpload upload_;
  std::string bytes_;
};

Object MemoryStore::pinned(std::string_view act, const ObjectInfo& object) const {
  return in_bucket(act, [&](const Bucket& bucket) {
    const auto found = bucket.objects.find(object.key);
    if (found == bucket.objects.end()) throw no_such_object(act, uri_of(object.key));
    if (found->second.info.etag != object.etag) throw changed_since_listed(act, uri_of(object.key));
    return found->second;
  });
}

ObjectInfo MemoryStore::put(Bucket& bucket, std::string key, std::shared_ptr<const std::string> bytes, std::string etag,
                            CreateOptions options) const {
  if (options.only_if_absent && bucket.objects.contains(key)) throw already_there("write", uri_of(key));
  ObjectInfo info{.key = key, .size = bytes->size(), .etag = std::move(etag), .last_modified = now()};
  Object& object = bucket.objects[std::move(key)];
  object = {.info = info, .bytes = std::move(bytes)};
  object.info.metadata = std::move(options.metadata);
  return info;
}

std::optional<ObjectInfo> MemoryStore::head(std::string_view key) {
  check_key(key);
  return in_bucket("read", [&](const Bucket& bucket) -> std::optional<ObjectInfo> {
    const auto found = bucket.objects.find(key);
    if (found == bucket.objects.end()) return std::nullopt;
    return found->second.info;
  });
}

std::unique_ptr<ObjectListing> MemoryStore::list(std::string_view prefix, std::string_view start_after) {
  return std::make_unique<MemoryListing>(*this, prefix, start_after);
}

std::unique_ptr<ObjectReader> MemoryStore::open(const ObjectInfo& object, std::optional<ByteRange> range) {
  check_key(object.key);
  return std::make_unique<MemoryReader>(pinned("read", object).bytes, covered(object, range));
}

std::unique_ptr<ObjectWriter> MemoryStore::create(std::string key, CreateOptions options) {
  check_key(key);
  options.metadata = metadata_for(options);
  check_metadata(options.metadata);
  check_encryption(options);
  check_storage_class(options);
  return std::make_unique<MemoryWriter>(*this, std::move(key), std::move(options));
}

ObjectInfo MemoryStore::copy(const ObjectInfo& from, const ObjectStore& source, std::string key,
                             CreateOptions options) {
  check_key(key);
  check_encryption(options);
  check_storage_class(options);
  const auto* other = dynamic_cast<const MemoryStore*>(&source);
  if (other == nullptr || !other->shares(all_)) throw other_buckets("copy", source.uri_of(from.key));
  Object object = other->pinned("copy", from);
  options.metadata = metadata_for(options, object.info.metadata);
  check_metadata(options.metadata);
  return in_bucket("copy", [&](Bucket& bucket) {
    return put(bucket, std::move(key), std::move(object.bytes), std::move(object.info.etag), std::move(options));
  });
}

void MemoryStore::remove(std::span<const std::string> keys, RemoveOptions /*options*/) {
  for (const std::string& key : keys) check_key(key);
  in_bucket("remove", [&](Bucket& bucket) {
    for (const std::string& key : keys) bucket.objects.erase(key);
  });
}

bool MemoryStore::remove_if_unchanged(const ObjectInfo& object) {
  check_key(object.key);
  return in_bucket("remove", [&](Bucket& bucket) {
    const auto found = bucket.objects.find(object.key);
    if (found == bucket.objects.end()) return true;
    if (found->second.info.etag != object.etag) return false;
    bucket.objects.erase(found);
    return true;
  });
}

std::vector<ObjectStore::OpenUpload> MemoryStore::open_uploads(std::string_view prefix) {
  return in_bucket("list the uploads of", [&](const Bucket& bucket) {
    std::vector<OpenUpload> uploads;
    for (const auto& [id, upload] : bucket.uploads) {
      if (upload.key.starts_with(prefix)) uploads.push_back(upload);
    }
    return uploads;
  });
}

void MemoryStore::abort_upload(const OpenUpload& upload) {
  in_bucket("abort an upload of", [&](Bucket& bucket) { bucket.uploads.erase(upload.upload_id); });
}

class MemoryBuckets final : public Buckets {
 public:
  std::unique_ptr<ObjectStore> open(std::string_view bucket) override {
    check_bucket_name(bucket);
    return std::make_unique<MemoryStore>(all_, bucket);
  }
  void create_bucket(std::string_view bucket) override {
    check_bucket_name(bucket);
    all_.with([&](All& all) { all.try_emplace(std::string(bucket)); });
  }

 private:
  Guarded<All> all_;
};

}  // namespace

std::unique_ptr<Buckets> open_memory() { return std::make_unique<MemoryBuckets>(); }

}  // namespace penstock
