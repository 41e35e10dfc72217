#include "load/discovery.h"

#include <gmock/gmock.h>

#include <ranges>

#include "penstock/error.h"

namespace penstock {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class Lines final : public Log {
 public:
  void write(Severity, std::string_view message) noexcept override { lines.emplace_back(message); }
  std::vector<std::string> lines;
};

// A bucket that holds these keys, in this order of creation.
class DiscoveryTest : public testing::Test {
 protected:
  void put(std::initializer_list<std::string_view> keys) {
    for (const auto key : keys) write_all(*store_, std::string(key), "x");
  }
  Discovery find(Wanted wanted = Wanted::newest, std::optional<Instant> date = {}) {
    return discover(*store_, location_, wanted, date, log_, {});
  }
  std::vector<std::string> newest_keys() {
    const auto found = find();
    return found.dates.empty() ? std::vector<std::string>() : choose(found.dates.begin()->second, *store_).keys;
  }

  std::unique_ptr<Buckets> buckets_ = [] {
    auto buckets = open_memory();
    buckets->create_bucket("analytics");
    return buckets;
  }();
  std::unique_ptr<ObjectStore> store_ = buckets_->open("analytics");
  DataLocation location_{"", "api_hits", "pages"};
  Lines log_;
};

TEST_F(DiscoveryTest, TakesTheLatestInstantAndNotTheLatestTextOrModification) {
  put({"api_hits_pages_2015-07-01T12:00:00+09:00.json",  // 03:00Z, the last as text
       "api_hits_pages_2015-07-01T04:00:00Z.json",       // the latest instant
       "api_hits_pages_2015-06-30T23:59:59Z.json"});     // the last one written
  EXPECT_THAT(newest_keys(), ElementsAre("api_hits_pages_2015-07-01T04:00:00Z.json"));
}

TEST_F(DiscoveryTest, DoesNotSeeTheFilesOfATableWhoseNameIsLonger) {
  put({"api_hits_pages_daily_2015-07-01T00:00:00Z.json", "api_hits_pages_2016_2016-07-01T00:00:00Z.json"});
  EXPECT_THAT(find().dates, SizeIs(0));
  EXPECT_THAT(log_.lines, SizeIs(0));
}

TEST_F(DiscoveryTest, FindsBothLayouts) {
  put({"api_hits_pages_2015-07-01T00:00:00Z.json",
       "api_hits/pages/_data_timestamp_year=2015/_data_timestamp_month=07/_data_timestamp_day=02/"
       "api_hits_pages_2015-07-02T00:00:00Z.json"});
  EXPECT_THAT(find(Wanted::all).dates, SizeIs(2));
  EXPECT_THAT(newest_keys(), ElementsAre(HasSubstr("2015-07-02")));
}

TEST_F(DiscoveryTest, LooksBelowItsPrefixOnly) {
  put({"api_hits_pages_2015-07-02T00:00:00Z.json", "in/api_hits_pages_2015-07-01T00:00:00Z.json",
       "in/deeper/api_hits_pages_2015-07-03T00:00:00Z.json"});
  location_.prefix = "in/";
  EXPECT_THAT(newest_keys(), ElementsAre("in/api_hits_pages_2015-07-01T00:00:00Z.json"));
}

TEST_F(DiscoveryTest, NamesMalformedKeysAndLeavesThemAlone) {
  put({"api_hits_pages_2015-07-01.json", "api_hits_pages_2015-07-01T00:00:00Z.xml",
       "api_hits_pages_2015-07-01T00:00:00Z.json"});
  const auto found = find();
  EXPECT_EQ(found.malformed, 2U);
  EXPECT_THAT(found.dates, SizeIs(1));
  EXPECT_THAT(log_.lines, ElementsAre(HasSubstr("api_hits_pages_2015-07-01.json"),
                                      HasSubstr("api_hits_pages_2015-07-01T00:00:00Z.xml")));
}

TEST_F(DiscoveryTest, NamesAtMostTwentyMalformedKeysAndCountsTheRest) {
  for (int i = 0; i < 1000; ++i) write_all(*store_, "api_hits_pages_2015-07-01." + std::to_string(i), "x");
  EXPECT_EQ(find().malformed, 1000U);
  EXPECT_THAT(log_.lines, SizeIs(21));
  EXPECT_THAT(log_.lines.back(), HasSubstr("980 more"));
}

TEST_F(DiscoveryTest, PrefersOneSuffixOverAnotherOfTheSameInstant) {
  const std::vector<std::string> in_order{"manifest", "json.gz", "json.zst", "json", "csv.gz",
                                          "csv.zst",  "csv",     "parquet",  "gz"};
  put({"api_hits_pages_2015-07-01T00:00:00Z"});
  EXPECT_THAT(newest_keys(), ElementsAre("api_hits_pages_2015-07-01T00:00:00Z"));
  for (const std::string& suffix : std::views::reverse(in_order)) {
    const std::string key = "api_hits_pages_2015-07-01T00:00:00Z." + suffix;
    write_all(*store_, key, "x");
    EXPECT_THAT(newest_keys(), ElementsAre(key));
  }
}

TEST_F(DiscoveryTest, PrefersASuffixAcrossSpellingsToo) {
  put({"api_hits_pages_2015-07-01T02:00:00+02:00.csv", "api_hits_pages_2015-07-01T00:00:00Z.json"});
  EXPECT_THAT(newest_keys(), ElementsAre("api_hits_pages_2015-07-01T00:00:00Z.json"));
}

TEST_F(DiscoveryTest, RefusesTwoSpellingsOfOneInstantAndNamesBoth) {
  put({"api_hits_pages_2015-07-01T02:00:00+02:00.json", "api_hits_pages_2015-07-01T00:00:00Z.json"});
  try {
    newest_keys();
    FAIL() << "one was chosen";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::refused);
    EXPECT_THAT(e.what(), AllOf(HasSubstr("2015-07-01T02:00:00+02:00"), HasSubstr("2015-07-01T00:00:00Z.json")));
  }
}

TEST_F(DiscoveryTest, GathersThePartsOfAnUnload) {
  put({"api_hits_pages_2015-07-01T00:00:00Z0001_part_00", "api_hits_pages_2015-07-01T00:00:00Z0000_part_00",
       "api_hits_pages_2015-07-01T00:00:00Z0000_part_01"});
  EXPECT_THAT(newest_keys(),
              ElementsAre(HasSubstr("Z0000_part_00"), HasSubstr("Z0000_part_01"), HasSubstr("Z0001_part_00")));
  put({"api_hits_pages_2015-07-01T00:00:00Zmanifest"});
  EXPECT_THAT(newest_keys(), ElementsAre("api_hits_pages_2015-07-01T00:00:00Zmanifest"));
}

TEST_F(DiscoveryTest, FindsExactlyTheDateThatIsAskedFor) {
  put({"api_hits_pages_2015-07-01T00:00:00Z.json", "api_hits_pages_2015-07-02T02:00:00+02:00.json",
       "api_hits_pages_2015-07-03T00:00:00Z.json"});
  const Instant second = std::chrono::sys_days(std::chrono::year(2015) / 7 / 2);
  const auto found = find(Wanted::newest, second);
  ASSERT_THAT(found.dates, SizeIs(1));
  EXPECT_EQ(found.dates.begin()->first, second);
  EXPECT_THAT(find(Wanted::newest, second + std::chrono::hours(1)).dates, SizeIs(0));
}

TEST_F(DiscoveryTest, TakesAllDatesInTheirOrder) {
  put({"api_hits_pages_2015-07-02T00:00:00Z.json", "api_hits_pages_2015-07-01T23:00:00-03:00.json",
       "api_hits_pages_2015-07-01T00:00:00Z.json"});
  std::vector<std::string> dates;
  for (const auto& [date, files] : find(Wanted::all).dates) dates.push_back(to_rfc3339(date));
  EXPECT_THAT(dates, ElementsAre("2015-07-01T00:00:00Z", "2015-07-02T00:00:00Z", "2015-07-02T02:00:00Z"));
}

TEST_F(DiscoveryTest, ReadsAListingOfAnyLength) {
  for (int minute = 0; minute < 6000; ++minute) {
    write_all(*store_, "api_hits_pages_" + to_rfc3339(Instant(std::chrono::minutes(minute))) + ".json", "x");
  }
  EXPECT_THAT(newest_keys(), ElementsAre("api_hits_pages_1970-01-05T03:59:00Z.json"));
  EXPECT_THAT(find(Wanted::all).dates, SizeIs(6000));
}

}  // namespace
}  // namespace penstock
