#include "local/object_server.h"

#include <fmt/format.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "penstock/error.h"

namespace penstock::local {
namespace {

namespace fs = std::filesystem;

bool is_program(const fs::path& path) { return fs::is_regular_file(path) && access(path.c_str(), X_OK) == 0; }

// <cache>/versitygw-<version>/bin/versitygw
std::vector<fs::path> cached(const Environment& environment) {
  fs::path cache;
  if (const auto named = environment("PENSTOCK_CACHE")) {
    cache = *named;
  } else if (const auto xdg = environment("XDG_CACHE_HOME")) {
    cache = fs::path(*xdg) / "penstock";
  } else if (const auto home = environment("HOME")) {
    cache = fs::path(*home) / ".cache/penstock";
  }
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(cache, none)) {
    if (entry.path().filename().string().starts_with("versitygw-")) found.push_back(entry.path() / "bin/versitygw");
  }
  std::ranges::sort(found, std::greater());
  return found;
}

bool holds_attributes(const fs::path& folder) { return setxattr(folder.c_str(), "user.penstock", "1", 1, 0) == 0; }

}  // namespace

fs::path find_versitygw(const Environment& environment) {
  if (const auto named = environment("PENSTOCK_VERSITYGW")) {
    if (is_program(*named)) return *named;
    throw Error(ErrorKind::not_found, fmt::format("PENSTOCK_VERSITYGW names no program: {}", *named));
  }
  std::vector<fs::path> places;
  std::istringstream path(environment("PATH").value_or(""));
  for (std::string folder; std::getline(path, folder, ':');) places.push_back(fs::path(folder) / "versitygw");
  std::ranges::copy(cached(environment), std::back_inserter(places));
  const auto found = std::ranges::find_if(places, is_program);
  if (found == places.end()) {
    throw Error(ErrorKind::not_found,
                "versitygw is not installed. In penstock's source tree: S3=versitygw scripts/setup demo. Elsewhere: "
                "go install github.com/versity/versitygw/cmd/versitygw@latest, and name it with PENSTOCK_VERSITYGW");
  }
  return *found;
}

ObjectServer::ObjectServer(fs::path program, fs::path folder)
    : program_(std::move(program)), folder_(std::move(folder)) {}

Command ObjectServer::serve(int port, const std::string& access_key_id, const Secret& secret_access_key,
                            const fs::path& log) const {
  const fs::path objects = folder_ / "objects";
  const fs::path metadata = folder_ / "metadata";
  fs::create_directories(objects);
  fs::permissions(folder_, fs::perms::owner_all);
  fs::create_directories(metadata);
  std::vector<std::string> arguments{program_.string(), "--quiet", "--port", fmt::format("127.0.0.1:{}", port),
                                     "posix"};
  if (!holds_attributes(objects)) arguments.insert(arguments.end(), {"--sidecar", metadata.string()});
  arguments.push_back(objects.string());
  return {.arguments = std::move(arguments),
          .environment = inherited_environment(
              {"ROOT_ACCESS_KEY_ID=" + access_key_id, "ROOT_SECRET_ACCESS_KEY=" + secret_access_key.reveal()}),
          .log = log};
}

// To versitygw a folder is a bucket, of the root account.
void ObjectServer::make_bucket(const std::string& name) const { fs::create_directories(folder_ / "objects" / name); }

}  // namespace penstock::local
