#include "load/period.h"

#include <gmock/gmock.h>

#include "penstock/error.h"
#include "penstock/load.h"

namespace penstock {
namespace {

using namespace std::chrono_literals;

Instant at(std::string_view text) { return parse_data_date(text).value(); }

struct Case {
  const char* why;
  const char* zone;
  PeriodLength length;
  const char* instant;
  const char* from;
  const char* to;
};

TEST(Period, IsOneOfItsZone) {
  constexpr auto kHour = PeriodLength::hour;
  constexpr auto kDay = PeriodLength::day;
  for (const Case& c : {
           Case{"UTC", "UTC", kHour, "2015-07-01T05:59:59.999999Z", "2015-07-01T05:00:00Z", "2015-07-01T06:00:00Z"},
           Case{"UTC", "UTC", kDay, "2015-07-01T00:00:00Z", "2015-07-01T00:00:00Z", "2015-07-02T00:00:00Z"},
           Case{"before 1970", "UTC", kDay, "1969-12-31T23:59:59.5Z", "1969-12-31T00:00:00Z", "1970-01-01T00:00:00Z"},
           Case{"a local day", "America/New_York", kDay, "2015-07-01T03:59:59Z", "2015-06-30T04:00:00Z",
                "2015-07-01T04:00:00Z"},
           Case{"a zone of half hours", "Asia/Kolkata", kHour, "2015-07-01T05:29:59Z", "2015-07-01T04:30:00Z",
                "2015-07-01T05:30:00Z"},
           Case{"spring forward: 23 hours", "America/New_York", kDay, "2015-03-08T12:00:00Z", "2015-03-08T05:00:00Z",
                "2015-03-09T04:00:00Z"},
           Case{"fall back: 25 hours", "America/New_York", kDay, "2015-11-01T12:00:00Z", "2015-11-01T04:00:00Z",
                "2015-11-02T05:00:00Z"},
           Case{"the hour before the one that is skipped", "America/New_York", kHour, "2015-03-08T06:30:00Z",
                "2015-03-08T06:00:00Z", "2015-03-08T07:00:00Z"},
           Case{"the hour after it", "America/New_York", kHour, "2015-03-08T07:30:00Z", "2015-03-08T07:00:00Z",
                "2015-03-08T08:00:00Z"},
           Case{"the first of two equal hours covers both", "America/New_York", kHour, "2015-11-01T05:30:00Z",
                "2015-11-01T05:00:00Z", "2015-11-01T07:00:00Z"},
           Case{"the second does", "America/New_York", kHour, "2015-11-01T06:30:00Z", "2015-11-01T05:00:00Z",
                "2015-11-01T07:00:00Z"},
           Case{"the hour before them", "America/New_York", kHour, "2015-11-01T04:30:00Z", "2015-11-01T04:00:00Z",
                "2015-11-01T05:00:00Z"},
           Case{"the hour after them", "America/New_York", kHour, "2015-11-01T07:00:00Z", "2015-11-01T07:00:00Z",
                "2015-11-01T08:00:00Z"},
           Case{"half an hour twice", "Australia/Lord_Howe", kHour, "2015-04-04T15:15:00Z", "2015-04-04T14:00:00Z",
                "2015-04-04T15:30:00Z"},
           Case{"half an hour skipped", "Australia/Lord_Howe", kHour, "2015-10-03T15:40:00Z", "2015-10-03T15:30:00Z",
                "2015-10-03T16:00:00Z"},
           Case{"two hours twice are one period", "Antarctica/Troll", kHour, "2015-10-25T02:30:00Z",
                "2015-10-24T23:00:00Z", "2015-10-25T03:00:00Z"},
           Case{"midnight skipped", "America/Sao_Paulo", kDay, "2015-10-18T12:00:00Z", "2015-10-18T03:00:00Z",
                "2015-10-19T02:00:00Z"},
           Case{"the hour before midnight twice", "America/Sao_Paulo", kDay, "2015-02-22T02:30:00Z",
                "2015-02-21T02:00:00Z", "2015-02-22T03:00:00Z"},
           Case{"a day that was skipped", "Pacific/Apia", kDay, "2011-12-30T09:59:59Z", "2011-12-29T10:00:00Z",
                "2011-12-30T10:00:00Z"},
           Case{"the day after it", "Pacific/Apia", kDay, "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z",
                "2011-12-31T10:00:00Z"},
       }) {
    const InstantRange period = period_of(at(c.instant), c.length, c.zone);
    EXPECT_EQ(to_rfc3339(period.from), c.from) << c.zone << ": " << c.why;
    EXPECT_EQ(to_rfc3339(period.to), c.to) << c.zone << ": " << c.why;
  }
}

TEST(Period, OfTwoInstantsIsTheSameOrDisjoint) {
  for (const char* zone : {"UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu",
                           "America/Sao_Paulo", "Antarctica/Troll", "Pacific/Apia", "Africa/Casablanca"}) {
    for (const auto length : {PeriodLength::hour, PeriodLength::day}) {
      for (const char* start : {"2011-12-28T00:00:00Z", "2015-03-01T00:00:00Z", "2015-10-01T00:00:00Z"}) {
        InstantRange last = period_of(at(start), length, zone);
        for (Instant now = at(start); now < at(start) + 24h * 32; now += 10min) {
          const InstantRange period = period_of(now, length, zone);
          ASSERT_TRUE(period.contains(now)) << zone << " " << to_rfc3339(now);
          if (period == last) continue;
          ASSERT_EQ(period.from, last.to) << zone << " " << to_rfc3339(now) << ": no gap, no overlap";
          last = period;
        }
      }
    }
  }
}

TEST(Period, RefusesAZoneThatIsNone) {
  for (const char* zone : {"", "Mars/Olympus", "../etc/passwd", "europe/berlin "}) {
    try {
      require_time_zone(zone);
      ADD_FAILURE() << zone << " was taken";
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::invalid);
    }
  }
}

TEST(LocalDate, IsTheZonesCalendars) {
  EXPECT_EQ(Instant(local_date(at("2015-07-01T03:59:59Z"), "America/New_York")), at("2015-06-30T00:00:00Z"));
  EXPECT_EQ(Instant(local_date(at("2015-06-30T22:00:00Z"), "Europe/Berlin")), at("2015-07-01T00:00:00Z"));
}

}  // namespace
}  // namespace penstock
