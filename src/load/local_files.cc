#include "load/local_files.h"

#include <fmt/format.h>
#include <fnmatch.h>
#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <span>
#include <system_error>

#include "base/text.h"
#include "penstock/error.h"

namespace penstock {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kAnyFolders = "**";

std::vector<std::string> names_of_path(std::string_view path) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    if (slash > at) names.emplace_back(path.substr(at, slash - at));
    at = slash + 1;
  }
  return names;
}

bool matches(std::span<const std::string> names, std::span<const std::string> pattern) {
  if (pattern.empty()) return names.empty();
  if (pattern.front() == kAnyFolders) {
    if (matches(names, pattern.subspan(1))) return true;
    return !names.empty() && !names.front().starts_with('.') && matches(names.subspan(1), pattern);
  }
  return !names.empty() && ::fnmatch(pattern.front().c_str(), names.front().c_str(), FNM_PERIOD) == 0 &&
         matches(names.subspan(1), pattern.subspan(1));
}

[[noreturn]] void fail(const std::string& folder, const std::error_code& why) {
  const bool is_missing = why == std::errc::no_such_file_or_directory || why == std::errc::not_a_directory;
  const bool is_denied = why == std::errc::permission_denied || why == std::errc::operation_not_permitted;
  throw Error(is_missing  ? ErrorKind::not_found
              : is_denied ? ErrorKind::denied
                          : ErrorKind::unavailable,
              fmt::format("looking for files in {}: {}", printable(folder), why.message()));
}

// f is handed the path, and what of it is below the folder.
template <typename F>
void for_each_file_below(std::string_view folder, F f) {
  const std::string start(folder.empty() ? "." : folder);
  const std::size_t prefix = folder.empty() ? 2 : folder.size() + (folder.ends_with('/') ? 0 : 1);
  std::error_code failed;
  fs::recursive_directory_iterator entry(start, failed);
  if (failed) fail(start, failed);
  while (entry != fs::recursive_directory_iterator()) {
    if (!entry->is_directory(failed)) {
      const std::string& path = entry->path().native();
      const std::string below = path.substr(std::min(prefix, path.size()));
      f(folder.empty() ? below : path, below);
    }
    entry.increment(failed);
    if (failed) fail(start, failed);
  }
}

}  // namespace

bool is_glob(std::string_view path) noexcept { return path.find_first_of("*?[") != std::string_view::npos; }

std::string_view folder_of_glob(std::string_view pattern) noexcept {
  const std::string_view fixed = pattern.substr(0, pattern.find_first_of("*?["));
  return fixed.substr(0, fixed.rfind('/') + 1);
}

std::vector<std::string> files_like(const std::string& pattern) {
  std::vector<std::string> files;
  if (pattern.find(kAnyFolders) != std::string::npos) {
    const std::string_view folder = folder_of_glob(pattern);
    const auto wanted = names_of_path(std::string_view(pattern).substr(folder.size()));
    std::error_code failed;
    if (!folder.empty() && !fs::exists(folder, failed)) return files;
    for_each_file_below(folder, [&](const std::string& path, const std::string& below) {
      if (matches(names_of_path(below), wanted)) files.push_back(path);
    });
  } else {
    glob_t found{};
    if (::glob(pattern.c_str(), GLOB_MARK, nullptr, &found) == 0) {
      for (const char* path : std::span(found.gl_pathv, found.gl_pathc)) {
        if (!std::string_view(path).ends_with('/')) files.emplace_back(path);
      }
    }
    ::globfree(&found);
  }
  std::ranges::sort(files);
  return files;
}

std::vector<std::string> files_below(const std::string& folder) {
  std::vector<std::string> files;
  for_each_file_below(folder, [&](const std::string& path, const std::string& below) {
    if (!is_hidden(below)) files.push_back(path);
  });
  std::ranges::sort(files);
  return files;
}

bool is_hidden(std::string_view below) noexcept {
  const auto hides = [](char c) { return c == '_' || c == '.'; };
  for (std::size_t at = 0; at < below.size();) {
    if (hides(below[at])) return true;
    const std::size_t slash = below.find('/', at);
    if (slash == std::string_view::npos) break;
    at = slash + 1;
  }
  return false;
}

}  // namespace penstock
