#include "store/folder_attributes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "store/md5.h"

namespace penstock {
namespace {

constexpr char kXattr[] = "user.penstock";

// What the attributes are bound to; also the first line of their text.
std::string version_of(const struct stat& file) {
  return fmt::format("{}-{}.{:09}", file.st_size, file.st_mtim.tv_sec, file.st_mtim.tv_nsec);
}

// Lines: the version, the ETag, then name=value. No value holds a newline (check_metadata).
std::string to_text(const struct stat& file, const FolderAttributes& attributes) {
  std::string text = fmt::format("{}\n{}\n", version_of(file), attributes.etag);
  for (const auto& [name, value] : attributes.metadata) text += fmt::format("{}={}\n", name, value);
  return text;
}

std::optional<FolderAttributes> from_text(std::string_view text, const struct stat& file) {
  const auto line = [&text] {
    const auto end = text.find('\n');
    const std::string_view taken = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return taken;
  };
  if (line() != version_of(file)) return std::nullopt;
  FolderAttributes attributes{.etag = std::string(line())};
  if (attributes.etag.empty()) return std::nullopt;
  while (!text.empty()) {
    const std::string_view pair = line();
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    attributes.metadata.emplace(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return attributes;
}

// One file for each version, so that the versions before and after an overwriting never share one.
std::string file_name(const struct stat& file, std::string_view key) {
  Md5 md5;
  md5.update(std::as_bytes(std::span(key)));
  return fmt::format("{}-{}", to_hex(md5.digest()), version_of(file));
}

void write_beside(int beside, const std::string& name, std::string_view text) {
  const std::string unfinished = fmt::format("{}.{}", name, ::gettid());
  const std::string act = "keep the attributes " + name;
  {
    const Fd fd(::openat(beside, unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (!fd) throw system_error(act, errno);
    write_fully(fd.get(), std::as_bytes(std::span(text)), act);
  }
  if (::renameat(beside, unfinished.c_str(), beside, name.c_str()) != 0) throw system_error(act, errno);
}

}  // namespace

void AttributeKeeper::remember(int file, int beside, std::string_view key, const FolderAttributes& attributes) const {
  const struct stat found = stat_of(file);
  const std::string text = to_text(found, attributes);
  if (use_xattrs_ && ::fsetxattr(file, kXattr, text.data(), text.size(), 0) == 0) return;
  if (beside >= 0) write_beside(beside, file_name(found, key), text);
}

std::optional<FolderAttributes> AttributeKeeper::recall(int file, int beside, std::string_view key) const {
  const struct stat found = stat_of(file);
  if (use_xattrs_) {
    std::array<char, 4096> text{};
    const ssize_t size = ::fgetxattr(file, kXattr, text.data(), text.size());
    if (size > 0) {
      if (auto known = from_text({text.data(), static_cast<std::size_t>(size)}, found)) return known;
    }
  }
  if (beside < 0) return std::nullopt;
  const auto text = read_small_file(beside, file_name(found, key));
  return text ? from_text(*text, found) : std::nullopt;
}

void AttributeKeeper::forget(const struct stat& file, int beside, std::string_view key) const {
  if (beside >= 0) ::unlinkat(beside, file_name(file, key).c_str(), 0);
}

}  // namespace penstock
