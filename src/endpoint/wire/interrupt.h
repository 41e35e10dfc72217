// What other threads may do to a session: cancel its statement.
//
// Threads: any. Errors: none; a cancel that can't be delivered is as lost as one that came too late.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>

#include "base/guarded.h"

namespace penstock::endpoint {

struct BackendKey {
  std::int32_t process = 0;
  std::int32_t secret = 0;
};

class Interrupt {
 public:
  Interrupt(std::string backend_path, BackendKey backend_key);

  void cancel() noexcept;  // the statement that runs now, ours or PostgreSQL's
  // Its client has hung up: cancel(), and the session begins nothing more of what the client has sent.
  void client_is_gone() noexcept;
  [[nodiscard]] bool abandoned() const noexcept { return abandoned_; }
  // For the statement that begins now; an earlier cancel() has no effect on it.
  std::stop_token begin_statement();

 private:
  const std::string backend_path_;
  const BackendKey backend_key_;
  Guarded<std::stop_source> statement_;
  std::atomic<bool> abandoned_ = false;
};

// The sessions that can be cancelled, by the key that their clients were given.
class CancelKeys {
 public:
  // A random secret for this process, and the session's entry until the Entry goes.
  class Entry {
   public:
    Entry(CancelKeys& keys, BackendKey key) : keys_(keys), key_(key) {}
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    [[nodiscard]] BackendKey key() const noexcept { return key_; }

   private:
    CancelKeys& keys_;
    const BackendKey key_;
  };
  std::unique_ptr<Entry> add(std::int32_t process, std::shared_ptr<Interrupt> interrupt);
  void cancel(BackendKey key);  // an unknown key is nothing to complain about: PostgreSQL doesn't either
  void cancel_all();

 private:
  struct Session {
    std::int32_t secret = 0;
    std::shared_ptr<Interrupt> interrupt;
  };
  Guarded<std::map<std::int32_t, Session>> sessions_;
};

}  // namespace penstock::endpoint
