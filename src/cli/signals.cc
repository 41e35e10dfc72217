#include "cli/signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace penstock::cli {
namespace {

sigset_t heard_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction current{};
    sigaction(signal, nullptr, &current);
    if (current.sa_handler != SIG_IGN) sigaddset(&set, signal);
  }
  return set;
}

}  // namespace

Signals::Signals() : closing_(eventfd(0, EFD_CLOEXEC)) {
  const sigset_t heard = heard_signals();
  pthread_sigmask(SIG_BLOCK, &heard, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a peer that is gone is an error of that write, not the end of the program
  std::signal(SIGXFSZ, SIG_IGN);  // likewise a file that may grow no further
  signals_ = signalfd(-1, &heard, SFD_CLOEXEC);
  if (signals_ < 0 || closing_ < 0) throw std::system_error(errno, std::generic_category(), "listening for signals");
  listener_ = std::jthread([this] { listen(); });
}

Signals::~Signals() {
  eventfd_write(closing_, 1);
  listener_.join();
  close(signals_);
  close(closing_);
}

void Signals::listen() {
  std::array<pollfd, 2> waiting{
      {{.fd = signals_, .events = POLLIN, .revents = 0}, {.fd = closing_, .events = POLLIN, .revents = 0}}};
  while (poll(waiting.data(), waiting.size(), -1) >= 0 || errno == EINTR) {
    if ((waiting[1].revents & POLLIN) != 0) return;
    if ((waiting[0].revents & POLLIN) == 0) continue;
    signalfd_siginfo info{};
    if (read(signals_, &info, sizeof info) != sizeof info) continue;
    const int signal = static_cast<int>(info.ssi_signo);
    int none = 0;
    if (!received_.compare_exchange_strong(none, signal)) _exit(128 + signal);
    source_.request_stop();
  }
}

}  // namespace penstock::cli
