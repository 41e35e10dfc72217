#include "load/data_file.h"

#include <gmock/gmock.h>

namespace penstock {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const DataLocation kPages{"", "api_hits", "pages"};

TEST(DataFile, IsReadFromItsKey) {
  struct Case {
    std::string_view key;
    Suffix suffix;
    std::string_view name;
  };
  for (const auto& [key, suffix, name] : {
           Case{"api_hits_pages_2015-07-01T00:00:00Z.json", Suffix::json, "api_hits_pages_2015-07-01T00:00:00Z"},
           Case{"api_hits_pages_2015-07-01T00:00:00Z.json.gz", Suffix::json_gz, "api_hits_pages_2015-07-01T00:00:00Z"},
           Case{"api_hits_pages_2015-07-01T00:00:00Z.json.zst", Suffix::json_zst,
                "api_hits_pages_2015-07-01T00:00:00Z"},
           Case{"api_hits_pages_2015-07-01T00:00:00Z.csv", Suffix::csv, "api_hits_pages_2015-07-01T00:00:00Z"},
           Case{"api_hits_pages_2015-07-01T00:00:00Z.csv.gz", Suffix::csv_gz, "api_hits_pages_2015-07-01T00:00:00Z"},
           Case{"api_hits_pages_2015-07-01T00:00:00Z.csv.zst", Suffix::csv_zst, "api_hits_pages_2015-07-01T00:00:00Z"},
           Case{"api_hits_pages_2015-07-01T00:00:00Z.gz", Suffix::gz, "api_hits_pages_2015-07-01T00:00:00Z"},
           Case{"api_hits_pages_2015-07-01T00:00:00Z.parquet", Suffix::parquet, "api_hits_pages_2015-07-01T00:00:00Z"},
           Case{"api_hits_pages_2015-07-01T00:00:00Z.manifest", Suffix::manifest,
                "api_hits_pages_2015-07-01T00:00:00Z"},
           Case{"api_hits_pages_2015-07-01T00:00:00Z", Suffix::none, "api_hits_pages_2015-07-01T00:00:00Z"},
           Case{"api_hits_pages_2015-07-01T00:00:00.25+02:00.csv", Suffix::csv,
                "api_hits_pages_2015-07-01T00:00:00.25+02:00"},
           Case{"api_hits/pages/_data_timestamp_year=2015/_data_timestamp_month=07/_data_timestamp_day=01/"
                "api_hits_pages_2015-07-01T00:00:00Z.json.gz",
                Suffix::json_gz,
                "api_hits/pages/_data_timestamp_year=2015/_data_timestamp_month=07/_data_timestamp_day=01/"
                "api_hits_pages_2015-07-01T00:00:00Z"},
       }) {
    const ReadKey read = read_key(kPages, key);
    ASSERT_EQ(read.verdict, KeyVerdict::data) << key << ": " << read.reason;
    EXPECT_EQ(read.file.suffix, suffix) << key;
    EXPECT_EQ(read.file.name, name) << key;
    EXPECT_THAT(read.file.keys, ElementsAre(key));
  }
}

TEST(DataFile, IsAnUnloadsPartsAndItsManifest) {
  struct Case {
    std::string_view key;
    Suffix suffix;
    std::string_view name;
  };
  for (const auto& [key, suffix, name] : {
           Case{"api_hits_pages_2015-07-01T00:00:00Z0000_part_00", Suffix::none, "api_hits_pages_2015-07-01T00:00:00Z"},
           Case{"api_hits_pages_2015-07-01T00:00:00Z_0064_part_01.gz", Suffix::none,
                "api_hits_pages_2015-07-01T00:00:00Z_"},
           Case{"api_hits_pages_2015-07-01T00:00:00Z/0000_part_100.zst", Suffix::none,
                "api_hits_pages_2015-07-01T00:00:00Z/"},
           Case{"api_hits_pages_2015-07-01T00:00:00+00:000000_part_00.parquet", Suffix::none,
                "api_hits_pages_2015-07-01T00:00:00+00:00"},
           Case{"api_hits_pages_2015-07-01T00:00:00Z000", Suffix::none, "api_hits_pages_2015-07-01T00:00:00Z"},
           Case{"api_hits_pages_2015-07-01T00:00:00Z001.gz", Suffix::none, "api_hits_pages_2015-07-01T00:00:00Z"},
           Case{"api_hits_pages_2015-07-01T00:00:00Zmanifest", Suffix::manifest, "api_hits_pages_2015-07-01T00:00:00Z"},
           Case{"api_hits_pages_2015-07-01T00:00:00Z_manifest", Suffix::manifest,
                "api_hits_pages_2015-07-01T00:00:00Z_"},
           Case{"api_hits_pages_2015-07-01T00:00:00Z/manifest", Suffix::manifest,
                "api_hits_pages_2015-07-01T00:00:00Z/"},
       }) {
    const ReadKey read = read_key(kPages, key);
    ASSERT_EQ(read.verdict, KeyVerdict::data) << key << ": " << read.reason;
    EXPECT_EQ(read.file.suffix, suffix) << key;
    EXPECT_EQ(read.file.name, name) << key;
    EXPECT_EQ(read.file.config_key(),
              "config_api_hits_pages_2015-07-01T00:00:00" + std::string(read.file.date_text.substr(19)) + ".yml");
  }
}

TEST(DataFile, OfAnotherTableIsNotSeen) {
  for (const std::string_view key :
       {"api_hits_pages_daily_2015-07-01T00:00:00Z.json", "api_hits_pages_2015_2015-07-01T00:00:00Z.json",
        "api_hits_pages", "api_hits_pages_", "config_api_hits_pages_2015-07-01T00:00:00Z.yml",
        "api_hits_pages_2015-07-01T00:00:00Z/", "other/api_hits_pages_2015-07-01T00:00:00Z.json",
        "api_hits_pages_config.yml",
        "api_hits/pages/_data_timestamp_year=2015/_data_timestamp_month=07/_data_timestamp_day=01/",
        "api_hits/pages/_data_timestamp_year=2015/_data_timestamp_month=07/_data_timestamp_day=01/config_x.yml"}) {
    EXPECT_EQ(read_key(kPages, key).verdict, KeyVerdict::other) << key;
  }
}

TEST(DataFile, WithAMalformedNameIsNamed) {
  struct Case {
    std::string_view key;
    std::string_view reason;
  };
  for (const auto& [key, reason] : {
           Case{"api_hits_pages_2015-07-01.json", "no RFC 3339 date"},
           Case{"api_hits_pages_2015-02-30T00:00:00Z.json", "no RFC 3339 date"},
           Case{"api_hits_pages_2015-07-01T00:00:00Z.jsn", "'jsn'"},
           Case{"api_hits_pages_2015-07-01T00:00:00Z.json.gz.bak", "'json.gz.bak'"},
           Case{"api_hits_pages_2015-07-01T00:00:00Z.json.gz0", "'json.gz0'"},
           Case{"api_hits_pages_2015-07-01T00:00:00Z.", "''"},
           Case{"api_hits_pages_2015-07-01T00:00:00Z.JSON", "'JSON'"},
           Case{"api_hits_pages_2015-07-01T00:00:00Z-old.json", "'-old.json'"},
           Case{"api_hits_pages_2015-07-01T00:00:00Z/x.json", "'/x.json'"},
           Case{"api_hits_pages_2015-07-01T00:00:00Z0", "'0'"},
           Case{"api_hits/pages/_data_timestamp_year=2015/api_hits_pages_2015-07-01T00:00:00Z.json", "folders"},
           Case{"api_hits/pages/_data_timestamp_year=2015/_data_timestamp_month=07/_data_timestamp_day=01/x.json",
                "does not start with api_hits_pages_"},
       }) {
    const ReadKey read = read_key(kPages, key);
    EXPECT_EQ(read.verdict, KeyVerdict::malformed) << key;
    EXPECT_THAT(read.reason, HasSubstr(reason)) << key;
  }
}

TEST(DataFile, HasItsConfigBesideIt) {
  const DataLocation below{"in/", "api_hits", "pages"};
  EXPECT_EQ(read_key(below, "in/api_hits_pages_2015-07-01T00:00:00Z.json.gz").file.config_key(),
            "in/config_api_hits_pages_2015-07-01T00:00:00Z.yml");
  EXPECT_EQ(read_key(below,
                     "in/api_hits/pages/_data_timestamp_year=2015/_data_timestamp_month=07/_data_timestamp_day=01/"
                     "api_hits_pages_2015-07-01T00:00:00Z.csv")
                .file.config_key(),
            "in/api_hits/pages/_data_timestamp_year=2015/_data_timestamp_month=07/_data_timestamp_day=01/"
            "config_api_hits_pages_2015-07-01T00:00:00Z.yml");
}

TEST(DataFile, MayHaveAnyCharactersInItsTablesName) {
  const DataLocation strange{"a b/", "s'chema", "pages%20\n_2015"};
  const std::string key = "a b/s'chema_pages%20\n_2015_2015-07-01T00:00:00Z.json";
  EXPECT_EQ(read_key(strange, key).verdict, KeyVerdict::data);
}

TEST(Suffix, IsWhatANameEndsWith) {
  EXPECT_EQ(suffix_of("a/b.json.gz"), Suffix::json_gz);
  EXPECT_EQ(suffix_of("a/b.gz"), Suffix::gz);
  EXPECT_EQ(suffix_of("a/bgz"), Suffix::none);
  EXPECT_EQ(suffix_of("0000_part_00"), Suffix::none);
  EXPECT_EQ(suffix_of(".csv"), Suffix::csv);
  EXPECT_EQ(suffix_of("csv"), Suffix::none);
}

}  // namespace
}  // namespace penstock
