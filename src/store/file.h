// Files by descriptor: what the folder store does to a disk, as functions that throw Error with the system's words.
//
// Every name is one component, opened below a folder that is open already, and no symbolic link is followed: a path
// can't lead out of where it starts.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "penstock/error.h"

namespace penstock {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd();
  [[nodiscard]] int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// The Error for errno: "<act>: <the system's words>".
Error system_error(std::string_view act, int number);

// Runs f, and says in its Error what for: "<act> <object>: <the Error's own words>".
template <typename F>
decltype(auto) in_act(std::string_view act, F&& f) {
  try {
    return std::forward<F>(f)();
  } catch (const Error& e) {
    throw Error(e.kind(), std::string(act) + ": " + e.what());
  }
}

// Empty: there is none (or, for a folder, something else has the name; for a file, it is no regular file).
Fd open_folder_at(int folder, const std::string& name);
Fd open_file_at(int folder, const std::string& name);
std::optional<struct stat> stat_at(int folder, const std::string& name);
struct stat stat_of(int fd);

struct FileName {
  std::string name;
  bool is_folder;
  bool is_file;  // neither: a link, a socket, ...
};
std::vector<FileName> names_in(int folder);  // in no order, without . and ..

// Readable and writable, and gone with its descriptor, however this program ends. Empty: see errno.
Fd nameless_file(const std::string& folder);
void write_fully(int fd, std::span<const std::byte> bytes, std::string_view act);
// All of a small file; empty where there is none.
std::optional<std::string> read_small_file(int folder, const std::string& name);

// Held until the descriptor closes, also by a kill. Threads and processes exclude each other alike. Empty: there is no
// such file, and it may not be made.
enum class Sharing { shared, exclusive };
Fd lock_file(int folder, const std::string& name, Sharing sharing);

}  // namespace penstock
