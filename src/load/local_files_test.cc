#include "load/local_files.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "penstock/error.h"
#include "store/temp_folder.h"

namespace penstock {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LocalFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name :
         {"a.csv", "b.csv", "c.json", ".h.csv", "x/a.csv", "x/y/a.csv", "x/_tmp/a.csv", ".g/a.csv"}) {
      const std::filesystem::path path = folder_.path().string() + "/" + name;
      std::filesystem::create_directories(path.parent_path());
      std::ofstream(path) << name;
    }
  }

  std::vector<std::string> like(const std::string& pattern) {
    return below(files_like(folder_.path().string() + "/" + pattern));
  }
  std::vector<std::string> below(const std::vector<std::string>& paths) {
    std::vector<std::string> names;
    for (const std::string& path : paths) names.push_back(path.substr(folder_.path().string().size() + 1));
    return names;
  }

  TempFolder folder_;
};

TEST_F(LocalFiles, AStarDoesNotReachOverASlash) {
  EXPECT_THAT(like("*.csv"), ElementsAre("a.csv", "b.csv"));
  EXPECT_THAT(like("*/a.csv"), ElementsAre("x/a.csv"));
  EXPECT_THAT(like("[ab].*"), ElementsAre("a.csv", "b.csv"));
  EXPECT_THAT(like("*"), ElementsAre("a.csv", "b.csv", "c.json")) << "folders are no files";
  EXPECT_THAT(like("z*"), IsEmpty());
}

TEST_F(LocalFiles, TwoStarsAreAnyFoldersAndNone) {
  EXPECT_THAT(like("**/a.csv"), ElementsAre("a.csv", "x/_tmp/a.csv", "x/a.csv", "x/y/a.csv"));
  EXPECT_THAT(like("x/**/a.csv"), ElementsAre("x/_tmp/a.csv", "x/a.csv", "x/y/a.csv"));
  EXPECT_THAT(like("**/y/*.csv"), ElementsAre("x/y/a.csv"));
  EXPECT_THAT(like("none/**/a.csv"), IsEmpty());
}

TEST_F(LocalFiles, AFolderIsAllBelowItButHiddenNames) {
  EXPECT_THAT(below(files_below(folder_.path().string())),
              ElementsAre("a.csv", "b.csv", "c.json", "x/a.csv", "x/y/a.csv"));
  EXPECT_THROW(files_below(folder_.path().string() + "/none"), Error);
}

TEST_F(LocalFiles, TheFolderOfAGlobIsWhatAllOfItHave) {
  EXPECT_EQ(folder_of_glob("data/*.csv"), "data/");
  EXPECT_EQ(folder_of_glob("data/**/x/*.csv"), "data/");
  EXPECT_EQ(folder_of_glob("data/a*/*.csv"), "data/");
  EXPECT_EQ(folder_of_glob("*.csv"), "");
}

}  // namespace
}  // namespace penstock
