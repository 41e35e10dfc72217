#include "cli/words.h"

#include <gmock/gmock.h>

namespace penstock::cli {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Words, ReadADurationWithItsUnit) {
  Problems problems;
  EXPECT_EQ(read_duration("--older-than", "", problems), std::nullopt);
  EXPECT_EQ(read_duration("--older-than", "0s", problems), 0s);
  EXPECT_EQ(read_duration("--older-than", "90m", problems), 90min);
  EXPECT_EQ(read_duration("--older-than", "24h", problems), 24h);
  EXPECT_EQ(read_duration("--older-than", "7d", problems), 168h);
  EXPECT_THAT(problems.lines(), IsEmpty());
}

TEST(Words, CallADurationWithoutAUnitAProblem) {
  for (const char* text : {"24", "h", "-1h", "1.5h", "24 h", "1w", "99999999d"}) {
    Problems problems;
    EXPECT_EQ(read_duration("--older-than", text, problems), std::nullopt) << text;
    EXPECT_THAT(problems.lines(), ElementsAre(HasSubstr("--older-than"))) << text;
  }
}

}  // namespace
}  // namespace penstock::cli
