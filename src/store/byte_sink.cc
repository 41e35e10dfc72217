#include "store/byte_sink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <random>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "penstock/error.h"

namespace penstock {
namespace {

constexpr mode_t kMode = 0666;  // less what umask takes

Error taken(const std::string& name) {
  return {ErrorKind::conflict, fmt::format("{} is there already, and was left as it is", printable(name))};
}

class StreamSink final : public ByteSink {
 public:
  StreamSink(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  StreamSink(Fd fd, std::string name) : own_(std::move(fd)), fd_(own_.get()), name_(std::move(name)) {}

  [[nodiscard]] const std::string& name() const noexcept override { return name_; }
  void write(std::span<const std::byte> bytes) override {
    write_fully(fd_, bytes, fmt::format("writing to {}", printable(name_)));
  }
  void commit() override {}

 private:
  const Fd own_;
  const int fd_;
  const std::string name_;
};

class ObjectSink final : public ByteSink {
 public:
  ObjectSink(ObjectStore& store, std::string key, CreateOptions options)
      : name_(store.uri_of(key)), writer_(store.create(std::move(key), std::move(options))) {}

  [[nodiscard]] const std::string& name() const noexcept override { return name_; }
  void write(std::span<const std::byte> bytes) override { writer_->write(bytes); }
  void commit() override { writer_->commit(); }

 private:
  const std::string name_;
  const std::unique_ptr<ObjectWriter> writer_;
};

class LocalSink final : public ByteSink {
 public:
  LocalSink(std::string name, const std::filesystem::path& path, Existing existing)
      : name_(std::move(name)), file_name_(path.filename()), existing_(existing) {
    const std::string folder = path.has_parent_path() ? path.parent_path().string() : ".";
    folder_ = Fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder_)
      throw system_error(fmt::format("writing {}: opening the folder {}", printable(name_), printable(folder)), errno);
    if (existing_ == Existing::refuse && stat_at(folder_.get(), file_name_)) throw taken(name_);
    open();
  }
  LocalSink(const LocalSink&) = delete;
  LocalSink& operator=(const LocalSink&) = delete;
  ~LocalSink() override {
    if (!partial_.empty()) ::unlinkat(folder_.get(), partial_.c_str(), 0);
  }

  [[nodiscard]] const std::string& name() const noexcept override { return name_; }
  void write(std::span<const std::byte> bytes) override { write_fully(file_.get(), bytes, act()); }

  void commit() override {
    if (::fsync(file_.get()) != 0) throw system_error(act(), errno);
    if (partial_.empty()) {
      if (existing_ == Existing::refuse) {
        if (!link(file_name_)) throw taken(name_);
        sync_folder();
        return;
      }
      do {
        partial_ = partial_name();
      } while (!link(partial_));
    }
    const unsigned how = existing_ == Existing::refuse ? RENAME_NOREPLACE : 0;
    if (::renameat2(folder_.get(), partial_.c_str(), folder_.get(), file_name_.c_str(), how) != 0) {
      if (errno == EEXIST) throw taken(name_);
      throw system_error(act(), errno);
    }
    partial_.clear();
    sync_folder();
  }

 private:
  [[nodiscard]] std::string act() const { return fmt::format("writing {}", printable(name_)); }

  // Without a name, nothing is left even if we are killed.
  void open() {
    file_ = Fd(::openat(folder_.get(), ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, kMode));
    while (!file_) {
      if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != EEXIST)
        throw system_error(act(), errno);
      partial_ = partial_name();
      file_ = Fd(::openat(folder_.get(), partial_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, kMode));
      if (!file_ && errno != EEXIST) throw system_error(act(), errno);
    }
  }

  // False: something has the name.
  [[nodiscard]] bool link(const std::string& name) const {
    const std::string self = fmt::format("/proc/self/fd/{}", file_.get());
    if (::linkat(AT_FDCWD, self.c_str(), folder_.get(), name.c_str(), AT_SYMLINK_FOLLOW) == 0) return true;
    if (errno == EEXIST) return false;
    throw system_error(act(), errno);
  }

  [[nodiscard]] std::string partial_name() const {
    std::random_device random;
    constexpr std::size_t kLongest = 200;  // of a name, in bytes, so that what is added fits
    return fmt::format(".{}.{:08x}.partial", std::string_view(file_name_).substr(0, kLongest), random());
  }

  void sync_folder() const {
    // some file systems have no such thing
    if (::fsync(folder_.get()) != 0 && errno != EINVAL) throw system_error(act(), errno);
  }

  const std::string name_;
  const std::string file_name_;
  const Existing existing_;
  Fd folder_;
  Fd file_;
  std::string partial_;  // its name meanwhile; empty: it has none
};

}  // namespace

std::unique_ptr<ByteSink> local_sink(const std::string& path, Existing existing) {
  std::error_code ignored;
  const std::filesystem::path real = std::filesystem::weakly_canonical(path, ignored);
  const std::filesystem::path file = real.empty() ? std::filesystem::path(path) : real;
  const auto status = std::filesystem::status(file, ignored);
  if (std::filesystem::is_directory(status) || !file.has_filename()) {
    throw Error(ErrorKind::conflict, fmt::format("{} is a folder: a file can't have its name", printable(path)));
  }
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd) throw system_error(fmt::format("opening {} for writing", printable(path)), errno);
    return std::make_unique<StreamSink>(std::move(fd), path);
  }
  return std::make_unique<LocalSink>(path, file, existing);
}

std::unique_ptr<ByteSink> object_sink(ObjectStore& store, std::string key, Existing existing, CreateOptions options) {
  options.only_if_absent = existing == Existing::refuse;
  if (options.only_if_absent && store.head(key)) throw taken(store.uri_of(key));
  return std::make_unique<ObjectSink>(store, std::move(key), std::move(options));
}

std::unique_ptr<ByteSink> stream_sink(int fd, std::string name) {
  return std::make_unique<StreamSink>(fd, std::move(name));
}

}  // namespace penstock
