#include "endpoint/copy/byte_finder.h"

#include <gmock/gmock.h>

#include <random>
#include <string>

namespace penstock::endpoint {
namespace {

TEST(ByteFinder, FindsWhatOneByOneFinds) {
  std::mt19937 random(5);
  for (int round = 0; round < 2'000; ++round) {
    std::string text(random() % 300, 'x');
    const unsigned rarity = 1 + random() % 40;
    for (char& c : text) {
      if (random() % rarity == 0) c = ",\"\n\x80\xff"[random() % 5];
    }
    ByteFinder finder(',', '"', '\n');
    const char* const end = text.data() + text.size();
    finder.start(text.data(), end);
    for (const char* from = text.data(); from < end;) {
      const char* expected = from;
      while (expected < end && *expected != ',' && *expected != '"' && *expected != '\n') ++expected;
      ASSERT_EQ(finder.next(from), expected) << text;
      from = expected + 1 + random() % 3;
    }
    ASSERT_EQ(finder.next(end), end);
  }
}

TEST(ByteFinder, StartsAgainAnywhere) {
  ByteFinder finder('a', 'b', 'b');
  const std::string one = "xxa", two = "b";
  finder.start(one.data(), one.data() + one.size());
  EXPECT_EQ(finder.next(one.data()), one.data() + 2);
  finder.start(two.data(), two.data() + two.size());
  EXPECT_EQ(finder.next(two.data()), two.data());
}

}  // namespace
}  // namespace penstock::endpoint
