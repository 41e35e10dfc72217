#include "reconcile/key_step.h"

#include <gtest/gtest.h>

#include <random>

#include "base/text.h"

namespace penstock::reconcile {
namespace {

std::string beyond(std::string_view from, std::string_view to, double steps, std::size_t fixed = 0) {
  return key_beyond(to, from, to, steps, fixed).value_or("(none)");
}

TEST(KeyStep, CountsOn) {
  EXPECT_EQ(beyond("part-00000", "part-00999", 8).substr(0, 8), "part-089");
  EXPECT_EQ(beyond("part-0500", "part-0999", 2).substr(0, 7), "part-19") << "over the end of a digit";
  EXPECT_EQ(beyond("2015-07-01T00", "2015-07-03T00", 4).substr(0, 9), "2015-07-1");
  EXPECT_EQ(beyond("00ab", "01ab", 8).substr(0, 2), "09");
  EXPECT_EQ(beyond("a/k", "c/k", 4).substr(0, 1), "k");
}

TEST(KeyStep, GoesOnWithTheFolderAboveWhereOneIsOver) {
  const std::string next = beyond("day=01/part-8000", "day=01/part-9999", 8);
  EXPECT_GT(next, "day=01/part-9999~");
  EXPECT_LT(next, "day=02/");
}

TEST(KeyStep, LeavesWhatIsFixed) {
  EXPECT_EQ(beyond("p/8", "p/9", 8, 2), "(none)") << "there is nothing beyond";
  EXPECT_TRUE(beyond("p/1", "p/2", 3, 2).starts_with("p/"));
  EXPECT_EQ(beyond("same", "same", 8), "(none)");
}

TEST(KeyStep, GoesFromAnyKeyByTheWayBetweenTwoOthers) {
  const auto found = key_beyond("b/50", "a/10", "a/20", 2, 0);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->substr(0, 3), "b/7");
}

TEST(KeyStep, IsBeyondItsKeyAndUtf8WhateverTheKeysAre) {
  std::mt19937 random(7);
  const std::string_view letters[] = {"a", "z", "0", "9", "/", "-", "\u00e9", "\u20ac", "\U0001F600", "\n", "~", "Z"};
  const auto key = [&] {
    std::string made;
    for (auto left = random() % 12; left > 0; --left) made += letters[random() % std::size(letters)];
    return made;
  };
  int found = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string from = key();
    const std::string to = key();
    const std::string at = key();
    const auto next = key_beyond(at, from, to, 8, random() % 3);
    if (!next) continue;
    ++found;
    EXPECT_GT(*next, at);
    EXPECT_TRUE(is_utf8(*next));
  }
  EXPECT_GT(found, 500);
}

}  // namespace
}  // namespace penstock::reconcile
