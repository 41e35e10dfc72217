// Clients that hang up while a statement of theirs runs: it is cancelled, for nobody waits for it any more.
//
// A session that waits for PostgreSQL, or is in the middle of a COPY, doesn't look at its client; one thread here looks
// at all of them. A connection that was reset is gone at once. One whose client has only ended its own side may want
// the answer to what it asked before: it has a second for that.
//
// Threads: any; it has one of its own. Lifetime: a Watch ends before its descriptor is closed and before the Hangups.
// Errors: Error unavailable from the constructor.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "endpoint/wire/interrupt.h"
#include "endpoint/wire/socket.h"

namespace penstock::endpoint {

class Hangups {
 public:
  // Until it goes, the descriptor is looked at.
  class Watch {
   public:
    Watch(Hangups& hangups, std::uint64_t number) : hangups_(hangups), number_(number) {}
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    Hangups& hangups_;
    const std::uint64_t number_;
  };

  Hangups();
  ~Hangups();
  Hangups(const Hangups&) = delete;
  Hangups& operator=(const Hangups&) = delete;
  [[nodiscard]] std::unique_ptr<Watch> watch(int descriptor, std::shared_ptr<Interrupt> interrupt);

 private:
  using Clock = std::chrono::steady_clock;
  struct Client {
    int descriptor = -1;
    std::shared_ptr<Interrupt> interrupt;
    std::optional<Clock::time_point> due;  // hung up: then it is interrupted
  };
  struct Watched {
    std::map<std::uint64_t, Client> clients;
    std::uint64_t next = 0;
    bool over = false;
  };
  void look();
  void interrupt_those_due();

  const Socket changed_;
  Guarded<Watched> watched_;
  std::jthread thread_;  // last: joined before what it uses goes
};

}  // namespace penstock::endpoint
