#include "store/folder_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

namespace penstock {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

TEST(FolderKey, StandsAsItIsWhereAFileNameCanHoldIt) {
  EXPECT_THAT(folder_path("api_hits_pages_2015-07-01T00:00:00Z.json.gz"),
              ElementsAre("api_hits_pages_2015-07-01T00:00:00Z.json.gz"));
  EXPECT_THAT(folder_path("a b/50% off/d\u00e9j\u00e0.csv"), ElementsAre("a b", "50% off", "d\u00e9j\u00e0.csv"));
  EXPECT_THAT(folder_path(".hidden/...~"), ElementsAre(".hidden", "...~"));
}

TEST(FolderKey, EncodesOnlyWhatAFileNameCannotHold) {
  EXPECT_THAT(folder_path("a/"), ElementsAre("a", "%_"));
  EXPECT_THAT(folder_path("/a"), ElementsAre("%_", "a"));
  EXPECT_THAT(folder_path("a//b"), ElementsAre("a", "%_", "b"));
  EXPECT_THAT(folder_path("../../etc/./passwd"), ElementsAre("%2E%2E", "%2E%2E", "etc", "%2E", "passwd"));
  EXPECT_THAT(folder_path("line\nbreak\x7f"), ElementsAre("line%0Abreak%7F"));
  EXPECT_THAT(folder_path(std::string("nul\0", 4)), ElementsAre("nul%00"));
  EXPECT_THAT(folder_path("100%/a%20b/%_/%+"), ElementsAre("100%25", "a%2520b", "%25_", "%25+"));
}

TEST(FolderKey, CutsALongComponentBetweenCharacters) {
  EXPECT_THAT(folder_path(std::string(240, 'x')), ElementsAre(std::string(240, 'x')));
  EXPECT_THAT(folder_path(std::string(241, 'x')), ElementsAre(std::string(240, 'x') + "%+", "x"));
  EXPECT_THAT(folder_path(std::string(239, 'x') + "\u00e9y"), ElementsAre(std::string(239, 'x') + "%+", "\u00e9y"));
  EXPECT_THAT(folder_path(std::string(239, 'x') + "\ny"), ElementsAre(std::string(239, 'x') + "%+", "%0Ay"));
  EXPECT_THAT(folder_path(std::string(238, 'x') + "\ny"), ElementsAre(std::string(238, 'x') + "%+", "%0Ay"));
  EXPECT_THAT(folder_path(std::string(240, 'x') + ".."), ElementsAre(std::string(240, 'x') + "%+", "%2E%2E"));
  EXPECT_THAT(folder_path(std::string(1024, '\x01')), SizeIs(13));
}

// The inverse of folder_path(), by the names' own marks alone.
std::string key_at(const std::vector<std::string>& path) {
  std::string key;
  std::string component;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const FolderName name = read_folder_name(path[i]);
    component += name.text;
    if (name.kind == FolderName::Kind::continued) continue;
    key += decode_component(component);
    component.clear();
    if (i + 1 < path.size()) key += '/';
  }
  return key;
}

TEST(FolderKey, NoTwoKeysShareAPathAndNoNameLeadsOut) {
  std::mt19937 random(7);
  constexpr std::string_view kHard = "%%%_+2EFa/.\n\x01";
  std::set<std::vector<std::string>> paths;
  std::set<std::string> keys;
  for (int i = 0; i < 20'000; ++i) {
    std::string key;
    const std::size_t length = 1 + random() % (i % 50 == 0 ? 600 : 6);
    while (key.size() < length) key += kHard[random() % kHard.size()];
    const auto path = folder_path(key);
    EXPECT_EQ(key_at(path), key);
    for (const std::string& name : path) {
      EXPECT_TRUE(!name.empty() && name != "." && name != ".." && name.size() < 254) << name;
      EXPECT_EQ(name.find('/'), std::string::npos);
    }
    EXPECT_NE(read_folder_name(path.back()).kind, FolderName::Kind::beside) << "a plain name carries no mark: " << key;
    EXPECT_EQ(key_at({beside_folder("k")}), "k");
    paths.insert(path);
    keys.insert(key);
  }
  EXPECT_EQ(paths.size(), keys.size());
}

}  // namespace
}  // namespace penstock
