#include <gmock/gmock.h>

#include <string>
#include <string_view>
#include <vector>

#include "move/network.h"

namespace penstock::network {
namespace {

using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

constexpr std::uint64_t kBytes = 100'000'000;

std::vector<std::string> route(std::string_view source, std::string_view destination, bool is_plain = true,
                               std::uint64_t bytes = kBytes) {
  Resource from = parse_resource(source, Use::source);
  from.is_plain = is_plain;
  const std::vector<Stop> stops{{from}, {}, {parse_resource(destination, Use::destination)}};
  const Network network = all_edges();
  const auto ways = network.cheapest(stops, bytes, 1);
  std::vector<std::string> hows;
  if (ways.empty()) return hows;
  for (const Step& step : ways.front().steps) hows.push_back(step.edge->how);
  return hows;
}

TEST(Routes, TheCheapestIsTakenBetweenFilesAndObjects) {
  const std::string server = "the server copies the objects";
  const std::string bytes = "bytes as they are";
  const std::string packed = "unpacked and packed, the text as it is";
  const std::string fields = "fields as the text that they are";
  const std::string csv = "CSV read twice, for its types and its values";
  const std::string json = "JSON lines read twice, for their types and their values";
  const std::string parquet = "Parquet read in row groups";
  const std::string orc = "ORC read in stripes";
  struct Case {
    std::string from;
    std::string to;
    std::vector<std::string> hows;
  };
  for (const Case& c : {
           Case{"s3://bucket/a.csv", "s3://other/b.csv", {server}},
           Case{"a.csv", "s3://bucket/b.csv", {bytes}},
           Case{"s3://bucket/a.parquet", "b.parquet", {bytes}},
           Case{"a.orc", "b.orc", {bytes}},
           Case{"-", "s3://bucket/a.csv", {bytes}},
           Case{"a.csv.gz", "s3://bucket/a.csv.zst", {packed}},
           Case{"s3://bucket/a.jsonl.bz2", "a.json", {packed}},
           Case{"a.csv", "b.tsv", {fields}},
           Case{"a.tsv.gz", "s3://bucket/a.csv.gz", {fields}},
           Case{"data/*.csv", "all.csv", {fields}},
           Case{"data/*.jsonl", "all.jsonl", {json, "written as JSON lines"}},
           Case{"data/*.parquet", "s3://bucket/all.parquet", {parquet, "written as Parquet"}},
           Case{"a.csv", "b.parquet", {csv, "written as Parquet"}},
           Case{"-", "b.orc", {csv, "written as ORC"}},
           Case{"s3://bucket/a.jsonl", "a.csv", {json, "written as CSV"}},
           Case{"a.parquet", "s3://bucket/a.jsonl.gz", {parquet, "written as JSON lines"}},
           Case{"a.orc", "a.parquet", {orc, "written as Parquet"}},
           Case{"a.csv.lzo", "b.parquet", {csv, "written as Parquet"}},
       }) {
    EXPECT_THAT(route(c.from, c.to), ElementsAreArray(c.hows)) << c.from << " to " << c.to;
  }
}

TEST(Routes, HoweverSmallWhatCanStayAsItIsDoes) {
  EXPECT_THAT(route("s3://bucket/a.csv", "s3://bucket/b.csv", true, 1),
              ElementsAreArray({"the server copies the objects"}));
  EXPECT_THAT(route("a.csv", "b.csv", true, 1), ElementsAreArray({"bytes as they are"}));
  EXPECT_THAT(route("a.csv.gz", "b.csv", true, 1), ElementsAreArray({"unpacked and packed, the text as it is"}));
  EXPECT_THAT(route("a.jsonl.gz", "b.jsonl", true, 1), ElementsAreArray({"unpacked and packed, the text as it is"}));
}

TEST(Routes, CsvOfAnotherDialectIsNotCopiedAsItIs) {
  EXPECT_THAT(route("a.csv", "b.csv", false), ElementsAreArray({"fields as the text that they are"}));
  EXPECT_THAT(route("a.csv.gz", "b.csv", false), ElementsAreArray({"fields as the text that they are"}));
}

TEST(Routes, UnloadWritesTheFileWhereItWritesTheSame) {
  const auto hows = [](const std::vector<std::string>& types, std::string_view destination, const Given& given = {}) {
    Resource from = parse_resource("redshift://host/db::public.t", Use::source);
    for (const std::string& type : types) from.columns.push_back({"c" + std::to_string(from.columns.size()), type});
    const std::vector<Stop> stops{{from}, {}, {parse_resource(destination, Use::destination, given)}};
    const Network network = all_edges();
    return network.cheapest(stops, kBytes, 1).front().steps.front().edge->how.substr(0, 19);
  };
  const std::string csv = "UNLOAD writes CSV, ";  // which is read
  const Given parquet{.format = "parquet"};
  const std::string whole = "UNLOAD writes Parqu";
  EXPECT_EQ(hows({"integer", "character varying(256)", "numeric(18,2)", "date"}, "s3://bucket/a/", parquet), whole);
  EXPECT_EQ(hows({"integer"}, "a/", parquet), whole);
  for (const char* type : {"timestamp without time zone", "timestamp with time zone", "super", "smallint", "numeric",
                           "binary varying(10)", "character(5)", "time without time zone"}) {
    EXPECT_EQ(hows({"integer", type}, "s3://bucket/a/", parquet), csv) << type;
  }
  EXPECT_EQ(hows({"integer"}, "s3://bucket/a.parquet"), csv) << "one object is ours to write";
}

TEST(Routes, ParquetIsNotReadFromStdin) {
  Resource from = parse_resource("-", Use::source, {.format = "parquet"});
  const std::vector<Stop> stops{{from}, {}, {parse_resource("a.csv", Use::destination)}};
  EXPECT_THAT(all_edges().cheapest(stops, kBytes, 1), IsEmpty());
}

}  // namespace
}  // namespace penstock::network
