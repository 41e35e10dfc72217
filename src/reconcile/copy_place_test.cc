#include "reconcile/copy_place.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

#include "penstock/error.h"

namespace penstock::reconcile {
namespace {

std::string target_of(const std::string& source, const std::string& target, const std::string& key) {
  return CopyPlace(source, target).key_for(key);
}

TEST(CopyPlace, KeepsThePathBelowTheSource) {
  EXPECT_EQ(target_of("s3://lake/in", "s3://archive/old", "in/2024/a.csv"), "old/2024/a.csv");
  EXPECT_EQ(target_of("s3://lake/in/", "s3://archive/old/", "in/2024/a.csv"), "old/2024/a.csv");
  EXPECT_EQ(target_of("s3://lake/in", "s3://archive", "in/2024/a.csv"), "2024/a.csv");
  EXPECT_EQ(target_of("s3://lake", "s3://archive/old", "in/a.csv"), "old/in/a.csv");
  EXPECT_EQ(target_of("s3://lake/in/20*", "s3://archive/old", "in/2024/a.csv"), "old/2024/a.csv");
  EXPECT_EQ(target_of("s3://lake/20*", "s3://archive/old", "2024/a.csv"), "old/2024/a.csv");
  EXPECT_EQ(target_of("s3://lake/in", "s3://archive/old", "in//a.csv"), "old//a.csv");
}

TEST(CopyPlace, TwoKeysOfOneNameHaveTwoTargets) {
  const CopyPlace place("s3://lake/in", "s3://archive/old");
  EXPECT_NE(place.key_for("in/1/a.csv"), place.key_for("in/2/a.csv"));
  EXPECT_NE(place.key_for("in/a.csv"), place.key_for("in//a.csv"));
}

TEST(CopyPlace, IsNeverBelowTheSource) {
  for (const auto& [source, target] : {std::pair("s3://lake/in", "s3://lake/in"),
                                       {"s3://lake/in", "s3://lake/in/old"},
                                       {"s3://lake/in*", "s3://lake/inside"},
                                       {"s3://lake", "s3://lake/old"}}) {
    EXPECT_THROW(CopyPlace(source, target), Error) << source << " " << target;
  }
  EXPECT_NO_THROW(CopyPlace("s3://lake/in", "s3://lake/in2"));
  EXPECT_THROW(target_of("s3://lake/a/b", "s3://lake/a", "a/b/b/c"), Error) << "a/b/c would be of the source";
  EXPECT_EQ(target_of("s3://lake/a/b", "s3://lake/a", "a/b/c"), "a/c");
}

TEST(CopyPlace, IsAFolder) {
  EXPECT_THROW(CopyPlace("s3://lake/in", "s3://archive/old*"), Error);
  EXPECT_THROW(CopyPlace("s3://lake/in", "/old"), Error);
}

TEST(IsCopy, IsProvedByTheEtagOrByTheMarkOfTheCopy) {
  const auto object = [](std::uint64_t size, std::string etag, std::string mark = "") {
    ObjectInfo made{.key = "k", .size = size, .etag = std::move(etag)};
    if (!mark.empty()) made.metadata["penstock-copied-etag"] = std::move(mark);
    return made;
  };
  const ObjectInfo original = object(3, "abc-2");
  EXPECT_TRUE(is_copy(object(3, "abc-2"), original));
  EXPECT_TRUE(is_copy(object(3, "other", "abc-2"), original));
  EXPECT_FALSE(is_copy(object(3, "other", "abc-3"), original));
  EXPECT_FALSE(is_copy(object(4, "other", "abc-2"), original));
  EXPECT_FALSE(is_copy(object(4, "abc-2"), original));
  EXPECT_FALSE(is_copy(object(3, "other"), original));
  EXPECT_FALSE(is_copy(object(3, ""), object(3, ""))) << "no ETag is no proof";
}

}  // namespace
}  // namespace penstock::reconcile
