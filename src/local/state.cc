#include "local/state.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>
#include <string_view>

#include "penstock/error.h"

namespace penstock::local {
namespace {

using nlohmann::json;

constexpr int kFormat = 1;
constexpr std::string_view kCapitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

std::string random_text(std::string_view alphabet, std::size_t length) {
  std::random_device random;  // the kernel's generator, not a seeded one
  std::uniform_int_distribution<std::size_t> any(0, alphabet.size() - 1);
  std::string out;
  while (out.size() < length) out += alphabet[any(random)];
  return out;
}

// Redshift wants a capital, a small letter and a digit in a password.
std::string random_password() {
  for (;;) {
    std::string out = random_text(kLetters, 24);
    const auto has = [&](int (*kind)(int)) {
      return std::ranges::any_of(out, [&](unsigned char c) { return kind(c); });
    };
    if (has(std::isupper) && has(std::islower) && has(std::isdigit)) return out;
  }
}

std::string_view name_of(S3Kind kind) {
  return kind == S3Kind::folder ? "folder" : kind == S3Kind::versitygw ? "versitygw" : "url";
}

S3Kind s3_kind(const std::string& name) {
  for (const auto kind : {S3Kind::folder, S3Kind::versitygw, S3Kind::url}) {
    if (name == name_of(kind)) return kind;
  }
  throw Error(ErrorKind::invalid, fmt::format("'{}' is no kind of S3", name));
}

State from_json(const json& j) {
  if (j.at("format").get<int>() != kFormat) throw Error(ErrorKind::invalid, "it was written by another version");
  State state;
  state.password = Secret(j.at("password"));
  state.access_key_id = j.at("access_key_id");
  state.secret_access_key = Secret(j.at("secret_access_key"));
  state.s3 = {.kind = s3_kind(j.at("s3").at("kind")), .url = j.at("s3").at("url")};
  state.port = j.at("port");
  state.socket_folder = j.at("socket_folder");
  state.boot_id = j.at("boot_id");
  for (const auto& [name, process] : j.at("processes").items()) {
    state.processes[name] = {.pid = process.at("pid"), .started = process.at("started")};
  }
  return state;
}

json to_json(const State& state) {
  json processes = json::object();
  for (const auto& [name, process] : state.processes) {
    processes[name] = {{"pid", process.pid}, {"started", process.started}};
  }
  return {{"format", kFormat},
          {"password", state.password.reveal()},
          {"access_key_id", state.access_key_id},
          {"secret_access_key", state.secret_access_key.reveal()},
          {"s3", {{"kind", name_of(state.s3.kind)}, {"url", state.s3.url}}},
          {"port", state.port},
          {"socket_folder", state.socket_folder},
          {"boot_id", state.boot_id},
          {"processes", processes}};
}

std::filesystem::path state_file(const std::filesystem::path& folder) { return folder / "state.json"; }

}  // namespace

State new_state() {
  State state;
  state.password = Secret(random_password());
  state.access_key_id = "PENSTOCK" + random_text(kCapitals, 12);
  state.secret_access_key = Secret(random_text(kLetters, 40));
  return state;
}

std::optional<State> read_state(const std::filesystem::path& folder) {
  const auto path = state_file(folder);
  std::ifstream file(path);
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw Error(ErrorKind::unavailable, fmt::format("{} could not be read: {}", path.string(), std::strerror(errno)));
  }
  try {
    return from_json(json::parse(file));
  } catch (const std::exception&) {  // whose text may quote the file, secrets and all
    throw Error(ErrorKind::invalid,
                fmt::format("{} is not what penstock local wrote there; another --data starts anew", path.string()));
  }
}

void write_private_file(const std::filesystem::path& path, const std::string& text) {
  const auto failed = [&] {
    return Error(ErrorKind::unavailable,
                 fmt::format("{} could not be written: {}", path.string(), std::strerror(errno)));
  };
  const std::string next = path.string() + ".new";
  const int fd = open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) throw failed();
  const bool written = fchmod(fd, 0600) == 0 &&
                       write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(fd) == 0;
  if (close(fd) != 0 || !written || std::rename(next.c_str(), path.c_str()) != 0) throw failed();
}

void write_state(const std::filesystem::path& folder, const State& state) {
  write_private_file(state_file(folder), to_json(state).dump(2) + "\n");
}

std::string current_boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

std::map<std::string, ProcessId> running(const State& state) {
  std::map<std::string, ProcessId> out;
  if (state.boot_id != current_boot_id()) return out;
  for (const auto& [name, process] : state.processes) {
    if (is_running(process)) out[name] = process;
  }
  return out;
}

FolderLock::FolderLock(const std::filesystem::path& folder)
    : fd_(open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  while (fd_ >= 0 && flock(fd_, LOCK_EX) != 0 && errno == EINTR) {
  }
  if (fd_ < 0) {
    throw Error(ErrorKind::unavailable,
                fmt::format("{} could not be locked: {}", folder.string(), std::strerror(errno)));
  }
}

FolderLock::~FolderLock() { close(fd_); }

}  // namespace penstock::local
