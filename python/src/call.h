// One call of the library, as Python makes it.
//
// The work runs on a thread of its own, without the GIL. The caller's thread waits for it, without the GIL too, and
// meanwhile hands on what is logged, runs what calls back into Python, and, where it is Python's main thread, looks for
// signals: Ctrl-C requests the stop, the work undoes what it did, and then KeyboardInterrupt is raised, with a note of
// what holds. So no thread of ours ever takes the GIL: nothing of Python runs in a thread that its user did not make,
// and none is left waiting for an interpreter that is shutting down.
//
// Threads:  run() by the one that has the GIL; in_caller() and log() by any of the work's.
// Lifetime: whatever the work made that logs or stops is gone before the Call; it may be run several times.
// Errors:   run() throws what the work threw; or else what Python raised meanwhile.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include "casters.h"
#include "penstock/log.h"

namespace penstock::python {

class Call {
 public:
  Call();
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  [[nodiscard]] std::stop_token stop() const noexcept { return stop_.get_token(); }
  [[nodiscard]] Log& log() noexcept { return log_; }

  // Runs it in the caller's thread, without the GIL, and waits until it is done. It doesn't throw.
  void in_caller(const std::function<void()>& act);
  // Likewise with the GIL. What Python raises in it ends the run, once the work has stopped.
  void in_python(const std::function<void()>& act);

  // work(): touches nothing of Python, but by the two above.
  template <typename Work>
  auto run(Work work) {
    using Result = std::invoke_result_t<Work>;
    if constexpr (std::is_void_v<Result>) {
      serve([&] { work(); });
    } else {
      std::optional<Result> result;
      serve([&] { result.emplace(work()); });
      return *std::move(result);
    }
  }

 private:
  class Messages final : public Log {
   public:
    explicit Messages(Call& call) : call_(call) {}
    void write(Severity severity, std::string_view message) noexcept override;

   private:
    Call& call_;
  };
  struct Message {
    Severity severity;
    std::string text;
  };
  struct Request {
    const std::function<void()>* act = nullptr;
    bool needs_python = false;
    bool is_done = false;
  };
  // What there is to do for the caller's thread.
  struct Due {
    std::deque<Message> messages;
    Request* request = nullptr;
    bool is_over = false;
  };

  void serve(const std::function<void()>& work);
  void ask(Request& request);
  Due wait();
  void run_request(Request& request);
  // Runs what may raise; the first that is raised is kept, and the stop requested.
  void guard(const std::function<void()>& act) noexcept;
  void raise_kept(const std::exception_ptr& failure);

  std::stop_source stop_;
  Messages log_{*this};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Message> messages_;
  std::deque<Request*> requests_;
  bool is_over_ = false;
  std::optional<nb::python_error> raised_;  // under the GIL
};

// For the end of the interpreter: calls of daemon threads are asked to stop, and given some seconds.
void stop_all_calls();

}  // namespace penstock::python
