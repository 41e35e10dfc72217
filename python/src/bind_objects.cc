// Single objects of S3, and the keys of a bucket.
#include <fcntl.h>
#include <fmt/format.h>
#include <nanobind/stl/pair.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "bindings.h"
#include "penstock/error.h"
#include "penstock/store.h"
#include "penstock/uri.h"
#include "session.h"

namespace penstock::python {
namespace {

constexpr std::size_t kBuffer = std::size_t{1} << 20;

// act(store, key)
template <typename Act>
auto with_object(const std::string& uri, nb::handle environment, const Act& act) {
  Problems problems;
  const Place place(nb::none(), environment, problems);
  S3Uri where;
  collect(problems, [&] { where = parse_s3_uri(uri); });
  require_none(problems);
  Call call;
  return call.run([&] {
    const OpenBuckets buckets(place.environment(), call);
    const auto store = (*buckets).open(where.bucket);
    return act(*store, where.key);
  });
}

std::optional<std::pair<std::uint64_t, std::string>> run_head(const std::string& uri, nb::handle environment) {
  return with_object(uri, environment, [](ObjectStore& store, const std::string& key) {
    const auto found = store.head(key);
    return found ? std::optional(std::pair(found->size, found->etag)) : std::nullopt;
  });
}

[[noreturn]] void throw_file_error(const std::string& doing, const std::string& path) {
  const int code = errno;
  throw Error(code == ENOENT ? ErrorKind::not_found : ErrorKind::refused,
              fmt::format("{} {}: {}", doing, path, std::generic_category().message(code)));
}

// A file beside the one that it becomes; gone unless it did.
class NewFile {
 public:
  explicit NewFile(const std::string& path) : path_(path), temporary_(fmt::format("{}.penstock-{}", path, getpid())) {
    file_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file_ < 0) throw_file_error("write", path);
  }
  ~NewFile() {
    if (file_ < 0) return;
    close(file_);
    unlink(temporary_.c_str());
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) throw_file_error("write", path_);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }

  void keep() {
    if (rename(temporary_.c_str(), path_.c_str()) != 0) throw_file_error("write", path_);
    close(file_);
    file_ = -1;
  }

 private:
  const std::string path_;
  const std::string temporary_;
  int file_ = -1;
};

void run_download(const std::string& uri, const std::string& path, nb::handle environment) {
  with_object(uri, environment, [&](ObjectStore& store, const std::string& key) {
    const auto found = store.head(key);
    if (!found) throw Error(ErrorKind::not_found, uri + ": there is no such object");
    NewFile file(path);
    const auto reader = store.open(*found);
    std::vector<std::byte> buffer(kBuffer);
    while (const std::size_t count = reader->read(buffer)) file.write(std::span(buffer).first(count));
    file.keep();
  });
}

void run_upload(const std::string& path, const std::string& uri, nb::handle environment) {
  with_object(uri, environment, [&](ObjectStore& store, const std::string& key) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file) throw_file_error("read", path);
    const auto writer = store.create(key);
    std::vector<std::byte> buffer(kBuffer);
    while (file) {
      file.read(reinterpret_cast<char*>(buffer.data()), static_cast<std::streamsize>(buffer.size()));
      if (file.bad()) throw_file_error("read", path);
      writer->write(std::span(buffer).first(static_cast<std::size_t>(file.gcount())));
    }
    writer->commit();
  });
}

void run_remove(const std::string& uri, nb::handle environment) {
  with_object(uri, environment, [](ObjectStore& store, const std::string& key) { store.remove(std::span(&key, 1)); });
}

// The keys of a bucket, some at a time.
class Listing {
 public:
  Listing(const std::string& bucket, const std::string& prefix, nb::handle environment) {
    Problems problems;
    const Place place(nb::none(), environment, problems);
    collect(problems, [&] { parse_s3_uri("s3://" + bucket); });
    require_none(problems);
    call_.run([&] {
      buckets_.emplace(place.environment(), call_);
      store_ = (**buckets_).open(bucket);
      keys_ = store_->list(prefix);
    });
  }

  // None at the end.
  std::optional<std::vector<std::string>> next_some() {
    constexpr std::size_t kMost = 1000;
    auto some = call_.run([&] {
      std::vector<std::string> found;
      while (found.size() < kMost) {
        auto object = keys_->next();
        if (!object) break;
        found.push_back(std::move(object->key));
      }
      return found;
    });
    if (some.empty()) return std::nullopt;
    return some;
  }

 private:
  Call call_;  // outlives what logs to it
  std::optional<OpenBuckets> buckets_;
  std::unique_ptr<ObjectStore> store_;
  std::unique_ptr<ObjectListing> keys_;
};

}  // namespace

void bind_objects(nb::module_& module) {
  nb::class_<Listing>(module, "Listing", "The keys of a bucket that begin so, in the order of their bytes.")
      .def(nb::init<const std::string&, const std::string&, nb::handle>(), nb::arg("bucket"), nb::arg("prefix"),
           nb::arg("environment").none(),
           nb::sig("def __init__(self, bucket: str, prefix: str, environment: dict[str, str] | None) -> None"))
      .def("next_some", &Listing::next_some, nb::sig("def next_some(self) -> list[str] | None"));
  module.def("head_object", &run_head, nb::arg("uri"), nb::arg("environment").none(),
             nb::sig("def head_object(uri: str, environment: dict[str, str] | None) -> tuple[int, str] | None"));
  module.def("download_object", &run_download, nb::arg("uri"), nb::arg("path"), nb::arg("environment").none(),
             nb::sig("def download_object(uri: str, path: str, environment: dict[str, str] | None) -> None"));
  module.def("upload_object", &run_upload, nb::arg("path"), nb::arg("uri"), nb::arg("environment").none(),
             nb::sig("def upload_object(path: str, uri: str, environment: dict[str, str] | None) -> None"));
  module.def("remove_object", &run_remove, nb::arg("uri"), nb::arg("environment").none(),
             nb::sig("def remove_object(uri: str, environment: dict[str, str] | None) -> None"));
}

}  // namespace penstock::python
