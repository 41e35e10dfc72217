// Processes that outlive the call that started them, and that are found again without ever taking another for one.
//
// Threads:  one at a time. spawn() may be called while other threads run.
// Errors:   Error: unavailable where a program can't be started.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace penstock::local {

// A process, however often its pid is given out again: the pid, and when the kernel says that it started.
struct ProcessId {
  pid_t pid = 0;
  std::uint64_t started = 0;  // clock ticks since the machine started
  bool operator==(const ProcessId&) const = default;
};

// nullopt: there is no such process, or it has ended and nobody has collected it yet.
std::optional<ProcessId> identify(pid_t pid);
bool is_running(const ProcessId& process);
// False: it is not running (and whatever has its pid now hears nothing).
bool send_signal(const ProcessId& process, int signal);
// True when it has ended; false when the deadline came first.
bool wait_until_gone(const ProcessId& process, std::chrono::steady_clock::time_point deadline);

// Who runs a program; PostgreSQL refuses to run as root.
struct User {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};

struct Command {
  std::vector<std::string> arguments;    // the program's path, then what it is given; no secrets: others can read them
  std::vector<std::string> environment;  // NAME=value, all of it
  std::filesystem::path log;             // stdout and stderr are appended here
  std::optional<User> user{};            // else ours
};

// Starts a daemon: a session of its own, stdin /dev/null, no descriptor of ours. `recorded` is called with its identity
// before the program runs: if we die in between, or `recorded` throws, the program never starts.
ProcessId spawn(const Command& command, const std::function<void(const ProcessId&)>& recorded);
// Runs to its end; its exit code, 128 + n when a signal ended it.
int run_to_end(const Command& command);

// This process's environment with these changes: NAME=value sets one, NAME alone takes it out.
std::vector<std::string> inherited_environment(const std::vector<std::string>& changes);

}  // namespace penstock::local
