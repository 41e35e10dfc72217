#include "load/own_keys.h"

#include <gtest/gtest.h>

#include <string>

#include "load/attempt.h"

namespace penstock {
namespace {

TEST(OwnFolder, IsOfARunByTheShapeOfItsName) {
  const std::string id = new_id();
  for (const std::string& folder : {"staged/" + id + "/", "0123456789abcdef/" + id + "/"}) {
    const std::string key = folder + "manifest.json";
    const auto found = own_folder(key);
    ASSERT_TRUE(found) << folder;
    EXPECT_EQ(found->folder, folder);
    EXPECT_EQ(found->id, id);
  }
  EXPECT_TRUE(own_folder("staged/" + id + "/part-0.csv.zst"));
  EXPECT_TRUE(own_folder("staged/" + id + "/deeper/part"));
}

TEST(OwnFolder, IsNobodyElses) {
  const std::string id = new_id();
  const std::string version_1 = "c232ab00-9414-11ec-b3c8-9f6bdeced846";
  for (const std::string& key :
       {std::string(), std::string("staged"), "staged/" + id, "staged/" + id + "/", "staged/" + version_1 + "/x",
        std::string("staged/today/part-0"), "Staged/" + id + "/x", "x/staged/" + id + "/x", "data/" + id + "/x",
        "0123456789abcdef/" + id + "/other.json", "0123456789abcdef/" + id + "/x/manifest.json",
        "0123456789ABCDEF/" + id + "/manifest.json", "0123456789abcde/" + id + "/manifest.json", id + "/x",
        "staged//" + id + "/x", "staged/" + id + "x/y"}) {
    EXPECT_FALSE(own_folder(key)) << key;
  }
}

}  // namespace
}  // namespace penstock
