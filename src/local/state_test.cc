#include "local/state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>

#include "penstock/error.h"

namespace penstock::local {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;

class StateTest : public testing::Test {
 protected:
  StateTest() {
    std::string made = testing::TempDir() + "penstock-state-XXXXXX";
    folder_ = mkdtemp(made.data());
  }
  ~StateTest() override { fs::remove_all(folder_); }
  fs::path folder_;
};

TEST_F(StateTest, IsReadAsItWasWritten) {
  State state = new_state();
  state.s3 = {.kind = S3Kind::versitygw, .url = "http://127.0.0.1:7070"};
  state.port = 5439;
  state.socket_folder = "/tmp/penstock-abc";
  state.boot_id = current_boot_id();
  state.processes["postgres"] = {.pid = 12, .started = 345};
  write_state(folder_, state);
  const auto read = read_state(folder_);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->password.reveal(), state.password.reveal());
  EXPECT_EQ(read->access_key_id, state.access_key_id);
  EXPECT_EQ(read->secret_access_key.reveal(), state.secret_access_key.reveal());
  EXPECT_EQ(read->s3.kind, S3Kind::versitygw);
  EXPECT_EQ(read->s3.url, "http://127.0.0.1:7070");
  EXPECT_EQ(read->port, 5439);
  EXPECT_EQ(read->socket_folder, "/tmp/penstock-abc");
  EXPECT_EQ(read->processes, state.processes);
}

TEST_F(StateTest, CanBeReadByItsOwnerOnly) {
  write_state(folder_, new_state());
  struct stat status{};
  ASSERT_EQ(stat((folder_ / "state.json").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(StateTest, HasSecretsInTheShapesOfRedshiftsAndAws) {
  const State state = new_state();
  EXPECT_THAT(state.access_key_id, MatchesRegex("[A-Z0-9]{20}"));
  EXPECT_THAT(state.secret_access_key.reveal(), MatchesRegex("[A-Za-z0-9]{40}"));
  EXPECT_THAT(state.password.reveal(), MatchesRegex(".*[A-Z].*"));
  EXPECT_THAT(state.password.reveal(), MatchesRegex(".*[a-z].*"));
  EXPECT_THAT(state.password.reveal(), MatchesRegex(".*[0-9].*"));
  EXPECT_NE(new_state().password.reveal(), state.password.reveal());
}

TEST_F(StateTest, ThatIsNotOursIsRefusedWithoutShowingWhatIsInIt) {
  for (const std::string text : {"", "{", "[]", R"({"format": 2})", R"({"format": 1, "password": "hunter2"})",
                                 R"({"format": 1, "password": hunter2)"}) {
    std::ofstream(folder_ / "state.json") << text;
    try {
      read_state(folder_);
      ADD_FAILURE() << "was taken: " << text;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::invalid);
      EXPECT_THAT(e.what(), HasSubstr("state.json"));
      EXPECT_THAT(e.what(), Not(HasSubstr("hunter2")));
    }
  }
}

TEST_F(StateTest, OfAnEmptyFolderIsNone) { EXPECT_FALSE(read_state(folder_)); }

TEST_F(StateTest, CountsNoProcessOfAnotherRunOfTheMachine) {
  State state = new_state();
  state.processes["endpoint"] = *identify(getpid());
  state.boot_id = current_boot_id();
  EXPECT_EQ(running(state).size(), 1U);
  state.boot_id = "another";
  EXPECT_THAT(running(state), IsEmpty());
}

TEST_F(StateTest, IsChangedByOneAtATime) {
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  const auto work = [&] {
    for (int i = 0; i < 50; ++i) {
      const FolderLock lock(folder_);
      most = std::max(most.load(), ++inside);
      std::this_thread::yield();
      --inside;
    }
  };
  {
    const std::jthread one(work);
    const std::jthread other(work);
  }
  EXPECT_EQ(most, 1);
}

}  // namespace
}  // namespace penstock::local
