#include "store/byte_sink.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/error.h"
#include "store/temp_folder.h"

namespace penstock {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

class ByteSinkTest : public testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return folder_.path() / name; }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      found.push_back(entry.path().filename());
    }
    std::ranges::sort(found);
    return found;
  }
  static std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const TempFolder folder_;
};

ErrorKind kind_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& e) {
    return e.kind();
  }
  ADD_FAILURE() << "it was done";
  return ErrorKind::internal;
}

TEST_F(ByteSinkTest, OfALocalFileAppearsWithItsCommit) {
  const auto sink = local_sink(path("a.csv"), Existing::refuse);
  sink->write(bytes("one,"));
  sink->write(bytes("two\n"));
  EXPECT_FALSE(std::filesystem::exists(path("a.csv")));
  sink->commit();
  EXPECT_EQ(text_of(path("a.csv")), "one,two\n");
  EXPECT_THAT(names(), testing::ElementsAre("a.csv"));
}

TEST_F(ByteSinkTest, WithoutCommitLeavesNothing) {
  local_sink(path("a.csv"), Existing::refuse)->write(bytes("half"));
  EXPECT_THAT(names(), IsEmpty());
  std::ofstream(path("b.csv")) << "old";
  local_sink(path("b.csv"), Existing::replace)->write(bytes("new"));
  EXPECT_EQ(text_of(path("b.csv")), "old");
  EXPECT_THAT(names(), testing::ElementsAre("b.csv"));
}

TEST_F(ByteSinkTest, ReplacesOnlyWhenAsked) {
  std::ofstream(path("a.csv")) << "old";
  EXPECT_EQ(kind_of([&] { local_sink(path("a.csv"), Existing::refuse); }), ErrorKind::conflict);
  const auto late = local_sink(path("b.csv"), Existing::refuse);
  std::ofstream(path("b.csv")) << "of another";
  EXPECT_EQ(kind_of([&] { late->commit(); }), ErrorKind::conflict) << "it came while we wrote";
  EXPECT_EQ(text_of(path("b.csv")), "of another");
  const auto sink = local_sink(path("a.csv"), Existing::replace);
  sink->write(bytes("new"));
  sink->commit();
  EXPECT_EQ(text_of(path("a.csv")), "new");
  EXPECT_THAT(names(), testing::ElementsAre("a.csv", "b.csv"));
}

TEST_F(ByteSinkTest, FollowsALink) {
  std::filesystem::create_directory(path("there"));
  std::ofstream(path("there/a.csv")) << "old";
  std::filesystem::create_symlink(path("there/a.csv"), path("a.csv"));
  const auto sink = local_sink(path("a.csv"), Existing::replace);
  sink->write(bytes("new"));
  sink->commit();
  EXPECT_TRUE(std::filesystem::is_symlink(path("a.csv")));
  EXPECT_EQ(text_of(path("there/a.csv")), "new");
}

TEST_F(ByteSinkTest, RefusesAFolderThatIsNoneAndOneThatIsNotThere) {
  EXPECT_EQ(kind_of([&] { local_sink(folder_.path(), Existing::replace); }), ErrorKind::conflict);
  EXPECT_EQ(kind_of([&] { local_sink(path("none/a.csv"), Existing::replace); }), ErrorKind::not_found);
}

TEST_F(ByteSinkTest, OfADeviceIsAStream) {
  const auto null = local_sink("/dev/null", Existing::refuse);
  null->write(bytes("anything"));
  null->commit();
  const auto full = local_sink("/dev/full", Existing::refuse);
  try {
    full->write(bytes("anything"));
    FAIL() << "it was taken";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("writing to /dev/full: No space left on device"));
  }
}

TEST_F(ByteSinkTest, OfAnObjectAppearsWithItsCommit) {
  const auto buckets = open_memory();
  buckets->create_bucket("bucket");
  const auto store = buckets->open("bucket");
  object_sink(*store, "k", Existing::refuse)->write(bytes("half"));
  EXPECT_FALSE(store->head("k"));
  const auto sink = object_sink(*store, "k", Existing::refuse);
  sink->write(bytes("whole"));
  sink->commit();
  EXPECT_EQ(read_all(*store, "k", 100), "whole");
  EXPECT_EQ(sink->name(), store->uri_of("k"));
  EXPECT_EQ(kind_of([&] { object_sink(*store, "k", Existing::refuse); }), ErrorKind::conflict);
  object_sink(*store, "k", Existing::replace)->commit();
  EXPECT_EQ(read_all(*store, "k", 100), "");
}

}  // namespace
}  // namespace penstock
