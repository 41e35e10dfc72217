#include "load/guard.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace penstock {
namespace {

using testing::HasSubstr;

Instant at(std::string_view text) { return parse_data_date(text).value(); }

// A decision in a word or two, so that cases make a table: "skip", "append", "all", "FROM..TO".
std::string word(const Decision& decision) {
  struct Word {
    std::string operator()(const Skip&) const { return "skip"; }
    std::string operator()(const Append&) const { return "append"; }
    std::string operator()(const ReplaceAll&) const { return "all"; }
    std::string operator()(const ReplacePeriod& period) const {
      return to_sql(period.column.from) + " .. " + to_sql(period.column.to);
    }
  };
  return std::visit(Word{}, decision);
}

struct Case {
  const char* data_date;
  const char* watermark;  // "" for none
  Granularity granularity;
  const char* zone;
  const char* plain;
  const char* forced;
};

constexpr char kFirst[] = "2015-07-01T00:00:00Z";
constexpr char kExactlyFirst[] = "2015-07-01 00:00:00 .. 2015-07-01 00:00:00.000001";

void check(std::initializer_list<Case> cases, DateColumn column) {
  for (const Case& c : cases) {
    GuardQuestion question{at(c.data_date), {}, column, c.granularity, c.zone};
    if (*c.watermark != '\0') question.watermark = at(c.watermark);
    const auto label = fmt::format("{} after {} by {}", c.data_date, c.watermark, static_cast<int>(c.granularity));
    EXPECT_EQ(word(decide(question)), c.plain) << label;
    EXPECT_EQ(is_stale(question), std::string_view(c.plain) == "skip") << label;
    question.force = true;
    EXPECT_EQ(word(decide(question)), c.forced) << label << ", forced";
    question.truncate = true;
    EXPECT_EQ(word(decide(question)), "all") << label << ", forced and truncated";
    question.force = false;
    EXPECT_EQ(word(decide(question)), std::string_view(c.plain) == "skip" ? "skip" : "all") << label << ", truncated";
  }
}

TEST(LoadGuard, WithoutAGranularityTakesOnlyWhatIsNewerAsAnInstant) {
  constexpr auto kInstant = Granularity::instant;
  check({{kFirst, "", kInstant, "UTC", "append", kExactlyFirst},
         {kFirst, "2015-06-30T23:59:59.999999Z", kInstant, "UTC", "append", kExactlyFirst},
         {kFirst, "2015-07-01T00:00:00Z", kInstant, "UTC", "skip", kExactlyFirst},
         {kFirst, "2015-07-01T02:00:00+02:00", kInstant, "UTC", "skip", kExactlyFirst},
         {kFirst, "2015-07-01T00:00:00.000001Z", kInstant, "UTC", "skip", kExactlyFirst},
         {kFirst, "2099-01-01T00:00:00Z", kInstant, "UTC", "skip", kExactlyFirst}},
        DateColumn::timestamp);
}

TEST(LoadGuard, StreamsAppendWhatIsNewerAndDeleteNothingUnlessForced) {
  constexpr auto kStream = Granularity::stream;
  check({{kFirst, "", kStream, "UTC", "append", kExactlyFirst},
         {kFirst, "2015-06-30T23:59:59Z", kStream, "UTC", "append", kExactlyFirst},
         {kFirst, "2015-07-01T00:00:00Z", kStream, "UTC", "skip", kExactlyFirst}},
        DateColumn::timestamp);
}

TEST(LoadGuard, WithAGranularitySkipsOlderPeriodsAndReplacesTheSame) {
  constexpr char kDay[] = "2015-07-01 00:00:00 .. 2015-07-02 00:00:00";
  constexpr char kHour[] = "2015-07-01 05:00:00 .. 2015-07-01 06:00:00";
  constexpr auto kByDay = Granularity::day;
  constexpr auto kByHour = Granularity::hour;
  check({{kFirst, "", kByDay, "UTC", "append", kDay},
         {kFirst, "2015-06-30T23:59:59Z", kByDay, "UTC", "append", kDay},
         {kFirst, "2015-07-01T23:59:59.999999Z", kByDay, "UTC", kDay, kDay},
         {"2015-07-01T23:00:00Z", "2015-07-01T00:00:00Z", kByDay, "UTC", kDay, kDay},
         {"2015-07-01T23:59:59Z", "2015-07-02T00:00:00Z", kByDay, "UTC", "skip", kDay},
         {"2015-07-01T05:59:59Z", "2015-07-01T05:00:00Z", kByHour, "UTC", kHour, kHour},
         {"2015-07-01T05:59:59Z", "2015-07-01T06:00:00Z", kByHour, "UTC", "skip", kHour},
         {"2015-07-01T05:59:59Z", "2015-07-01T04:59:59Z", kByHour, "UTC", "append", kHour}},
        DateColumn::timestamp);
}

TEST(LoadGuard, MeansTheZonesPeriods) {
  constexpr char kDay[] = "2015-06-30 04:00:00 .. 2015-07-01 04:00:00";
  constexpr char kTwoHours[] = "2015-11-01 05:00:00 .. 2015-11-01 07:00:00";
  constexpr auto kByDay = Granularity::day;
  constexpr auto kByHour = Granularity::hour;
  check({{kFirst, "2015-07-01T03:59:59Z", kByDay, "America/New_York", kDay, kDay},
         {kFirst, "2015-07-01T04:00:00Z", kByDay, "America/New_York", "skip", kDay},
         {kFirst, "2015-06-30T03:59:59Z", kByDay, "America/New_York", "append", kDay},
         // the hour that the clocks show twice is one period: its second half replaces both
         {"2015-11-01T06:10:00Z", "2015-11-01T05:50:00Z", kByHour, "America/New_York", kTwoHours, kTwoHours},
         {"2015-11-01T05:10:00Z", "2015-11-01T06:50:00Z", kByHour, "America/New_York", kTwoHours, kTwoHours},
         {"2015-11-01T05:10:00Z", "2015-11-01T07:00:00Z", kByHour, "America/New_York", "skip", kTwoHours}},
        DateColumn::timestamp);
}

TEST(LoadGuard, ComparesADateColumnByDays) {
  constexpr char kDay[] = "2015-07-01 00:00:00 .. 2015-07-02 00:00:00";
  constexpr char kLocalDay[] = "2015-06-30 00:00:00 .. 2015-07-01 00:00:00";
  check({{kFirst, "2015-07-01T00:00:00Z", Granularity::instant, "UTC", "skip", kDay},
         {"2015-07-01T12:00:00Z", "2015-06-30T00:00:00Z", Granularity::instant, "UTC", "append", kDay},
         {"2015-07-01T12:00:00Z", "2015-07-01T00:00:00Z", Granularity::day, "UTC", kDay, kDay},
         {"2015-07-01T12:00:00Z", "2015-07-02T00:00:00Z", Granularity::day, "UTC", "skip", kDay},
         {kFirst, "2015-06-30T00:00:00Z", Granularity::day, "America/New_York", kLocalDay, kLocalDay},
         {kFirst, "2015-06-29T00:00:00Z", Granularity::day, "America/New_York", "append", kLocalDay},
         {kFirst, "2015-07-01T00:00:00Z", Granularity::day, "America/New_York", "skip", kLocalDay}},
        DateColumn::date);
}

TEST(LoadGuard, KnowsTheLoadsWhoseRowsItReplaces) {
  const GuardQuestion question{.data_date = at("2015-07-01T00:00:00Z"),
                               .watermark = at("2015-06-30T00:00:00Z"),
                               .column = DateColumn::date,
                               .granularity = Granularity::day,
                               .time_zone = "America/New_York"};
  const auto period = std::get<ReplacePeriod>(decide(question));
  EXPECT_EQ(to_rfc3339(period.data_dates.from), "2015-06-30T04:00:00Z");
  EXPECT_EQ(to_rfc3339(period.data_dates.to), "2015-07-01T04:00:00Z");
}

TEST(LoadGuard, KnowsWhereAPeriodsRowsMustEnd) {
  GuardQuestion question{.data_date = at("2015-07-01T05:10:00Z"), .granularity = Granularity::hour};
  EXPECT_EQ(end_of_period(question, decide(question)), at("2015-07-01T06:00:00Z"));
  question.watermark = at("2015-07-01T05:59:59Z");
  EXPECT_EQ(end_of_period(question, decide(question)), at("2015-07-01T06:00:00Z"));
  question.watermark = at("2015-07-01T06:00:00Z");
  question.force = true;
  EXPECT_EQ(end_of_period(question, decide(question)), std::nullopt) << "newer rows are there already";
  question.watermark.reset();
  question.truncate = true;
  EXPECT_EQ(end_of_period(question, decide(question)), std::nullopt) << "a table that is replaced whole has no periods";
  question.truncate = false;
  question.granularity = Granularity::instant;
  EXPECT_EQ(end_of_period(question, decide(question)), std::nullopt);
}

TEST(LoadGuard, SaysWhyDataAreStale) {
  GuardQuestion question{.data_date = at(kFirst), .watermark = at("2015-07-02T00:00:00Z")};
  EXPECT_THAT(std::get<Skip>(decide(question)).reason,
              HasSubstr("data date 2015-07-01T00:00:00Z is not newer than the newest row's, 2015-07-02T00:00:00Z"));
  question.granularity = Granularity::day;
  EXPECT_THAT(std::get<Skip>(decide(question)).reason, HasSubstr("older day (UTC) than the newest row's"));
}

}  // namespace
}  // namespace penstock
