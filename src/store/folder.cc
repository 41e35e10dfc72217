#include "store/folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <tuple>

#include "base/text.h"
#include "store/folder_key.h"
#include "store/folder_listing.h"
#include "store/folder_place.h"
#include "store/md5.h"
#include "store/rules.h"

namespace penstock {
namespace {

constexpr std::size_t kChunk = 256 << 10;

std::string new_id() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

bool is_id(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

class FolderReader final : public ObjectReader {
 public:
  FolderReader(Fd file, ByteRange range, std::string uri)
      : file_(std::move(file)), opened_(stat_of(file_.get())), rest_(range), uri_(std::move(uri)) {}

  // The descriptor holds the version against replacing; only a change by hand, in place, can still show.
  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t wanted = std::min<std::uint64_t>(buffer.size(), rest_.length);
    if (wanted == 0) return 0;
    const ssize_t got = ::pread(file_.get(), buffer.data(), wanted, static_cast<off_t>(rest_.offset));
    if (got < 0) throw system_error(fmt::format("read {}", printable(uri_)), errno);
    if (got == 0 || !same_version(opened_, stat_of(file_.get()))) throw changed_since_listed("read", uri_);
    rest_.offset += static_cast<std::uint64_t>(got);
    rest_.length -= static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
  }

 private:
  Fd file_;
  struct stat opened_;
  ByteRange rest_;
  std::string uri_;
};

class FolderStore final : public ObjectStore {
 public:
  FolderStore(const FolderRoot& root, std::string_view bucket) : root_(root), bucket_(bucket) {}

  [[nodiscard]] std::string uri_of(std::string_view key) const override {
    return fmt::format("s3://{}/{}", bucket_, key);
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

  [[nodiscard]] FolderPlace place(std::string_view act) const { return {root_, bucket_, act}; }
  [[nodiscard]] const FolderRoot& root() const noexcept { return root_; }

 private:
  struct Pinned {
    Fd file;
    ObjectInfo now;
  };
  [[nodiscard]] Pinned pinned(std::string_view act, const ObjectInfo& object) const;

  const FolderRoot& root_;
  const std::string bucket_;
};

// The files of an upload, in the folder of uploads; gone with this object.
class FolderUpload {
 public:
  explicit FolderUpload(Fd folder) : folder_(std::move(folder)) {}
  FolderUpload(const FolderUpload&) = delete;
  FolderUpload& operator=(const FolderUpload&) = delete;
  ~FolderUpload() {
    for (const std::string& name : {unfinished_key(), key(), data()}) ::unlinkat(folder_.get(), name.c_str(), 0);
  }
  [[nodiscard]] int folder() const noexcept { return folder_.get(); }
  [[nodiscard]] std::string unfinished_key() const { return id_ + ".new"; }
  [[nodiscard]] std::string key() const { return id_ + ".key"; }
  [[nodiscard]] std::string data() const { return id_ + ".data"; }

 private:
  Fd folder_;
  const std::string id_ = new_id();
};

class FolderWriter final : public ObjectWriter {
 public:
  FolderWriter(const FolderStore& store, std::string key, CreateOptions options)
      : store_(store),
        key_(std::move(key)),
        options_(std::move(options)),
        act_("write " + printable(store.uri_of(key_))),
        upload_(store_.place("write").uploads()) {
    if (upload_.folder() < 0) throw system_error(act_, EROFS);
    {
      const Fd name = make_file(upload_.unfinished_key());
      write_fully(name.get(), std::as_bytes(std::span(key_)), act_);
    }
    data_ = make_file(upload_.data());
    // whoever sees the upload sees its whole key
    if (::renameat(upload_.folder(), upload_.unfinished_key().c_str(), upload_.folder(), upload_.key().c_str()) != 0) {
      throw system_error(act_, errno);
    }
  }

  void write(std::span<const std::byte> bytes) override {
    write_fully(data_.get(), bytes, act_);
    md5_.update(bytes);
  }

  ObjectInfo commit() override {
    const FolderPlace place = store_.place("write");
    const FolderAttributes attributes{.etag = to_hex(md5_.digest()), .metadata = std::move(options_.metadata)};
    store_.root().keeper.remember(data_.get(), place.attributes(), key_, attributes);
    {
      const Fd lock = place.lock(Sharing::exclusive);
      if (!stat_at(upload_.folder(), upload_.data())) throw upload_gone(store_.uri_of(key_));
      const bool put =
          in_act(act_, [&] { return place.put(upload_.folder(), upload_.data(), key_, options_.only_if_absent); });
      if (!put) {
        store_.root().keeper.forget(stat_of(data_.get()), place.attributes(), key_);
        throw already_there("write", store_.uri_of(key_));
      }
      ::unlinkat(upload_.folder(), upload_.key().c_str(), 0);  // no upload any more
    }
    const struct stat written = stat_of(data_.get());
    return {.key = key_,
            .size = static_cast<std::uint64_t>(written.st_size),
            .etag = attributes.etag,
            .last_modified = std::chrono::floor<std::chrono::seconds>(modified(written))};
  }

 private:
  [[nodiscard]] Fd make_file(const std::string& name) const {
    Fd file(::openat(upload_.folder(), name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (!file) throw system_error(act_, errno);
    return file;
  }

  const FolderStore& store_;
  const std::string key_;
  CreateOptions options_;
  const std::string act_;
  FolderUpload upload_;
  Fd data_;
  Md5 md5_;
};

FolderStore::Pinned FolderStore::pinned(std::string_view act, const ObjectInfo& object) const {
  check_key(object.key);
  const FolderPlace here = place(act);
  Fd file = find_file(here.objects(), folder_path(object.key));
  if (!file) throw no_such_object(act, uri_of(object.key));
  ObjectInfo now = here.describe(file.get(), object.key);
  if (now.etag != object.etag) throw changed_since_listed(act, uri_of(object.key));
  return {.file = std::move(file), .now = std::move(now)};
}

std::optional<ObjectInfo> FolderStore::head(std::string_view key) {
  check_key(key);
  const FolderPlace here = place("read");
  const Fd file = find_file(here.objects(), folder_path(key));
  if (!file) return std::nullopt;
  return here.describe(file.get(), std::string(key));
}

std::unique_ptr<ObjectListing> FolderStore::list(std::string_view prefix, std::string_view start_after) {
  return std::make_unique<FolderListing>(root_, bucket_, prefix, start_after);
}

std::unique_ptr<ObjectReader> FolderStore::open(const ObjectInfo& object, std::optional<ByteRange> range) {
  Pinned found = pinned("read", object);
  return std::make_unique<FolderReader>(std::move(found.file), covered(found.now, range), uri_of(object.key));
}

std::unique_ptr<ObjectWriter> FolderStore::create(std::string key, CreateOptions options) {
  check_key(key);
  options.metadata = metadata_for(options);
  check_metadata(options.metadata);
  check_encryption(options);
  check_storage_class(options);
  return std::make_unique<FolderWriter>(*this, std::move(key), std::move(options));
}

ObjectInfo FolderStore::copy(const ObjectInfo& from, const ObjectStore& source, std::string key,
                             CreateOptions options) {
  const auto* other = dynamic_cast<const FolderStore*>(&source);
  if (other == nullptr || &other->root_ != &root_) throw other_buckets("copy", source.uri_of(from.key));
  Pinned found = other->pinned("copy", from);
  options.metadata = metadata_for(options, found.now.metadata);
  FolderReader reader(std::move(found.file), covered(found.now, {}), source.uri_of(from.key));
  const auto writer = create(std::move(key), std::move(options));
  std::vector<std::byte> buffer(kChunk);
  while (const std::size_t got = reader.read(buffer)) writer->write(std::span(buffer).first(got));
  return writer->commit();
}

void FolderStore::remove(std::span<const std::string> keys, RemoveOptions /*options*/) {
  for (const std::string& key : keys) check_key(key);
  const FolderPlace here = place("remove");
  const Fd lock = here.lock(Sharing::exclusive);
  std::optional<Error> failed;
  for (const std::string& key : keys) {
    try {
      in_act("remove " + printable(uri_of(key)), [&] { here.unlink(key); });
    } catch (const Error& e) {
      failed = failed ? Error(failed->kind(), fmt::format("{}\n{}", failed->what(), e.what())) : e;
    }
  }
  if (failed) throw *failed;
}

bool FolderStore::remove_if_unchanged(const ObjectInfo& object) {
  check_key(object.key);
  const FolderPlace here = place("remove");
  const Fd lock = here.lock(Sharing::exclusive);
  const Fd file = find_file(here.objects(), folder_path(object.key));
  if (!file) return true;
  if (here.describe(file.get(), object.key).etag != object.etag) return false;
  here.unlink(object.key);
  return true;
}

std::vector<ObjectStore::OpenUpload> FolderStore::open_uploads(std::string_view prefix) {
  const FolderPlace here = place("list the uploads of");
  std::vector<OpenUpload> found;
  const Fd uploads = here.uploads();
  if (!uploads) return found;
  for (const FileName& file : names_in(uploads.get())) {
    const std::string_view name = file.name;
    if (!name.ends_with(".key") || !is_id(name.substr(0, name.size() - 4))) continue;
    const auto state = stat_at(uploads.get(), file.name);
    auto key = read_small_file(uploads.get(), file.name);
    if (!state || !key || !key->starts_with(prefix)) continue;
    found.push_back({.key = std::move(*key),
                     .upload_id = std::string(name.substr(0, name.size() - 4)),
                     .started = std::chrono::floor<std::chrono::seconds>(modified(*state))});
  }
  std::ranges::sort(found, {}, [](const OpenUpload& upload) { return std::tie(upload.key, upload.started); });
  return found;
}

void FolderStore::abort_upload(const OpenUpload& upload) {
  if (!is_id(upload.upload_id)) {
    throw Error(ErrorKind::invalid, fmt::format("'{}' is not the id of an upload", printable(upload.upload_id)));
  }
  const FolderPlace here = place("abort an upload of");
  const Fd lock = here.lock(Sharing::exclusive);
  const Fd uploads = here.uploads();
  if (!uploads) throw system_error("abort an upload of " + uri_of(upload.key), EROFS);
  for (const char* part : {".key", ".data"}) ::unlinkat(uploads.get(), (upload.upload_id + part).c_str(), 0);
}

class FolderBuckets final : public Buckets {
 public:
  FolderBuckets(std::string root, bool use_xattrs)
      : root_{.path = std::move(root), .keeper = AttributeKeeper(use_xattrs)} {}

  std::unique_ptr<ObjectStore> open(std::string_view bucket) override {
    check_bucket_name(bucket);
    return std::make_unique<FolderStore>(root_, bucket);
  }

  void create_bucket(std::string_view bucket) override {
    check_bucket_name(bucket);
    const std::string act = fmt::format("create s3://{} in folder {}", bucket, root_.path);
    if (::mkdir(root_.path.c_str(), 0777) != 0 && errno != EEXIST) throw system_error(act, errno);
    const Fd top(::open(root_.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!top) throw system_error(act, errno);
    if (!make_folder(top.get(), std::string(bucket))) throw system_error(act, EACCES);
  }

 private:
  const FolderRoot root_;
};

}  // namespace

std::unique_ptr<Buckets> open_folder(const std::string& root, bool use_xattrs) {
  return std::make_unique<FolderBuckets>(root, use_xattrs);
}

std::unique_ptr<Buckets> open_folder(const std::string& root) { return open_folder(root, true); }

}  // namespace penstock
