#include "local/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include "penstock/error.h"

namespace penstock::local {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ProcessTest : public testing::Test {
 protected:
  ProcessTest() {
    std::string made = testing::TempDir() + "penstock-process-XXXXXX";
    folder_ = mkdtemp(made.data());
  }
  ~ProcessTest() override { fs::remove_all(folder_); }

  Command shell(const std::string& script) const {
    return {.arguments = {"/bin/sh", "-c", script}, .environment = {"PATH=/usr/bin:/bin"}, .log = log()};
  }
  fs::path log() const { return folder_ / "log"; }
  std::string logged() const {
    std::ifstream file(log());
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static steady_clock::time_point soon() { return steady_clock::now() + seconds(60); }

  fs::path folder_;
};

void nobody_records(const ProcessId&) {}

TEST_F(ProcessTest, IsFoundAgainByItsPidAndItsStart) {
  const ProcessId sleeper = spawn(shell("exec sleep 1000"), nobody_records);
  EXPECT_EQ(identify(sleeper.pid), sleeper);
  EXPECT_TRUE(is_running(sleeper));
  EXPECT_TRUE(send_signal(sleeper, SIGKILL));
  EXPECT_TRUE(wait_until_gone(sleeper, soon()));
  EXPECT_FALSE(is_running(sleeper));
}

TEST_F(ProcessTest, IsNeverSignalledWhenItsPidIsAnothersNow) {
  const ProcessId sleeper = spawn(shell("exec sleep 1000"), nobody_records);
  const ProcessId earlier{.pid = sleeper.pid, .started = sleeper.started - 1};
  EXPECT_FALSE(is_running(earlier));
  EXPECT_FALSE(send_signal(earlier, SIGKILL));
  EXPECT_TRUE(wait_until_gone(earlier, soon()));
  EXPECT_TRUE(is_running(sleeper));
  send_signal(sleeper, SIGKILL);
  waitpid(sleeper.pid, nullptr, 0);
}

TEST_F(ProcessTest, ThatEndedButIsNotCollectedYetDoesNotRun) {
  const ProcessId process = spawn(shell("exit 0"), nobody_records);
  siginfo_t info{};
  waitid(P_PID, static_cast<id_t>(process.pid), &info, WEXITED | WNOWAIT);
  EXPECT_FALSE(is_running(process));
  waitpid(process.pid, nullptr, 0);
}

TEST_F(ProcessTest, DoesNotStartWhenItCouldNotBeRecorded) {
  EXPECT_THROW(spawn(shell("echo started"), [](const ProcessId&) { throw Error(ErrorKind::unavailable, "disk full"); }),
               Error);
  EXPECT_EQ(logged(), "");
}

TEST_F(ProcessTest, ThatCannotBeStartedSaysWhy) {
  Command command = shell("");
  command.arguments[0] = "/nonexistent/program";
  try {
    spawn(command, nobody_records);
    ADD_FAILURE() << "started";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("/nonexistent/program"));
    EXPECT_THAT(e.what(), HasSubstr("No such file"));
  }
}

TEST_F(ProcessTest, HoldsNoDescriptorOfOursAndLogsBothItsOutputs) {
  EXPECT_EQ(run_to_end(shell("ls /proc/self/fd | tr '\\n' ' '; echo bad >&2; exit 3")), 3);
  EXPECT_THAT(logged(), HasSubstr("0 1 2 3 ")) << "3 is what ls itself opened";
  EXPECT_THAT(logged(), HasSubstr("bad"));
}

TEST_F(ProcessTest, ReportsTheSignalThatEndedIt) { EXPECT_EQ(run_to_end(shell("kill -9 $$")), 128 + SIGKILL); }

TEST(InheritedEnvironment, ReplacesAndTakesOutWhatIsChangedAndKeepsTheRest) {
  setenv("PENSTOCK_PROCESS_TEST", "before", 1);
  setenv("PENSTOCK_PROCESS_TEST_2", "before", 1);
  const auto environment = inherited_environment({"PENSTOCK_PROCESS_TEST=after", "PENSTOCK_PROCESS_TEST_2"});
  EXPECT_THAT(environment, Contains("PENSTOCK_PROCESS_TEST=after"));
  EXPECT_THAT(environment, Not(Contains("PENSTOCK_PROCESS_TEST=before")));
  EXPECT_THAT(environment, Not(Contains(StartsWith("PENSTOCK_PROCESS_TEST_2"))));
  EXPECT_THAT(environment, Contains(StartsWith("PATH=")));
}

}  // namespace
}  // namespace penstock::local
