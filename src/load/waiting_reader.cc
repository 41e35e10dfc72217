#include "load/waiting_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <span>
#include <utility>

#include "base/text.h"
#include "penstock/error.h"
#include "pq/link.h"

namespace penstock {
namespace {

class WaitingReader final : public ObjectReader {
 public:
  WaitingReader(Fd fd, const std::string& name, const std::stop_token& stop)
      : fd_(std::move(fd)), act_(fmt::format("reading {}", printable(name))), stop_(stop) {}

  std::size_t read(std::span<std::byte> buffer) override {
    for (;;) {
      std::array<pollfd, 1> waiting{{{.fd = fd_.get(), .events = POLLIN, .revents = 0}}};
      if (pq::wait_for(waiting, &stop_, std::nullopt) == pq::Woken::stopped) {
        throw Error(ErrorKind::cancelled, act_ + ": stopped on request");
      }
      const ssize_t count = ::read(fd_.get(), buffer.data(), buffer.size());
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR && errno != EAGAIN) throw system_error(act_, errno);
    }
  }

 private:
  const Fd fd_;
  const std::string act_;
  const pq::StopSignal stop_;
};

}  // namespace

std::unique_ptr<ObjectReader> waiting_reader(Fd fd, const std::string& name, const std::stop_token& stop) {
  return std::make_unique<WaitingReader>(std::move(fd), name, stop);
}

std::unique_ptr<ObjectReader> open_path(const std::string& path, const std::stop_token& stop) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw system_error(fmt::format("opening {}", printable(path)), errno);
  return waiting_reader(std::move(fd), path, stop);
}

std::unique_ptr<ObjectReader> open_stdin(const std::stop_token& stop) {
  Fd fd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
  if (!fd) throw system_error("opening stdin", errno);
  return waiting_reader(std::move(fd), "stdin", stop);
}

}  // namespace penstock
