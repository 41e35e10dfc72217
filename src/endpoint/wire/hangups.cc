#include "endpoint/wire/hangups.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>

namespace penstock::endpoint {

namespace {

constexpr std::chrono::seconds kPatience{1};
// Again and again, until the session is over: a cancel between two statements is lost.
constexpr std::chrono::milliseconds kAgain{500};

void take_all(const Socket& event) {
  std::uint64_t count = 0;
  // Fails only where there is nothing to take.
  [[maybe_unused]] const auto taken = ::read(event.descriptor(), &count, sizeof count);
}

int milliseconds_until(std::optional<std::chrono::steady_clock::time_point> due) {
  if (!due) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*due - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

}  // namespace

Hangups::Watch::~Watch() {
  hangups_.watched_.with([&](Watched& watched) { watched.clients.erase(number_); });
  wake(hangups_.changed_);
}

Hangups::Hangups()
    : changed_(make_wake()), thread_([this] {
        while (!watched_.with([](const Watched& watched) { return watched.over; })) {
          look();
          interrupt_those_due();
        }
      }) {}

Hangups::~Hangups() {
  watched_.with([](Watched& watched) { watched.over = true; });
  wake(changed_);
}

std::unique_ptr<Hangups::Watch> Hangups::watch(int descriptor, std::shared_ptr<Interrupt> interrupt) {
  const auto number = watched_.with([&](Watched& watched) {
    watched.clients.emplace(watched.next, Client{descriptor, std::move(interrupt), {}});
    return watched.next++;
  });
  wake(changed_);
  return std::make_unique<Watch>(*this, number);
}

void Hangups::look() {
  std::vector<pollfd> ends{{changed_.descriptor(), POLLIN, 0}};
  std::vector<std::uint64_t> numbers{0};
  std::optional<Clock::time_point> due;
  watched_.with([&](const Watched& watched) {
    for (const auto& [number, client] : watched.clients) {
      if (client.due) {
        due = std::min(due.value_or(*client.due), *client.due);
      } else {
        ends.push_back({client.descriptor, POLLRDHUP, 0});
        numbers.push_back(number);
      }
    }
  });
  if (::poll(ends.data(), ends.size(), milliseconds_until(due)) <= 0) return;
  if (ends[0].revents != 0) take_all(changed_);
  watched_.with([&](Watched& watched) {
    for (std::size_t i = 1; i < ends.size(); ++i) {
      const auto client = watched.clients.find(numbers[i]);
      if (ends[i].revents == 0 || client == watched.clients.end()) continue;
      const bool reset = (ends[i].revents & (POLLERR | POLLHUP)) != 0;
      client->second.due = Clock::now() + (reset ? Clock::duration::zero() : kPatience);
    }
  });
}

void Hangups::interrupt_those_due() {
  std::vector<std::shared_ptr<Interrupt>> interrupts;
  const auto now = Clock::now();
  watched_.with([&](Watched& watched) {
    for (auto& [number, client] : watched.clients) {
      if (!client.due || *client.due > now) continue;
      interrupts.push_back(client.interrupt);
      client.due = now + kAgain;
    }
  });
  // Outside of the lock: a cancel talks to PostgreSQL.
  for (const auto& interrupt : interrupts) interrupt->client_is_gone();
}

}  // namespace penstock::endpoint
