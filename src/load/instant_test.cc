#include "load/instant.h"

#include <gmock/gmock.h>

#include "penstock/load.h"

namespace penstock {
namespace {

using namespace std::chrono_literals;

constexpr Instant kFirstOfJuly = std::chrono::sys_days(std::chrono::year(2015) / 7 / 1);

TEST(Instant, IsReadFromEverySpellingOfRfc3339) {
  struct Case {
    std::string_view text;
    Instant instant;
  };
  for (const auto& [text, instant] : {
           Case{"2015-07-01T00:00:00Z", kFirstOfJuly},
           Case{"2015-07-01t00:00:00z", kFirstOfJuly},
           Case{"2015-07-01T02:00:00+02:00", kFirstOfJuly},
           Case{"2015-06-30T18:30:00-05:30", kFirstOfJuly},
           Case{"2015-07-01T00:00:00-00:00", kFirstOfJuly},
           Case{"2015-07-01T00:00:00.000000000Z", kFirstOfJuly},
           Case{"2015-07-01T00:00:00.5Z", kFirstOfJuly + 500ms},
           Case{"2015-07-01T00:00:00.000001Z", kFirstOfJuly + 1us},
           Case{"2015-07-01T23:59:59Z", kFirstOfJuly + 24h - 1s},
       }) {
    EXPECT_EQ(parse_data_date(text), instant) << text;
  }
}

TEST(Instant, IsNotReadFromWhatIsNoRfc3339Date) {
  for (const std::string_view text : {"",
                                      "newest",
                                      "2015-07-01",
                                      "2015-07-01T00:00:00",
                                      "2015-07-01 00:00:00Z",
                                      "2015-7-1T00:00:00Z",
                                      "2015-02-29T00:00:00Z",
                                      "2015-13-01T00:00:00Z",
                                      "2015-07-32T00:00:00Z",
                                      "2015-07-01T24:00:00Z",
                                      "2015-07-01T00:60:00Z",
                                      "2015-06-30T23:59:60Z",
                                      "2015-07-01T00:00Z",
                                      "2015-07-01T00:00:00.Z",
                                      "2015-07-01T00:00:00.0000001Z",
                                      "2015-07-01T00:00:00+0200",
                                      "2015-07-01T00:00:00+24:00",
                                      "2015-07-01T00:00:00+02:60",
                                      "0000-01-01T00:00:00Z",
                                      "2015-07-01T00:00:00Zx",
                                      "+2015-07-01T00:00:00Z",
                                      "2015-07-01T00:00:0٠Z"}) {
    EXPECT_EQ(parse_data_date(text), std::nullopt) << text;
  }
}

TEST(Instant, IsReadFromTheStartOfAName) {
  const auto spelled = read_rfc3339("2015-07-01T00:00:00+00:000000_part_00");
  ASSERT_TRUE(spelled);
  EXPECT_EQ(spelled->instant, kFirstOfJuly);
  EXPECT_EQ(spelled->length, 25U);
}

TEST(Instant, IsSpelledForPeopleAndForSql) {
  EXPECT_EQ(to_rfc3339(kFirstOfJuly), "2015-07-01T00:00:00Z");
  EXPECT_EQ(to_rfc3339(kFirstOfJuly + 1500ms), "2015-07-01T00:00:01.5Z");
  EXPECT_EQ(to_sql(kFirstOfJuly + 1us), "2015-07-01 00:00:00.000001");
  EXPECT_EQ(to_rfc3339(std::chrono::sys_days(std::chrono::year(1) / 1 / 1)), "0001-01-01T00:00:00Z");
  EXPECT_EQ(to_rfc3339(std::chrono::sys_days(std::chrono::year(1965) / 1 / 1) - 1us), "1964-12-31T23:59:59.999999Z");
}

TEST(Instant, IsReadFromWhatTheServerPrints) {
  EXPECT_EQ(read_sql_instant("2015-07-01"), kFirstOfJuly);
  EXPECT_EQ(read_sql_instant("2015-07-01 00:00:00"), kFirstOfJuly);
  EXPECT_EQ(read_sql_instant("2015-07-01 00:00:00.25"), kFirstOfJuly + 250ms);
  EXPECT_EQ(read_sql_instant("2015-07-01 00:00:00+00"), kFirstOfJuly);
  EXPECT_EQ(read_sql_instant("2015-07-01 05:30:00+05:30"), kFirstOfJuly);
  EXPECT_EQ(read_sql_instant("infinity"), std::nullopt);
  EXPECT_EQ(read_sql_instant("0044-03-15 BC"), std::nullopt);
  EXPECT_EQ(read_sql_instant("2015-07-01 00:00:00 CEST"), std::nullopt);
}

}  // namespace
}  // namespace penstock
