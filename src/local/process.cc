#include "local/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>

#include "penstock/error.h"

namespace penstock::local {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int fd() const noexcept { return fd_; }
  void reset() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

Error cannot_start(const Command& command, std::string_view why) {
  return {ErrorKind::unavailable, fmt::format("could not start {}: {}", command.arguments.front(), why)};
}

std::vector<char*> pointers_to(const std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (const auto& text : strings) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

// What the child does between fork and exec, where only async-signal-safe calls are allowed.
struct Launch {
  char* const* arguments;
  char* const* environment;
  const User* user;
  int log;
  int go;      // one byte comes when we may run; an end of file when we must not
  int failed;  // errno goes here if exec fails; exec closes it if not
};

[[noreturn]] void fail(const Launch& launch) noexcept {
  const int error = errno;
  [[maybe_unused]] const auto written = write(launch.failed, &error, sizeof error);
  _exit(127);
}

[[noreturn]] void become(const Launch& launch) noexcept {
  char byte = 0;
  if (read(launch.go, &byte, 1) != 1) _exit(127);
  setsid();
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGPIPE, SIGXFSZ, SIGINT, SIGTERM, SIGHUP, SIGQUIT}) std::signal(signal, SIG_DFL);
  umask(077);
  const int null = open("/dev/null", O_RDONLY);
  if (null < 0 || dup2(null, 0) < 0 || dup2(launch.log, 1) < 0 || dup2(launch.log, 2) < 0) fail(launch);
  syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
  if (launch.user != nullptr) {
    const User& user = *launch.user;
    if (setgroups(1, &user.gid) != 0 || setgid(user.gid) != 0 || setuid(user.uid) != 0) fail(launch);
  }
  // a place that the other user can be in
  if (chdir("/") != 0) fail(launch);
  execve(launch.arguments[0], launch.arguments, launch.environment);
  fail(launch);
}

}  // namespace

std::optional<ProcessId> identify(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  const std::string stat{std::istreambuf_iterator<char>(file), {}};
  const auto name_end = stat.rfind(')');  // the name may hold anything, parentheses and spaces too
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(stat.substr(name_end + 1));
  std::string field;
  fields >> field;
  if (field == "Z" || field == "X") return std::nullopt;
  constexpr int kStartTime = 22;  // counted as proc(5) does; the state was the third
  for (int i = 4; i <= kStartTime; ++i) fields >> field;
  if (!fields) return std::nullopt;
  return ProcessId{.pid = pid, .started = std::stoull(field)};
}

bool is_running(const ProcessId& process) { return process.pid > 0 && identify(process.pid) == process; }

bool send_signal(const ProcessId& process, int signal) {
  if (process.pid <= 0) return false;
  // First the descriptor, then the question: whoever it names stays the one that is asked and signalled.
  const Descriptor descriptor(static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0)));
  if (descriptor.fd() < 0 || !is_running(process)) return false;
  return syscall(SYS_pidfd_send_signal, descriptor.fd(), signal, nullptr, 0) == 0;
}

bool wait_until_gone(const ProcessId& process, std::chrono::steady_clock::time_point deadline) {
  using std::chrono::milliseconds;
  const Descriptor descriptor(static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0)));
  while (is_running(process)) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left <= milliseconds::zero()) return false;
    pollfd waiting{.fd = descriptor.fd(), .events = POLLIN, .revents = 0};
    poll(&waiting, 1, static_cast<int>(std::min(left, milliseconds(1000)).count()));
  }
  waitpid(process.pid, nullptr, WNOHANG);  // collects it if it was ours
  return true;
}

ProcessId spawn(const Command& command, const std::function<void(const ProcessId&)>& recorded) {
  const Descriptor log(open(command.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (log.fd() < 0) throw cannot_start(command, fmt::format("{}: {}", command.log.string(), std::strerror(errno)));
  int go[2];
  int failed[2];
  if (pipe2(go, O_CLOEXEC) != 0) throw cannot_start(command, std::strerror(errno));
  const Descriptor go_read(go[0]);
  Descriptor go_write(go[1]);
  if (pipe2(failed, O_CLOEXEC) != 0) throw cannot_start(command, std::strerror(errno));
  const Descriptor failed_read(failed[0]);
  Descriptor failed_write(failed[1]);
  const auto arguments = pointers_to(command.arguments);
  const auto environment = pointers_to(command.environment);
  const Launch launch{.arguments = arguments.data(),
                      .environment = environment.data(),
                      .user = command.user ? &*command.user : nullptr,
                      .log = log.fd(),
                      .go = go_read.fd(),
                      .failed = failed_write.fd()};
  const pid_t pid = fork();
  if (pid < 0) throw cannot_start(command, std::strerror(errno));
  if (pid == 0) {
    close(go_write.fd());
    become(launch);
  }
  failed_write.reset();
  const auto process = identify(pid);
  if (!process) throw cannot_start(command, "it ended at once");
  try {
    recorded(*process);
  } catch (...) {
    go_write.reset();
    waitpid(pid, nullptr, 0);
    throw;
  }
  [[maybe_unused]] const auto sent = write(go_write.fd(), "!", 1);
  int error = 0;
  if (read(failed_read.fd(), &error, sizeof error) == sizeof error) {
    waitpid(pid, nullptr, 0);
    throw cannot_start(command, std::strerror(error));
  }
  return *process;
}

int run_to_end(const Command& command) {
  const ProcessId process = spawn(command, [](const ProcessId&) {});
  int status = 0;
  while (waitpid(process.pid, &status, 0) < 0) {
    if (errno != EINTR) throw cannot_start(command, std::strerror(errno));
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::vector<std::string> inherited_environment(const std::vector<std::string>& changes) {
  const auto name_of = [](std::string_view setting) { return setting.substr(0, setting.find('=')); };
  std::vector<std::string> out;
  for (char** setting = environ; *setting != nullptr; ++setting) {
    const bool changed = std::ranges::any_of(changes, [&](const auto& c) { return name_of(c) == name_of(*setting); });
    if (!changed) out.emplace_back(*setting);
  }
  std::ranges::copy_if(changes, std::back_inserter(out), [](const auto& c) { return c.find('=') != c.npos; });
  return out;
}

}  // namespace penstock::local
