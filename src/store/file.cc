#include "store/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <system_error>

namespace penstock {
namespace {

ErrorKind kind_of(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return ErrorKind::not_found;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorKind::denied;
    case ENAMETOOLONG:
    case ELOOP:
      return ErrorKind::invalid;
    default:  // no space, no descriptors, a disk that fails: may pass
      return ErrorKind::unavailable;
  }
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

Error system_error(std::string_view act, int number) {
  return {kind_of(number), fmt::format("{}: {}", act, std::generic_category().message(number))};
}

Fd open_folder_at(int folder, const std::string& name) {
  Fd fd(::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd && errno != ENOENT && errno != ENOTDIR && errno != ELOOP) throw system_error("open folder " + name, errno);
  return fd;
}

Fd open_file_at(int folder, const std::string& name) {
  // O_NONBLOCK: a FIFO that somebody left here must not hold us
  Fd fd(::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENXIO) return fd;
    throw system_error("open file " + name, errno);
  }
  if (!S_ISREG(stat_of(fd.get()).st_mode)) return {};
  return fd;
}

std::optional<struct stat> stat_at(int folder, const std::string& name) {
  struct stat found{};
  if (::fstatat(folder, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0) return found;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw system_error("look at " + name, errno);
}

struct stat stat_of(int fd) {
  struct stat found{};
  if (::fstat(fd, &found) != 0) throw system_error("look at an open file", errno);
  return found;
}

Fd nameless_file(const std::string& folder) {
  std::string path = folder + "/penstock-XXXXXX";
  Fd file(::mkostemp(path.data(), O_CLOEXEC));
  if (file && ::unlink(path.c_str()) != 0) return {};
  return file;
}

std::vector<FileName> names_in(int folder) {
  Fd own(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));  // a position of its own
  if (!own) throw system_error("read a folder", errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> names(::fdopendir(own.get()), &::closedir);
  if (!names) throw system_error("read a folder", errno);
  own.release();
  std::vector<FileName> found;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(names.get());  // NOLINT(concurrency-mt-unsafe): of a stream that is ours alone
    if (entry == nullptr && errno != 0) throw system_error("read a folder", errno);
    if (entry == nullptr) return found;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    FileName file{.name = entry->d_name, .is_folder = entry->d_type == DT_DIR, .is_file = entry->d_type == DT_REG};
    if (entry->d_type == DT_UNKNOWN) {
      const auto state = stat_at(folder, file.name);
      file.is_folder = state && S_ISDIR(state->st_mode);
      file.is_file = state && S_ISREG(state->st_mode);
    }
    found.push_back(std::move(file));
  }
}

void write_fully(int fd, std::span<const std::byte> bytes, std::string_view act) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw system_error(act, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

std::optional<std::string> read_small_file(int folder, const std::string& name) {
  const Fd fd = open_file_at(folder, name);
  if (!fd) return std::nullopt;
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error("read " + name, errno);
    if (got == 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

Fd lock_file(int folder, const std::string& name, Sharing sharing) {
  Fd fd(::openat(folder, name.c_str(), O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (!fd && (errno == EACCES || errno == EROFS)) return fd;
  if (!fd) throw system_error("open lock " + name, errno);
  while (::flock(fd.get(), sharing == Sharing::shared ? LOCK_SH : LOCK_EX) != 0) {
    if (errno != EINTR) throw system_error("lock " + name, errno);
  }
  return fd;
}

}  // namespace penstock
