#include "store/folder_place.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "base/text.h"
#include "store/folder_key.h"
#include "store/md5.h"
#include "store/rules.h"

namespace penstock {
namespace {

constexpr std::size_t kChunk = 256 << 10;

std::string md5_of_file(int file) {
  Md5 md5;
  std::vector<std::byte> buffer(kChunk);
  for (off_t offset = 0;;) {
    const ssize_t got = ::pread(file, buffer.data(), buffer.size(), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error("read a file for its MD5", errno);
    if (got == 0) return to_hex(md5.digest());
    md5.update(std::span(buffer).first(static_cast<std::size_t>(got)));
    offset += got;
  }
}

}  // namespace

std::chrono::sys_time<std::chrono::nanoseconds> modified(const struct stat& file) {
  return std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::seconds(file.st_mtim.tv_sec) +
                                                         std::chrono::nanoseconds(file.st_mtim.tv_nsec));
}

bool same_version(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && modified(a) == modified(b);
}

Fd walk(int from, std::span<const std::string> path) {
  Fd here(::fcntl(from, F_DUPFD_CLOEXEC, 0));
  if (!here) throw system_error("open a folder", errno);
  for (const std::string& name : path) {
    here = open_folder_at(here.get(), name);
    if (!here) break;
  }
  return here;
}

Fd find_file(int from, std::span<const std::string> path) {
  const Fd folder = walk(from, path.first(path.size() - 1));
  if (!folder) return {};
  Fd file = open_file_at(folder.get(), path.back());
  // In this order: a file only ever moves from its plain name to the one beside a folder.
  return file ? std::move(file) : open_file_at(folder.get(), beside_folder(path.back()));
}

Fd make_folder(int from, const std::string& name) {
  Fd folder = open_folder_at(from, name);
  if (folder) return folder;
  if (::mkdirat(from, name.c_str(), 0777) != 0 && errno != EEXIST) {
    if (errno == EROFS || errno == EACCES || errno == EPERM) return {};
    throw system_error("make folder " + name, errno);
  }
  return open_folder_at(from, name);
}

FolderPlace::FolderPlace(const FolderRoot& root, std::string_view bucket, std::string_view act) : root_(root) {
  const Fd top(::open(root.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (top) objects_ = open_folder_at(top.get(), std::string(bucket));
  if (!objects_) throw no_such_bucket(act, bucket);
  const Fd ours = make_folder(top.get(), ".penstock");
  if (ours) side_ = make_folder(ours.get(), std::string(bucket));
  if (side_) attributes_ = make_folder(side_.get(), "attributes");
}

Fd FolderPlace::uploads() const { return side_ ? make_folder(side_.get(), "uploads") : Fd(); }

Fd FolderPlace::lock(Sharing sharing) const {
  if (!side_) return {};
  Fd lock = lock_file(side_.get(), "lock", sharing);
  // To read in a folder that another user keeps, no lock can be made; that user's writes may then show halfway.
  if (!lock && sharing == Sharing::exclusive) throw system_error("lock the bucket", EACCES);
  return lock;
}

ObjectInfo FolderPlace::describe(int file, std::string key) const {
  for (int attempt = 0; attempt < 3; ++attempt) {
    const struct stat found = stat_of(file);
    auto attributes = root_.keeper.recall(file, attributes_.get(), key);
    if (!attributes) {  // put there or changed by hand
      attributes = FolderAttributes{.etag = md5_of_file(file)};
      if (!same_version(found, stat_of(file))) continue;
      remember_settled(file, found, key, *attributes);
    }
    return {.key = std::move(key),
            .size = static_cast<std::uint64_t>(found.st_size),
            .etag = std::move(attributes->etag),
            .last_modified = std::chrono::floor<std::chrono::seconds>(modified(found)),
            .metadata = std::move(attributes->metadata)};
  }
  throw Error(ErrorKind::unavailable, fmt::format("'{}' changes while its MD5 is computed", printable(key)));
}

// Saves computing it again, and no more: where that can't be kept, nothing is lost.
void FolderPlace::remember_settled(int file, const struct stat& found, const std::string& key,
                                   const FolderAttributes& attributes) const {
  // A file this young may change again without its time telling.
  if (modified(found) > std::chrono::system_clock::now() - std::chrono::seconds(1)) return;
  try {
    root_.keeper.remember(file, attributes_.get(), key, attributes);
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): as said above
  }
}

void FolderPlace::unlink(const std::string& key) const {
  const std::vector<std::string> path = folder_path(key);
  const Fd folder = walk(objects(), std::span(path).first(path.size() - 1));
  if (!folder) return;
  for (const std::string& name : {path.back(), beside_folder(path.back())}) {
    const auto found = stat_at(folder.get(), name);
    if (!found || !S_ISREG(found->st_mode)) continue;
    if (::unlinkat(folder.get(), name.c_str(), 0) != 0 && errno != ENOENT) throw system_error("remove " + name, errno);
    root_.keeper.forget(*found, attributes_.get(), key);
  }
  for (std::size_t depth = path.size() - 1; depth > 0; --depth) {
    const Fd parent = walk(objects(), std::span(path).first(depth - 1));
    if (!parent || ::unlinkat(parent.get(), path[depth - 1].c_str(), AT_REMOVEDIR) != 0) break;  // not empty
  }
}

Fd FolderPlace::make_folders(std::span<const std::string> path) const {
  Fd here = walk(objects(), {});
  for (const std::string& name : path) {
    Fd next = open_folder_at(here.get(), name);
    if (!next) {
      const auto found = stat_at(here.get(), name);
      if (found && !S_ISREG(found->st_mode)) {
        throw Error(ErrorKind::invalid,
                    fmt::format("'{}' is neither a file nor a folder; links are not followed", name));
      }
      // an object has the folder's name: it moves beside it
      if (found && ::renameat(here.get(), name.c_str(), here.get(), beside_folder(name).c_str()) != 0) {
        throw system_error("make room for folder " + name, errno);
      }
      if (::mkdirat(here.get(), name.c_str(), 0777) != 0 && errno != EEXIST) {
        throw system_error("make folder " + name, errno);
      }
      next = open_folder_at(here.get(), name);
      if (!next) throw system_error("make folder " + name, ENOENT);
    }
    here = std::move(next);
  }
  return here;
}

bool FolderPlace::put(int uploads, const std::string& upload, const std::string& key, bool only_if_absent) const {
  const std::vector<std::string> path = folder_path(key);
  const Fd folder = make_folders(std::span(path).first(path.size() - 1));
  const auto plain = stat_at(folder.get(), path.back());
  const auto beside = stat_at(folder.get(), beside_folder(path.back()));
  const bool is_plain = plain && S_ISREG(plain->st_mode);
  const bool taken = beside || is_plain;
  if (only_if_absent && taken) return false;
  const std::string name = beside || (plain && S_ISDIR(plain->st_mode)) ? beside_folder(path.back()) : path.back();
  if (only_if_absent) {  // a link never replaces: this holds against files put there by hand, too
    if (::linkat(uploads, upload.c_str(), folder.get(), name.c_str(), 0) == 0) {
      ::unlinkat(uploads, upload.c_str(), 0);
      return true;
    }
    if (errno == EEXIST) return false;
    throw system_error("name the file " + name, errno);
  }
  if (::renameat(uploads, upload.c_str(), folder.get(), name.c_str()) != 0) {
    throw system_error("name the file " + name, errno);
  }
  if (beside) root_.keeper.forget(*beside, attributes_.get(), key);
  if (is_plain && !beside) root_.keeper.forget(*plain, attributes_.get(), key);
  return true;
}

}  // namespace penstock
