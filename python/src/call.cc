#include "call.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "penstock/error.h"

namespace penstock::python {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{50};  // for signals
constexpr std::chrono::seconds kPatience{10};

// Those that run now. Not destroyed: a daemon thread may end after everything else.
struct Running {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::stop_source*> calls;
  static Running& now() {
    static auto* running = new Running;  // NOLINT(cppcoreguidelines-owning-memory): see above
    return *running;
  }
};

class Enrolled {
 public:
  explicit Enrolled(std::stop_source& stop) : stop_(&stop) {
    const std::scoped_lock lock(Running::now().mutex);
    Running::now().calls.push_back(stop_);
  }
  ~Enrolled() {
    const std::scoped_lock lock(Running::now().mutex);
    std::erase(Running::now().calls, stop_);
    Running::now().changed.notify_all();
  }
  Enrolled(const Enrolled&) = delete;
  Enrolled& operator=(const Enrolled&) = delete;

 private:
  std::stop_source* stop_;
};

bool is_main_thread() {
  const nb::module_ threading = nb::module_::import_("threading");
  return threading.attr("current_thread")().is(threading.attr("main_thread")());
}

int level_of(Severity severity) noexcept {  // of Python's logging
  switch (severity) {
    case Severity::debug:
      return 10;
    case Severity::info:
      return 20;
    case Severity::warning:
      return 30;
    case Severity::error:
      break;
  }
  return 40;
}

}  // namespace

Call::Call() = default;
Call::~Call() = default;

void Call::Messages::write(Severity severity, std::string_view message) noexcept {
  try {
    const std::scoped_lock lock(call_.mutex_);
    call_.messages_.push_back({severity, std::string(message)});
    call_.changed_.notify_all();
  } catch (...) {  // NOLINT(bugprone-empty-catch): a log that can't be written to must not fail a load
  }
}

void Call::in_caller(const std::function<void()>& act) {
  Request request{.act = &act, .needs_python = false};
  ask(request);
}

void Call::in_python(const std::function<void()>& act) {
  Request request{.act = &act, .needs_python = true};
  ask(request);
}

void Call::ask(Request& request) {
  std::unique_lock lock(mutex_);
  requests_.push_back(&request);
  changed_.notify_all();
  changed_.wait(lock, [&] { return request.is_done; });
}

Call::Due Call::wait() {
  const nb::gil_scoped_release without_gil;
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kBetweenLooks, [&] { return is_over_ || !requests_.empty() || !messages_.empty(); });
  Due due{.messages = std::exchange(messages_, {}), .is_over = is_over_ && requests_.empty()};
  if (!requests_.empty()) {
    due.request = requests_.front();
    requests_.pop_front();
  }
  return due;
}

void Call::guard(const std::function<void()>& act) noexcept {
  try {
    act();
    return;
  } catch (nb::python_error& e) {
    if (!raised_) raised_.emplace(std::move(e));
  } catch (const std::exception& e) {
    PyErr_SetString(PyExc_RuntimeError, e.what());
    nb::python_error error;
    if (!raised_) raised_.emplace(std::move(error));
  }
  stop_.request_stop();
}

void Call::run_request(Request& request) {
  if (request.needs_python) {
    guard(*request.act);
  } else {
    const nb::gil_scoped_release without_gil;
    (*request.act)();
  }
  const std::scoped_lock lock(mutex_);
  request.is_done = true;
  changed_.notify_all();
}

void Call::serve(const std::function<void()>& work) {
  const bool looks_for_signals = is_main_thread();
  const nb::object logger = nb::module_::import_("logging").attr("getLogger")("penstock");
  std::exception_ptr failure;
  is_over_ = false;
  {
    const Enrolled enrolled(stop_);
    std::jthread worker([&] {
      try {
        work();
      } catch (...) {
        failure = std::current_exception();
      }
      const std::scoped_lock lock(mutex_);
      is_over_ = true;
      changed_.notify_all();
    });
    for (bool is_over = false; !is_over;) {
      const Due due = wait();
      for (const Message& message : due.messages) {
        guard([&] { logger.attr("log")(level_of(message.severity), "%s", to_text(message.text)); });
      }
      if (due.request != nullptr) run_request(*due.request);
      if (looks_for_signals) {
        guard([] {
          if (PyErr_CheckSignals() != 0) throw nb::python_error();
        });
      }
      is_over = due.is_over;
    }
  }
  raise_kept(failure);
  if (failure) std::rethrow_exception(failure);
}

// What Python raised is what its caller hears; what became of the work stands in a note of it.
void Call::raise_kept(const std::exception_ptr& failure) {
  if (!raised_) return;
  std::string note = "penstock had finished before it could stop: what it did stands";
  try {
    if (failure) std::rethrow_exception(failure);
  } catch (const std::exception& e) {
    note = e.what();
  }
  nb::python_error raised = std::move(*raised_);
  raised_.reset();
  raised.value().attr("add_note")(to_text(note));
  throw raised;
}

void stop_all_calls() {
  const nb::gil_scoped_release without_gil;
  Running& running = Running::now();
  std::unique_lock lock(running.mutex);
  for (std::stop_source* stop : running.calls) stop->request_stop();
  running.changed.wait_for(lock, kPatience, [&] { return running.calls.empty(); });
}

}  // namespace penstock::python
