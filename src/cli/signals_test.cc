#include "cli/signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <semaphore>

namespace penstock::cli {
namespace {

// Each in a child of its own: signals are a process's, not a test's.

[[noreturn]] void exit_after_one_signal() {
  const Signals signals;
  std::binary_semaphore asked(0);
  const std::stop_callback wake(signals.stop(), [&] { asked.release(); });
  kill(getpid(), SIGTERM);
  asked.acquire();
  _exit(signals.received() == SIGTERM ? 40 : 41);
}

[[noreturn]] void wait_through_two_signals() {
  const Signals signals;
  std::binary_semaphore asked(0);
  const std::stop_callback wake(signals.stop(), [&] { asked.release(); });
  kill(getpid(), SIGTERM);
  asked.acquire();
  kill(getpid(), SIGINT);
  for (;;) pause();
}

TEST(SignalsDeathTest, TheFirstAsksToStop) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(exit_after_one_signal(), testing::ExitedWithCode(40), "");
}

TEST(SignalsDeathTest, TheSecondEndsTheProgramAtOnce) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(wait_through_two_signals(), testing::ExitedWithCode(128 + SIGINT), "");
}

}  // namespace
}  // namespace penstock::cli
